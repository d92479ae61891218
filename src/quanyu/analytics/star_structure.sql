-- star_structure: the share of each 5R stage on each snapshot date, beside the opening one and a benchmark
-- grain: date, stage
-- reads: star_scaling, benchmark
-- params: param_version text
-- source: M-02, E-02. A benchmark of structure is five rows of metric star_share, the stages as segments, their
--         medians; the newest set that was known as of the date. Nobody in the assets: no share
WITH total AS (
  SELECT s.date, sum(s.persons) AS persons, sum(s.previous_persons) AS previous_persons
  FROM star_scaling AS s
  GROUP BY s.date
),
peer AS (
  SELECT b.industry, b.period, max(COALESCE(b.as_of, DATE '1900-01-01')) AS known_date
  FROM benchmark AS b
  WHERE b.metric_code = 'star_share' AND b.segment IN ('r1', 'r2', 'r3', 'r4', 'r5') AND b.p50 IS NOT NULL
  GROUP BY b.industry, b.period
  HAVING count(*) = 5
),
ranked AS (
  SELECT
    t.date, p.industry, p.period,
    row_number() OVER (PARTITION BY t.date ORDER BY p.known_date DESC, p.period DESC, p.industry) AS place
  FROM total AS t
  JOIN peer AS p ON p.known_date <= t.date
)
SELECT
  s.date, s.previous_date, s.stage, s.persons, t.persons AS asset_persons, safe_divide(s.persons, t.persons) AS share,
  safe_divide(s.previous_persons, t.previous_persons) AS previous_share, b.p50 AS benchmark_share,
  b.origin AS benchmark_origin, $param_version AS param_version
FROM star_scaling AS s
JOIN total AS t ON t.date = s.date
LEFT JOIN ranked AS r ON r.date = s.date AND r.place = 1
LEFT JOIN benchmark AS b
  ON b.metric_code = 'star_share' AND b.industry = r.industry AND b.period = r.period AND b.segment = s.stage
