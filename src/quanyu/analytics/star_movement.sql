-- star_movement: how many of each opening 5R stage went deeper, stayed, went back, left; and who came
-- grain: date, stage
-- reads: star_flow
-- params: param_version text
-- source: M-03, E-02. forward + stay + reverse = 1, and reverse holds the lost; `total` is all opening assets
WITH moved AS (
  SELECT f.date, f.previous_date, f.from_stage AS stage, f.direction, f.persons
  FROM star_flow AS f
  WHERE f.from_stage <> 'r0'
  UNION ALL
  SELECT f.date, f.previous_date, 'total' AS stage, f.direction, f.persons FROM star_flow AS f
),
counted AS (
  SELECT
    m.date, m.previous_date, m.stage,
    sum(CASE WHEN m.direction <> 'gained' THEN m.persons ELSE 0 END) AS base_persons,
    sum(CASE WHEN m.direction = 'deeper' THEN m.persons ELSE 0 END) AS deeper_persons,
    sum(CASE WHEN m.direction = 'same' THEN m.persons ELSE 0 END) AS same_persons,
    sum(CASE WHEN m.direction = 'shallower' THEN m.persons ELSE 0 END) AS shallower_persons,
    sum(CASE WHEN m.direction = 'lost' THEN m.persons ELSE 0 END) AS lost_persons,
    sum(CASE WHEN m.direction = 'gained' THEN m.persons END) AS gained_persons
  FROM moved AS m
  GROUP BY m.date, m.previous_date, m.stage
)
SELECT
  c.date, c.previous_date, c.stage, c.base_persons, c.deeper_persons, c.same_persons, c.shallower_persons,
  c.lost_persons, c.gained_persons, safe_divide(c.deeper_persons, c.base_persons) AS forward_rate,
  safe_divide(c.same_persons, c.base_persons) AS stay_rate,
  safe_divide(c.shallower_persons + c.lost_persons, c.base_persons) AS reverse_rate,
  safe_divide(c.lost_persons, c.base_persons) AS lost_rate, $param_version AS param_version
FROM counted AS c
