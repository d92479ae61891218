-- star_flow: persons who went from each 5R stage to each other between two snapshots, and their share of the opening
-- grain: date, from_stage, to_stage
-- reads: snapshot_date, flow
-- params: param_version text
-- source: M-03, E-02. r0 is outside the assets: its row has counts and no base. Back is `shallower`, out is `lost`
WITH five_r AS (
  SELECT 'r0' AS stage UNION ALL SELECT 'r1' AS stage UNION ALL SELECT 'r2' AS stage UNION ALL SELECT 'r3' AS stage
  UNION ALL SELECT 'r4' AS stage UNION ALL SELECT 'r5' AS stage
),
moved AS (
  SELECT
    f.d1 AS date, CASE WHEN f.from_stage = 'none' THEN 'r0' ELSE f.from_stage END AS from_stage,
    CASE WHEN f.to_stage = 'none' THEN 'r0' ELSE f.to_stage END AS to_stage, f.persons
  FROM flow AS f
  WHERE f.model = '5r' AND f.scope = 'brand'
),
base AS (
  SELECT m.date, m.from_stage, sum(m.persons) AS persons FROM moved AS m GROUP BY m.date, m.from_stage
),
cell AS (
  SELECT s.date, s.previous_date, f.stage AS from_stage, t.stage AS to_stage
  FROM snapshot_date AS s
  JOIN (SELECT min(m.date) AS first_date FROM moved AS m) AS k ON s.date >= k.first_date
  CROSS JOIN five_r AS f
  CROSS JOIN five_r AS t
  WHERE s.previous_date IS NOT NULL AND (f.stage <> 'r0' OR t.stage <> 'r0')
),
filled AS (
  SELECT
    g.date, g.previous_date, g.from_stage, g.to_stage, COALESCE(m.persons, 0) AS persons,
    CASE WHEN g.from_stage <> 'r0' THEN COALESCE(b.persons, 0) END AS base_persons
  FROM cell AS g
  LEFT JOIN moved AS m ON m.date = g.date AND m.from_stage = g.from_stage AND m.to_stage = g.to_stage
  LEFT JOIN base AS b ON b.date = g.date AND b.from_stage = g.from_stage
)
SELECT
  f.date, f.previous_date, f.from_stage, f.to_stage,
  CASE
    WHEN f.from_stage = 'r0' THEN 'gained'
    WHEN f.to_stage = 'r0' THEN 'lost'
    WHEN f.to_stage > f.from_stage THEN 'deeper'
    WHEN f.to_stage < f.from_stage THEN 'shallower' ELSE 'same'
  END AS direction,
  f.persons, f.base_persons, safe_divide(f.persons, f.base_persons) AS rate, $param_version AS param_version
FROM filled AS f
