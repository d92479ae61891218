-- star_health: the crowd assets on each snapshot date: how many, how deep, how far from what they were and could be
-- grain: date
-- reads: star_scaling, star_structure
-- params: param_version text
-- source: M-01, M-02, E-02. TVD = ½ Σ |share − other share|, in whole persons so that no double is summed; a benchmark
--         share counts in millionths
WITH total AS (
  SELECT
    s.date, s.previous_date, sum(s.persons) AS persons, sum(s.previous_persons) AS previous_persons,
    sum(CASE WHEN s.stage IN ('r3', 'r4', 'r5') THEN s.persons ELSE 0 END) AS deep_persons
  FROM star_scaling AS s
  GROUP BY s.date, s.previous_date
),
compared AS (
  SELECT
    t.date, sum(abs(s.persons * t.previous_persons - s.previous_persons * t.persons)) AS previous_distance,
    sum(abs(
      s.persons * 1000000 - CAST(floor(r.benchmark_share * 1000000 + 0.5) AS BIGINT) * t.persons
    )) AS benchmark_distance,
    max(r.benchmark_origin) AS benchmark_origin
  FROM total AS t
  JOIN star_scaling AS s ON s.date = t.date
  JOIN star_structure AS r ON r.date = s.date AND r.stage = s.stage
  GROUP BY t.date
)
SELECT
  t.date, t.previous_date, t.persons AS asset_persons, t.previous_persons AS previous_asset_persons,
  t.persons - t.previous_persons AS grown_persons, t.deep_persons,
  safe_divide(t.persons - t.previous_persons, t.previous_persons) AS growth_rate,
  safe_divide(t.deep_persons, t.persons) AS deep_share,
  safe_divide(c.previous_distance, 2 * t.persons * t.previous_persons) AS tvd_previous,
  safe_divide(c.benchmark_distance, 2000000 * t.persons) AS tvd_benchmark, c.benchmark_origin,
  $param_version AS param_version
FROM total AS t
JOIN compared AS c ON c.date = t.date
