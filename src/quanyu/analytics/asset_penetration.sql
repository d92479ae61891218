-- asset_penetration: share of the persons of each 5R stage who did something in each category in the last year
-- grain: stage, category_id
-- reads: stage_snapshot, category_preference
-- params: as_of date, param_version text
-- source: M-18, variant on assets: persons in stage k with any act in c / persons in stage k; `total` is all stages
WITH staged AS (
  SELECT c.person_id, c.stage
  FROM stage_snapshot AS c
  WHERE c.model = '5r' AND c.scope = 'brand' AND c.date = $as_of
),
base AS (
  SELECT s.stage, count(*) AS persons FROM staged AS s GROUP BY s.stage
  UNION ALL
  SELECT 'total' AS stage, count(*) AS persons FROM staged AS s
),
met AS (
  SELECT s.stage, p.category_id, count(*) AS persons
  FROM staged AS s
  JOIN category_preference AS p ON p.person_id = s.person_id
  GROUP BY s.stage, p.category_id
),
summed AS (
  SELECT m.stage, m.category_id, m.persons FROM met AS m
  UNION ALL
  SELECT 'total' AS stage, m.category_id, sum(m.persons) AS persons FROM met AS m GROUP BY m.category_id
)
SELECT
  $as_of AS date, u.stage, u.category_id, b.persons AS stage_persons, u.persons,
  safe_divide(u.persons, b.persons) AS penetration_rate, $param_version AS param_version
FROM summed AS u
JOIN base AS b ON b.stage = u.stage
