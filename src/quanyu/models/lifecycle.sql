-- lifecycle: the life-cycle stage of each person known on each snapshot date
-- grain: date, person_id
-- per: person
-- reads: snapshot_date, lifecycle_cut, person, person_fact, purchase_day_fact, activity_day_fact
-- params: param_version text
-- source: M-23, E-23; recency of persons who had not bought by the date counts from their last active event or visit
--         until then, else from when first seen; a device or visitor of whom nothing else is known and who never bought
--         has no relation with the brand and no stage; buyers whose purchases all lie before the 365-day window are judged by their
--         lifetime purchase days. What is known of a person changes only on days with a mark: these are placed on the
--         first snapshot that knows them and hold until the next one, so that dates do not multiply the days
WITH related AS (
  SELECT f.person_id, f.first_seen_date, f.first_purchase_date, f.as_of
  FROM person_fact AS f
  JOIN person AS p ON p.person_id = f.person_id
  WHERE p.state <> 'anonymous' OR f.first_purchase_date IS NOT NULL
),
mark AS (
  SELECT
    f.person_id, COALESCE(f.first_seen_date, f.as_of) AS day, f.first_seen_date AS seen_date, NULL AS act_date,
    NULL AS purchase_date, NULL AS purchase_days
  FROM related AS f
  UNION ALL
  SELECT a.person_id, a.local_date AS day, NULL AS seen_date, a.local_date AS act_date, NULL AS purchase_date,
    NULL AS purchase_days
  FROM activity_day_fact AS a
  JOIN related AS f ON f.person_id = a.person_id
  WHERE
    (a.active_events > 0 OR a.visits > 0)
    AND (f.first_purchase_date IS NULL OR a.local_date < f.first_purchase_date)
  UNION ALL
  SELECT d.person_id, d.local_date AS day, NULL AS seen_date, NULL AS act_date, d.local_date AS purchase_date,
    d.purchase_day_no AS purchase_days
  FROM purchase_day_fact AS d
),
mark_day AS (
  SELECT DISTINCT m.day FROM mark AS m
),
snapshot_day AS (
  SELECT d.day, min(s.date_no) AS date_no
  FROM mark_day AS d
  JOIN snapshot_date AS s ON s.date >= d.day
  GROUP BY d.day
),
placed AS (
  SELECT
    m.person_id, y.date_no, max(m.seen_date) AS seen_date, max(m.act_date) AS act_date,
    max(m.purchase_date) AS purchase_date, max(m.purchase_days) AS purchase_days
  FROM mark AS m
  JOIN snapshot_day AS y ON y.day = m.day
  GROUP BY m.person_id, y.date_no
),
running AS (
  SELECT
    p.person_id, p.date_no,
    lead(p.date_no) OVER (PARTITION BY p.person_id ORDER BY p.date_no) AS next_date_no,
    max(p.seen_date) OVER (PARTITION BY p.person_id ORDER BY p.date_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
      AS seen_date,
    max(p.act_date) OVER (PARTITION BY p.person_id ORDER BY p.date_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
      AS act_date,
    max(p.purchase_date) OVER (
      PARTITION BY p.person_id ORDER BY p.date_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS purchase_date,
    max(p.purchase_days) OVER (
      PARTITION BY p.person_id ORDER BY p.date_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS purchase_days
  FROM placed AS p
),
known AS (
  SELECT
    r.person_id, r.date_no, COALESCE(r.next_date_no, 1000000000) AS until_no, r.purchase_date,
    COALESCE(r.purchase_days, 0) AS purchase_days, COALESCE(r.purchase_date, r.act_date, r.seen_date) AS since_date,
    lag(COALESCE(r.purchase_date, r.act_date, r.seen_date)) OVER (PARTITION BY r.person_id ORDER BY r.date_no)
      AS since_date_before
  FROM running AS r
),
edge AS (
  SELECT s.date_no FROM snapshot_date AS s UNION ALL SELECT 1000000000 AS date_no
),
span AS (
  SELECT
    b.date_no AS from_no, e.date_no AS until_no, s.date_no, s.date, s.previous_date, c.q_lost_days, c.q_dormant_days,
    c.mature_days, LEAST(o.q_dormant_days, o.q_lost_days) AS dormant_days_before
  FROM snapshot_date AS b
  JOIN edge AS e ON e.date_no > b.date_no
  JOIN snapshot_date AS s ON s.date_no >= b.date_no AND s.date_no < e.date_no
  JOIN lifecycle_cut AS c ON c.date = s.date
  LEFT JOIN lifecycle_cut AS o ON o.date = s.previous_date
),
recent AS (
  SELECT s.date_no, d.person_id, count(*) AS purchase_days
  FROM snapshot_date AS s
  JOIN purchase_day_fact AS d ON d.local_date <= s.date AND d.local_date > add_days(s.date, -365)
  GROUP BY s.date_no, d.person_id
),
aged AS (
  SELECT
    s.date, k.person_id, days_between(k.since_date, s.date) AS recency_days, k.purchase_days,
    COALESCE(r.purchase_days, 0) AS purchase_days_365, s.q_lost_days, s.q_dormant_days, s.mature_days,
    CASE WHEN COALESCE(r.purchase_days, 0) > 0 THEN r.purchase_days ELSE k.purchase_days END AS judged_days,
    s.date_no = k.date_no AND k.purchase_date > s.previous_date
      AND days_between(k.since_date_before, s.previous_date) > s.dormant_days_before AS reactivated
  FROM known AS k
  JOIN span AS s ON s.from_no = k.date_no AND s.until_no = k.until_no
  LEFT JOIN recent AS r ON r.date_no = s.date_no AND r.person_id = k.person_id
)
SELECT
  a.date, a.person_id,
  CASE
    WHEN a.recency_days > a.q_lost_days THEN 'lost'
    WHEN a.recency_days > a.q_dormant_days THEN 'dormant'
    WHEN a.judged_days >= a.mature_days THEN 'mature'
    WHEN a.judged_days >= 2 THEN 'growth'
    ELSE 'intro'
  END AS stage,
  a.recency_days, a.purchase_days, a.purchase_days_365, a.purchase_days = 0 AS never_purchased,
  COALESCE(a.reactivated, FALSE) AS reactivated, $param_version AS param_version
FROM aged AS a
