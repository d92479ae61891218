-- active_period: one row per person and month, quarter or year in which they were active, with the one before it
-- grain: period_kind, period_start_date, person_id
-- reads: active_day
-- source: M-15
WITH month AS (
  SELECT DISTINCT d.person_id, month_start(d.local_date) AS start_date FROM active_day AS d
),
quarter AS (
  SELECT DISTINCT m.person_id, quarter_start(m.start_date) AS start_date FROM month AS m
),
year AS (
  SELECT DISTINCT q.person_id, year_start(q.start_date) AS start_date FROM quarter AS q
)
SELECT
  'month' AS period_kind, m.start_date AS period_start_date, m.person_id,
  lag(m.start_date) OVER (PARTITION BY m.person_id ORDER BY m.start_date) AS previous_start_date
FROM month AS m
UNION ALL
SELECT
  'quarter' AS period_kind, q.start_date AS period_start_date, q.person_id,
  lag(q.start_date) OVER (PARTITION BY q.person_id ORDER BY q.start_date) AS previous_start_date
FROM quarter AS q
UNION ALL
SELECT
  'year' AS period_kind, y.start_date AS period_start_date, y.person_id,
  lag(y.start_date) OVER (PARTITION BY y.person_id ORDER BY y.start_date) AS previous_start_date
FROM year AS y
