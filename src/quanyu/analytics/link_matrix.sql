-- link_matrix: the share of each quadrant's persons who went on to each other quadrant within the window
-- grain: period_kind, period_start_date, from_quadrant, to_quadrant
-- reads: report_period, quadrant_day, link_step
-- params: link_days int, param_version text
-- source: M-37, E-37. The period is that of leaving; where a person goes in the dates after it still counts. A person who
--         went twice counts once
WITH longer AS (
  SELECT p.period_kind, p.period_start_date, p.period_end_date
  FROM report_period AS p
  WHERE p.period_kind IN ('month', 'quarter', 'year')
),
seen_month AS (
  SELECT DISTINCT d.person_id, d.quadrant, month_start(d.local_date) AS start_date
  FROM quadrant_day AS d
),
seen_quarter AS (
  SELECT DISTINCT m.person_id, m.quadrant, quarter_start(m.start_date) AS start_date
  FROM seen_month AS m
),
seen_year AS (
  SELECT DISTINCT q.person_id, q.quadrant, year_start(q.start_date) AS start_date
  FROM seen_quarter AS q
),
seen AS (
  SELECT 'month' AS period_kind, m.start_date, m.quadrant, count(*) AS persons
  FROM seen_month AS m
  GROUP BY m.start_date, m.quadrant
  UNION ALL
  SELECT 'quarter' AS period_kind, q.start_date, q.quadrant, count(*) AS persons
  FROM seen_quarter AS q
  GROUP BY q.start_date, q.quadrant
  UNION ALL
  SELECT 'year' AS period_kind, y.start_date, y.quadrant, count(*) AS persons
  FROM seen_year AS y
  GROUP BY y.start_date, y.quadrant
),
went_month AS (
  SELECT DISTINCT s.person_id, s.from_quadrant, s.to_quadrant, month_start(s.from_date) AS start_date
  FROM link_step AS s
  WHERE s.to_date <= add_days(s.from_date, $link_days)
),
went_quarter AS (
  SELECT DISTINCT m.person_id, m.from_quadrant, m.to_quadrant, quarter_start(m.start_date) AS start_date
  FROM went_month AS m
),
went_year AS (
  SELECT DISTINCT q.person_id, q.from_quadrant, q.to_quadrant, year_start(q.start_date) AS start_date
  FROM went_quarter AS q
),
went AS (
  SELECT 'month' AS period_kind, m.start_date, m.from_quadrant, m.to_quadrant, count(*) AS persons
  FROM went_month AS m
  GROUP BY m.start_date, m.from_quadrant, m.to_quadrant
  UNION ALL
  SELECT 'quarter' AS period_kind, q.start_date, q.from_quadrant, q.to_quadrant, count(*) AS persons
  FROM went_quarter AS q
  GROUP BY q.start_date, q.from_quadrant, q.to_quadrant
  UNION ALL
  SELECT 'year' AS period_kind, y.start_date, y.from_quadrant, y.to_quadrant, count(*) AS persons
  FROM went_year AS y
  GROUP BY y.start_date, y.from_quadrant, y.to_quadrant
),
quadrant AS (
  SELECT 'public_traffic' AS quadrant
  UNION ALL
  SELECT 'public_store' AS quadrant
  UNION ALL
  SELECT 'private_pool' AS quadrant
  UNION ALL
  SELECT 'private_store' AS quadrant
)
SELECT
  p.period_kind, p.period_start_date, p.period_end_date, a.quadrant AS from_quadrant, b.quadrant AS to_quadrant,
  COALESCE(w.persons, 0) AS persons, COALESCE(s.persons, 0) AS from_persons,
  safe_divide(COALESCE(w.persons, 0), s.persons) AS link_rate, $link_days AS window_days, $param_version AS param_version
FROM longer AS p
CROSS JOIN quadrant AS a
JOIN quadrant AS b ON b.quadrant <> a.quadrant
LEFT JOIN seen AS s
  ON s.period_kind = p.period_kind AND s.start_date = p.period_start_date AND s.quadrant = a.quadrant
LEFT JOIN went AS w
  ON w.period_kind = p.period_kind AND w.start_date = p.period_start_date AND w.from_quadrant = a.quadrant
  AND w.to_quadrant = b.quadrant
