-- star_named_flow: acquire 拉新, reserve 蓄水, seed 种草, convert 转化 between two snapshots
-- grain: date, named_flow
-- reads: star_flow
-- params: param_version text
-- source: M-03, E-02. The rate counts who came from the opening stages of the flow; who came from outside has no base
--         (domain §2.0) and stands beside it: the R3 inflow rate is the rate of `seed`
WITH part AS (
  SELECT f.date, f.previous_date, 'acquire' AS named_flow, f.from_stage, f.persons, NULL AS base_persons
  FROM star_flow AS f
  WHERE f.from_stage = 'r0'
  UNION ALL
  SELECT f.date, f.previous_date, 'reserve' AS named_flow, f.from_stage, f.persons, NULL AS base_persons
  FROM star_flow AS f
  WHERE f.from_stage = 'r0' AND f.to_stage IN ('r1', 'r2')
  UNION ALL
  SELECT f.date, f.previous_date, 'seed' AS named_flow, f.from_stage, f.persons, f.base_persons
  FROM star_flow AS f
  WHERE f.from_stage IN ('r0', 'r1', 'r2') AND f.to_stage = 'r3'
  UNION ALL
  SELECT
    f.date, f.previous_date, 'convert' AS named_flow, f.from_stage, f.persons,
    CASE WHEN f.to_stage = 'r4' THEN f.base_persons END AS base_persons
  FROM star_flow AS f
  WHERE f.from_stage IN ('r0', 'r1', 'r2', 'r3') AND f.to_stage IN ('r4', 'r5')
),
summed AS (
  SELECT
    p.date, p.previous_date, p.named_flow, sum(p.persons) AS persons,
    sum(CASE WHEN p.from_stage = 'r0' THEN p.persons ELSE 0 END) AS outside_persons,
    sum(p.base_persons) AS base_persons
  FROM part AS p
  GROUP BY p.date, p.previous_date, p.named_flow
)
SELECT
  s.date, s.previous_date, s.named_flow, s.persons, s.outside_persons, s.persons - s.outside_persons AS inside_persons,
  s.base_persons, safe_divide(s.persons - s.outside_persons, s.base_persons) AS rate, $param_version AS param_version
FROM summed AS s
