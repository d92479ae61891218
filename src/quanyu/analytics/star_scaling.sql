-- star_scaling: persons in each 5R stage on each snapshot date; new, old and returned since the snapshot before
-- grain: date, stage
-- reads: snapshot_date, stage_snapshot, flow, person_asset
-- params: param_version text
-- source: M-01, E-02. New: first asset day in (D0, D1]; old: an asset at both dates; returned: neither, so an asset
--         some time before D0. Every stage has a row from the first date on which anybody is an asset
WITH counted AS (
  SELECT c.date, c.stage, count(*) AS persons
  FROM stage_snapshot AS c
  WHERE c.model = '5r' AND c.scope = 'brand'
  GROUP BY c.date, c.stage
),
stayed AS (
  SELECT f.d1 AS date, f.to_stage AS stage, sum(f.persons) AS persons
  FROM flow AS f
  WHERE f.model = '5r' AND f.scope = 'brand' AND f.from_stage <> 'none' AND f.to_stage <> 'none'
  GROUP BY f.d1, f.to_stage
),
came AS (
  SELECT c.date, c.stage, count(*) AS persons
  FROM stage_snapshot AS c
  JOIN snapshot_date AS s ON s.date = c.date
  JOIN person_asset AS a ON a.person_id = c.person_id AND a.scope = 'brand'
  WHERE c.model = '5r' AND c.scope = 'brand' AND a.first_asset_date > s.previous_date
  GROUP BY c.date, c.stage
),
five_r AS (
  SELECT 'r1' AS stage UNION ALL SELECT 'r2' AS stage UNION ALL SELECT 'r3' AS stage UNION ALL SELECT 'r4' AS stage
  UNION ALL SELECT 'r5' AS stage
),
cell AS (
  SELECT s.date, s.previous_date, k.stage
  FROM snapshot_date AS s
  JOIN (SELECT min(c.date) AS first_date FROM counted AS c) AS f ON s.date >= f.first_date
  CROSS JOIN five_r AS k
),
filled AS (
  SELECT
    g.date, g.previous_date, g.stage, COALESCE(c.persons, 0) AS persons,
    CASE WHEN g.previous_date IS NOT NULL THEN COALESCE(n.persons, 0) END AS new_persons,
    CASE WHEN g.previous_date IS NOT NULL THEN COALESCE(o.persons, 0) END AS old_persons,
    CASE WHEN g.previous_date IS NOT NULL THEN COALESCE(p.persons, 0) END AS previous_persons
  FROM cell AS g
  LEFT JOIN counted AS c ON c.date = g.date AND c.stage = g.stage
  LEFT JOIN counted AS p ON p.date = g.previous_date AND p.stage = g.stage
  LEFT JOIN came AS n ON n.date = g.date AND n.stage = g.stage
  LEFT JOIN stayed AS o ON o.date = g.date AND o.stage = g.stage
)
SELECT
  f.date, f.previous_date, f.stage, f.persons, f.new_persons, f.old_persons,
  f.persons - f.new_persons - f.old_persons AS returned_persons, f.previous_persons,
  f.persons - f.previous_persons AS grown_persons,
  safe_divide(f.persons - f.previous_persons, f.previous_persons) AS growth_rate, $param_version AS param_version
FROM filled AS f
