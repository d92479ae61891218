-- lifecycle: the life-cycle stage of each person known on each snapshot date
-- grain: date, person_id
-- reads: snapshot_date, lifecycle_cut, person_fact, purchase_day_fact, event, visit_fact, identifier_person
-- params: param_version text
-- source: M-23, E-23; recency of persons who had not bought by the date counts from their last event or visit until
--         then, else from when first seen; buyers whose purchases all lie before the 365-day window are judged by their
--         lifetime purchase days
WITH bought AS (
  SELECT
    s.date, d.person_id, max(d.local_date) AS last_purchase_date, count(*) AS purchase_days,
    sum(CASE WHEN d.local_date > add_days(s.date, -365) THEN 1 ELSE 0 END) AS purchase_days_365
  FROM snapshot_date AS s
  JOIN purchase_day_fact AS d ON d.local_date <= s.date
  GROUP BY s.date, d.person_id
),
act_day AS (
  SELECT i.person_id, e.local_date
  FROM event AS e
  JOIN identifier_person AS i ON i.identifier_id = e.identifier_id
  UNION
  SELECT v.person_id, v.local_date FROM visit_fact AS v
),
acted AS (
  SELECT s.date, a.person_id, max(a.local_date) AS last_act_date
  FROM act_day AS a
  JOIN person_fact AS f ON f.person_id = a.person_id
  JOIN snapshot_date AS s ON a.local_date <= s.date AND (s.previous_date IS NULL OR a.local_date > s.previous_date)
  WHERE f.first_purchase_date IS NULL OR a.local_date < f.first_purchase_date
  GROUP BY s.date, a.person_id
),
known AS (
  SELECT
    s.date, s.previous_date, f.person_id, b.last_purchase_date, COALESCE(b.purchase_days, 0) AS purchase_days,
    COALESCE(b.purchase_days_365, 0) AS purchase_days_365,
    max(a.last_act_date) OVER (
      PARTITION BY f.person_id ORDER BY s.date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS last_act_date,
    f.first_seen_date
  FROM snapshot_date AS s
  JOIN person_fact AS f ON COALESCE(f.first_seen_date, f.as_of) <= s.date
  LEFT JOIN bought AS b ON b.date = s.date AND b.person_id = f.person_id
  LEFT JOIN acted AS a ON a.date = s.date AND a.person_id = f.person_id
),
aged AS (
  SELECT
    k.date, k.previous_date, k.person_id, k.last_purchase_date, k.purchase_days, k.purchase_days_365,
    days_between(COALESCE(k.last_purchase_date, k.last_act_date, k.first_seen_date), k.date) AS recency_days
  FROM known AS k
),
staged AS (
  SELECT
    k.date, k.previous_date, k.person_id, k.last_purchase_date, k.purchase_days, k.purchase_days_365, k.recency_days,
    CASE
      WHEN k.recency_days > c.q_lost_days THEN 'lost'
      WHEN k.recency_days > c.q_dormant_days THEN 'dormant'
      WHEN CASE WHEN k.purchase_days_365 > 0 THEN k.purchase_days_365 ELSE k.purchase_days END >= c.mature_days THEN 'mature'
      WHEN CASE WHEN k.purchase_days_365 > 0 THEN k.purchase_days_365 ELSE k.purchase_days END >= 2 THEN 'growth'
      ELSE 'intro'
    END AS stage
  FROM aged AS k
  JOIN lifecycle_cut AS c ON c.date = k.date
),
followed AS (
  SELECT
    g.date, g.previous_date, g.person_id, g.last_purchase_date, g.purchase_days, g.purchase_days_365, g.recency_days,
    g.stage, lag(g.stage) OVER (PARTITION BY g.person_id ORDER BY g.date) AS previous_stage
  FROM staged AS g
)
SELECT
  f.date, f.person_id, f.stage, f.recency_days, f.purchase_days, f.purchase_days_365,
  f.purchase_days = 0 AS never_purchased,
  COALESCE(f.previous_stage IN ('dormant', 'lost') AND f.last_purchase_date > f.previous_date, FALSE) AS reactivated,
  $param_version AS param_version
FROM followed AS f
