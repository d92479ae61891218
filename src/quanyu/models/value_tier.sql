-- value_tier: the value tier of each member on each snapshot date, by net sales of the last 365 days
-- grain: date, person_id
-- reads: snapshot_date, membership_fact, person_fact, purchase_day_fact
-- params: tier_key_pct int, tier_main_pct int, tier_ordinary_pct int, param_version text
-- source: M-25; persons of each tier by the ceiling of the cumulative share, ties by person; persons without value stay
--         in the ranking. Value is net sales of 365 days: growth value in its default template (1 yuan = 1, M-24).
--         Without any membership known every person is ranked
WITH membership_count AS (
  SELECT count(*) AS memberships FROM membership_fact AS m
),
candidate AS (
  SELECT DISTINCT s.date, m.person_id
  FROM snapshot_date AS s
  JOIN membership_fact AS m ON m.from_date <= s.date AND m.until_date > s.date
  WHERE m.person_id IS NOT NULL
  UNION ALL
  SELECT s.date, f.person_id
  FROM snapshot_date AS s
  JOIN person_fact AS f ON COALESCE(f.first_seen_date, f.as_of) <= s.date
  CROSS JOIN membership_count AS c
  WHERE c.memberships = 0
),
spent AS (
  SELECT s.date, d.person_id, sum(d.net_fen) AS value_fen
  FROM snapshot_date AS s
  JOIN purchase_day_fact AS d ON d.local_date <= s.date AND d.local_date > add_days(s.date, -365)
  JOIN candidate AS c ON c.date = s.date AND c.person_id = d.person_id
  GROUP BY s.date, d.person_id
),
counted AS (
  SELECT c.date, count(*) AS persons FROM candidate AS c GROUP BY c.date
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
    m.date, m.person_id, 0 AS value_fen,
    COALESCE(n.persons, 0) + row_number() OVER (PARTITION BY m.date ORDER BY m.person_id) AS place
  FROM candidate AS m
  LEFT JOIN spent AS v ON v.date = m.date AND v.person_id = m.person_id
  LEFT JOIN spender AS n ON n.date = m.date
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
