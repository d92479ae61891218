-- funnel_period: persons who reached each step of each funnel, of the attempts begun in a period; the weakest step
-- grain: funnel, period_kind, period_start_date, step_no
-- reads: funnel_step, funnel_way, funnel_reach, report_period
-- params: as_of date, funnel_min_persons int
-- source: M-14, E-14: the deepest attempt of a person counts. Weakest: the lowest rate of the steps whose step before
--         was reached by funnel_min_persons or more
WITH longer AS (
  SELECT p.period_kind, p.period_start_date, p.period_end_date
  FROM report_period AS p
  WHERE p.period_kind IN ('month', 'quarter', 'year')
),
quarter AS (
  SELECT r.funnel_no, r.actor_id, quarter_start(r.month_date) AS start_date, max(r.steps) AS steps
  FROM funnel_reach AS r
  GROUP BY r.funnel_no, r.actor_id, quarter_start(r.month_date)
),
year AS (
  SELECT q.funnel_no, q.actor_id, year_start(q.start_date) AS start_date, max(q.steps) AS steps
  FROM quarter AS q
  GROUP BY q.funnel_no, q.actor_id, year_start(q.start_date)
),
deepest AS (
  SELECT 'month' AS period_kind, r.month_date AS start_date, r.funnel_no, r.steps, count(*) AS persons
  FROM funnel_reach AS r
  GROUP BY r.month_date, r.funnel_no, r.steps
  UNION ALL
  SELECT 'quarter' AS period_kind, q.start_date, q.funnel_no, q.steps, count(*) AS persons
  FROM quarter AS q
  GROUP BY q.start_date, q.funnel_no, q.steps
  UNION ALL
  SELECT 'year' AS period_kind, y.start_date, y.funnel_no, y.steps, count(*) AS persons
  FROM year AS y
  GROUP BY y.start_date, y.funnel_no, y.steps
),
way_step AS (
  SELECT DISTINCT w.funnel_no, w.funnel, w.step_no FROM funnel_way AS w
),
counted AS (
  SELECT
    w.funnel, p.period_kind, p.period_start_date, p.period_end_date, w.step_no, sum(d.persons) AS persons
  FROM deepest AS d
  JOIN longer AS p ON p.period_kind = d.period_kind AND p.period_start_date = d.start_date
  JOIN way_step AS w ON w.funnel_no = d.funnel_no AND w.step_no <= d.steps
  GROUP BY w.funnel, p.period_kind, p.period_start_date, p.period_end_date, w.step_no
),
step AS (
  SELECT DISTINCT w.funnel, w.step_no, w.window_days FROM funnel_step AS w
),
filled AS (
  SELECT
    f.funnel, f.period_kind, f.period_start_date, f.period_end_date, s.step_no, s.window_days,
    f.persons AS first_persons, COALESCE(c.persons, 0) AS persons
  FROM counted AS f
  JOIN step AS s ON s.funnel = f.funnel
  LEFT JOIN counted AS c
    ON c.funnel = f.funnel AND c.period_kind = f.period_kind AND c.period_start_date = f.period_start_date
    AND c.step_no = s.step_no
  WHERE f.step_no = 1
),
followed AS (
  SELECT
    f.funnel, f.period_kind, f.period_start_date, f.period_end_date, f.step_no, f.window_days, f.first_persons,
    f.persons,
    lag(f.persons) OVER (PARTITION BY f.funnel, f.period_kind, f.period_start_date ORDER BY f.step_no)
      AS previous_persons
  FROM filled AS f
),
ranked AS (
  SELECT
    f.funnel, f.period_kind, f.period_start_date, f.step_no,
    row_number() OVER (
      PARTITION BY f.funnel, f.period_kind, f.period_start_date
      ORDER BY safe_divide(f.persons, f.previous_persons), f.step_no
    ) AS place
  FROM followed AS f
  WHERE f.previous_persons >= $funnel_min_persons
)
SELECT
  f.funnel, f.period_kind, f.period_start_date, f.period_end_date, f.step_no,
  add_days(f.period_end_date, f.window_days) <= add_days($as_of, 1) AS is_complete, f.persons, f.previous_persons,
  f.first_persons, safe_divide(f.persons, f.previous_persons) AS step_rate,
  safe_divide(f.persons, f.first_persons) AS overall_rate, COALESCE(r.place, 0) = 1 AS is_weakest
FROM followed AS f
LEFT JOIN ranked AS r
  ON r.funnel = f.funnel AND r.period_kind = f.period_kind AND r.period_start_date = f.period_start_date
  AND r.step_no = f.step_no
