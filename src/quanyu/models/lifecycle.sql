-- lifecycle: the life-cycle stage of each person known on each snapshot date
-- grain: date, person_id
-- reads: snapshot_date, lifecycle_cut, person_fact, purchase_day_fact, event, identifier_person
-- params: param_version text
-- source: M-23, E-23; recency of persons who never bought counts from their last event, else from when first seen;
--         buyers whose purchases all lie before the 365-day window are judged by their lifetime purchase days
WITH bought AS (
  SELECT
    s.date, d.person_id, max(d.local_date) AS last_purchase_date, count(*) AS purchase_days,
    sum(CASE WHEN d.local_date > add_days(s.date, -365) THEN 1 ELSE 0 END) AS purchase_days_365
  FROM snapshot_date AS s
  JOIN purchase_day_fact AS d ON d.local_date <= s.date
  GROUP BY s.date, d.person_id
),
browser AS (
  SELECT f.person_id, f.first_seen_date FROM person_fact AS f WHERE f.purchase_days = 0
),
acted AS (
  SELECT s.date, b.person_id, max(e.local_date) AS last_event_date
  FROM snapshot_date AS s
  JOIN event AS e ON e.local_date <= s.date
  JOIN identifier_person AS i ON i.identifier_id = e.identifier_id
  JOIN browser AS b ON b.person_id = i.person_id
  GROUP BY s.date, b.person_id
),
known AS (
  SELECT
    s.date, s.previous_date, f.person_id, b.last_purchase_date, COALESCE(b.purchase_days, 0) AS purchase_days,
    COALESCE(b.purchase_days_365, 0) AS purchase_days_365,
    days_between(COALESCE(b.last_purchase_date, a.last_event_date, f.first_seen_date), s.date) AS recency_days
  FROM snapshot_date AS s
  JOIN person_fact AS f ON f.first_seen_date <= s.date
  LEFT JOIN bought AS b ON b.date = s.date AND b.person_id = f.person_id
  LEFT JOIN acted AS a ON a.date = s.date AND a.person_id = f.person_id
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
  FROM known AS k
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
