-- value_tier: the value tier of each person known on each snapshot date, by net sales of the last 365 days
-- grain: date, person_id
-- reads: snapshot_date, person_fact, purchase_day_fact
-- params: tier_key_pct int, tier_main_pct int, tier_ordinary_pct int, param_version text
-- source: M-25; persons of each tier by the ceiling of the cumulative share, ties by person; persons without value stay
--         in the ranking. Value is net sales of 365 days: growth value in its default template (1 yuan = 1, M-24)
WITH spent AS (
  SELECT s.date, d.person_id, sum(d.net_fen) AS value_fen
  FROM snapshot_date AS s
  JOIN purchase_day_fact AS d ON d.local_date <= s.date AND d.local_date > add_days(s.date, -365)
  GROUP BY s.date, d.person_id
),
counted AS (
  SELECT s.date, count(*) AS persons
  FROM snapshot_date AS s
  JOIN person_fact AS f ON COALESCE(f.first_seen_date, f.as_of) <= s.date
  GROUP BY s.date
),
-- Value is positive, so those without any come after all who have some: two short rankings instead of a long one.
spender AS (
  SELECT v.date, count(*) AS persons FROM spent AS v GROUP BY v.date
),
ranked AS (
  SELECT
    v.date, v.person_id, v.value_fen,
    row_number() OVER (PARTITION BY v.date ORDER BY v.value_fen DESC, v.person_id) AS place
  FROM spent AS v
  UNION ALL
  SELECT
    s.date, f.person_id, 0 AS value_fen,
    COALESCE(n.persons, 0) + row_number() OVER (PARTITION BY s.date ORDER BY f.person_id) AS place
  FROM snapshot_date AS s
  JOIN person_fact AS f ON COALESCE(f.first_seen_date, f.as_of) <= s.date
  LEFT JOIN spent AS v ON v.date = s.date AND v.person_id = f.person_id
  LEFT JOIN spender AS n ON n.date = s.date
  WHERE v.person_id IS NULL
)
SELECT
  r.date, r.person_id,
  CASE
    WHEN 100 * (r.place - 1) < $tier_key_pct * c.persons THEN 'key'
    WHEN 100 * (r.place - 1) < $tier_main_pct * c.persons THEN 'main'
    WHEN 100 * (r.place - 1) < $tier_ordinary_pct * c.persons THEN 'ordinary'
    ELSE 'tail'
  END AS tier,
  r.value_fen, r.place AS rank, $param_version AS param_version
FROM ranked AS r
JOIN counted AS c ON c.date = r.date
