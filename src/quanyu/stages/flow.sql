-- flow: how many persons went from each stage to each other between consecutive snapshots
-- grain: model, scope, d0, d1, from_stage, to_stage
-- reads: stage_history, stage_code, snapshot_date
-- source: M-03 (two snapshots of today's canonical persons; `none` is outside the model at that date)
WITH moved AS (
  SELECT 2 AS date_no, h.model_no, h.stage_1 AS from_code, h.stage_2 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_1, h.stage_2
  UNION ALL
  SELECT 3 AS date_no, h.model_no, h.stage_2 AS from_code, h.stage_3 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_2, h.stage_3
  UNION ALL
  SELECT 4 AS date_no, h.model_no, h.stage_3 AS from_code, h.stage_4 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_3, h.stage_4
  UNION ALL
  SELECT 5 AS date_no, h.model_no, h.stage_4 AS from_code, h.stage_5 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_4, h.stage_5
  UNION ALL
  SELECT 6 AS date_no, h.model_no, h.stage_5 AS from_code, h.stage_6 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_5, h.stage_6
  UNION ALL
  SELECT 7 AS date_no, h.model_no, h.stage_6 AS from_code, h.stage_7 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_6, h.stage_7
  UNION ALL
  SELECT 8 AS date_no, h.model_no, h.stage_7 AS from_code, h.stage_8 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_7, h.stage_8
  UNION ALL
  SELECT 9 AS date_no, h.model_no, h.stage_8 AS from_code, h.stage_9 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_8, h.stage_9
  UNION ALL
  SELECT 10 AS date_no, h.model_no, h.stage_9 AS from_code, h.stage_10 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_9, h.stage_10
  UNION ALL
  SELECT 11 AS date_no, h.model_no, h.stage_10 AS from_code, h.stage_11 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_10, h.stage_11
  UNION ALL
  SELECT 12 AS date_no, h.model_no, h.stage_11 AS from_code, h.stage_12 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_11, h.stage_12
  UNION ALL
  SELECT 13 AS date_no, h.model_no, h.stage_12 AS from_code, h.stage_13 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_12, h.stage_13
  UNION ALL
  SELECT 14 AS date_no, h.model_no, h.stage_13 AS from_code, h.stage_14 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_13, h.stage_14
  UNION ALL
  SELECT 15 AS date_no, h.model_no, h.stage_14 AS from_code, h.stage_15 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_14, h.stage_15
  UNION ALL
  SELECT 16 AS date_no, h.model_no, h.stage_15 AS from_code, h.stage_16 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_15, h.stage_16
  UNION ALL
  SELECT 17 AS date_no, h.model_no, h.stage_16 AS from_code, h.stage_17 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_16, h.stage_17
  UNION ALL
  SELECT 18 AS date_no, h.model_no, h.stage_17 AS from_code, h.stage_18 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_17, h.stage_18
  UNION ALL
  SELECT 19 AS date_no, h.model_no, h.stage_18 AS from_code, h.stage_19 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_18, h.stage_19
  UNION ALL
  SELECT 20 AS date_no, h.model_no, h.stage_19 AS from_code, h.stage_20 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_19, h.stage_20
  UNION ALL
  SELECT 21 AS date_no, h.model_no, h.stage_20 AS from_code, h.stage_21 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_20, h.stage_21
  UNION ALL
  SELECT 22 AS date_no, h.model_no, h.stage_21 AS from_code, h.stage_22 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_21, h.stage_22
  UNION ALL
  SELECT 23 AS date_no, h.model_no, h.stage_22 AS from_code, h.stage_23 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_22, h.stage_23
  UNION ALL
  SELECT 24 AS date_no, h.model_no, h.stage_23 AS from_code, h.stage_24 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_23, h.stage_24
  UNION ALL
  SELECT 25 AS date_no, h.model_no, h.stage_24 AS from_code, h.stage_25 AS to_code, count(*) AS persons
  FROM stage_history AS h
  GROUP BY h.model_no, h.stage_24, h.stage_25
),
model AS (
  SELECT DISTINCT k.model_no, k.model, k.scope, k.param_version FROM stage_code AS k
)
SELECT
  m.model, m.scope, d.previous_date AS d0, d.date AS d1, COALESCE(f.stage, 'none') AS from_stage,
  COALESCE(t.stage, 'none') AS to_stage, v.persons, m.param_version
FROM moved AS v
JOIN snapshot_date AS d ON d.date_no = v.date_no
JOIN model AS m ON m.model_no = v.model_no
LEFT JOIN stage_code AS f ON f.model_no = v.model_no AND f.stage_code = v.from_code
LEFT JOIN stage_code AS t ON t.model_no = v.model_no AND t.stage_code = v.to_code
WHERE v.from_code > 0 OR v.to_code > 0
