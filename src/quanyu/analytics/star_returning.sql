-- star_returning: what the persons of each opening 5R stage bought until the closing date
-- grain: date, stage
-- reads: snapshot_date, stage_snapshot, purchase_day_fact
-- params: param_version text
-- source: M-04, E-02. The opening stage: by the closing one every buyer is R4 or R5. Row r0 came in the period and has
--         no number to divide by; `total` is all opening assets, r0 left out
WITH staged AS (
  SELECT c.date, c.person_id, c.stage FROM stage_snapshot AS c WHERE c.model = '5r' AND c.scope = 'brand'
),
pair AS (
  SELECT s.date, s.previous_date
  FROM snapshot_date AS s
  JOIN (SELECT min(c.date) AS first_date FROM staged AS c) AS k ON s.date >= k.first_date
  WHERE s.previous_date IS NOT NULL
),
opened AS (
  SELECT p.date, c.stage, count(*) AS persons
  FROM pair AS p
  JOIN staged AS c ON c.date = p.previous_date
  GROUP BY p.date, c.stage
),
bought AS (
  SELECT p.date, p.previous_date, d.person_id, count(*) AS days, sum(d.net_fen) AS net_fen
  FROM purchase_day_fact AS d
  JOIN pair AS p ON d.local_date > p.previous_date AND d.local_date <= p.date
  GROUP BY p.date, p.previous_date, d.person_id
),
earned AS (
  SELECT
    b.date, COALESCE(c.stage, 'r0') AS stage, count(*) AS buyers,
    sum(CASE WHEN b.days >= 2 THEN 1 ELSE 0 END) AS repeat_buyers, sum(b.net_fen) AS net_fen
  FROM bought AS b
  LEFT JOIN staged AS c ON c.date = b.previous_date AND c.person_id = b.person_id
  GROUP BY b.date, COALESCE(c.stage, 'r0')
),
five_r AS (
  SELECT 'r0' AS stage UNION ALL SELECT 'r1' AS stage UNION ALL SELECT 'r2' AS stage UNION ALL SELECT 'r3' AS stage
  UNION ALL SELECT 'r4' AS stage UNION ALL SELECT 'r5' AS stage
),
filled AS (
  SELECT
    p.date, p.previous_date, k.stage, CASE WHEN k.stage <> 'r0' THEN COALESCE(o.persons, 0) END AS persons,
    COALESCE(e.buyers, 0) AS buyers, COALESCE(e.repeat_buyers, 0) AS repeat_buyers, COALESCE(e.net_fen, 0) AS net_fen
  FROM pair AS p
  CROSS JOIN five_r AS k
  LEFT JOIN opened AS o ON o.date = p.date AND o.stage = k.stage
  LEFT JOIN earned AS e ON e.date = p.date AND e.stage = k.stage
),
summed AS (
  SELECT f.date, f.previous_date, f.stage, f.persons, f.buyers, f.repeat_buyers, f.net_fen FROM filled AS f
  UNION ALL
  SELECT
    f.date, f.previous_date, 'total' AS stage, sum(f.persons) AS persons, sum(f.buyers) AS buyers,
    sum(f.repeat_buyers) AS repeat_buyers, sum(f.net_fen) AS net_fen
  FROM filled AS f
  WHERE f.stage <> 'r0'
  GROUP BY f.date, f.previous_date
)
SELECT
  s.date, s.previous_date, s.stage, s.persons, s.buyers, s.repeat_buyers, s.net_fen,
  int_div(2 * s.net_fen + s.buyers, 2 * s.buyers) AS per_buyer_fen, safe_divide(s.buyers, s.persons) AS conversion_rate,
  safe_divide(s.repeat_buyers, s.buyers) AS repurchase_rate, $param_version AS param_version
FROM summed AS s
