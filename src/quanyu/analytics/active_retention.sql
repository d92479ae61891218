-- active_retention: active in the period before and again, over all and of new, old and dormant persons
-- grain: period_kind, period_start_date, segment
-- reads: report_period, active_period, purchase_day_fact, lifecycle_cut
-- params: as_of date
-- source: M-15 (活跃留存率; of dormant persons active / all of them: 唤醒率). Status as in nine_indicator, fixed before the
--         period begins: new bought nothing before, old within the dormant days, dormant longer ago
WITH longer AS (
  SELECT
    p.period_kind, p.period_start_date, p.period_end_date, p.previous_start_date, p.is_complete,
    c.q_dormant_days AS dormant_days
  FROM report_period AS p
  JOIN lifecycle_cut AS c ON c.date = $as_of
  WHERE p.period_kind IN ('month', 'quarter', 'year')
),
bought AS (
  SELECT p.period_kind, p.period_start_date, d.person_id, max(d.local_date) AS last_date
  FROM purchase_day_fact AS d
  JOIN longer AS p ON d.local_date < p.period_start_date
  GROUP BY p.period_kind, p.period_start_date, d.person_id
),
status AS (
  SELECT
    b.period_kind, b.period_start_date, b.person_id,
    CASE WHEN days_between(b.last_date, p.period_start_date) <= p.dormant_days THEN 'old' ELSE 'dormant' END AS segment
  FROM bought AS b
  JOIN longer AS p ON p.period_kind = b.period_kind AND p.period_start_date = b.period_start_date
),
active_before AS (
  SELECT p.period_kind, p.period_start_date, a.person_id
  FROM longer AS p
  JOIN active_period AS a ON a.period_kind = p.period_kind AND a.period_start_date = p.previous_start_date
),
base AS (
  SELECT a.period_kind, a.period_start_date, a.person_id, 'all' AS segment FROM active_before AS a
  UNION ALL
  SELECT a.period_kind, a.period_start_date, a.person_id, COALESCE(s.segment, 'new') AS segment
  FROM active_before AS a
  LEFT JOIN status AS s
    ON s.period_kind = a.period_kind AND s.period_start_date = a.period_start_date AND s.person_id = a.person_id
  WHERE COALESCE(s.segment, 'new') <> 'dormant'
  UNION ALL
  SELECT s.period_kind, s.period_start_date, s.person_id, s.segment FROM status AS s WHERE s.segment = 'dormant'
),
counted AS (
  SELECT b.period_kind, b.period_start_date, b.segment, count(*) AS persons, count(a.person_id) AS active_persons
  FROM base AS b
  LEFT JOIN active_period AS a
    ON a.period_kind = b.period_kind AND a.period_start_date = b.period_start_date AND a.person_id = b.person_id
  GROUP BY b.period_kind, b.period_start_date, b.segment
),
segment AS (
  SELECT 'all' AS segment UNION ALL SELECT 'new' AS segment UNION ALL SELECT 'old' AS segment
  UNION ALL SELECT 'dormant' AS segment
)
SELECT
  p.period_kind, p.period_start_date, p.period_end_date, p.is_complete, g.segment,
  COALESCE(c.persons, 0) AS base_persons, COALESCE(c.active_persons, 0) AS active_persons,
  safe_divide(c.active_persons, c.persons) AS retention_rate
FROM longer AS p
CROSS JOIN segment AS g
LEFT JOIN counted AS c
  ON c.period_kind = p.period_kind AND c.period_start_date = p.period_start_date AND c.segment = g.segment
