-- clv_matrix: persons and their value in the eight cells of relation layer, own value and spread value
-- grain: date, cell
-- reads: person_value, stage_span
-- params: as_of date, param_version text
-- source: domain M-41b, E-41: layer L4 or above, own value at or above the median of buyers, spread above 0. Of an even
--         number no value lies between the two middle ones, so the upper of them is the cut. Counted is who is in
--         Capital or has a value
WITH buyer AS (
  SELECT v.person_id, v.own_fen, row_number() OVER (ORDER BY v.own_fen, v.person_id) AS place
  FROM person_value AS v
  WHERE v.own_fen > 0
),
size AS (
  SELECT count(*) AS buyers FROM buyer AS b
),
cut AS (
  SELECT max(b.own_fen) AS own_cut_fen
  FROM size AS s
  LEFT JOIN buyer AS b ON b.place = int_div(s.buyers, 2) + 1
),
trait AS (
  SELECT v.person_id, 0 AS stage_no, v.own_fen, v.spread_fen FROM person_value AS v
  UNION ALL
  SELECT s.person_id, s.stage_no, 0 AS own_fen, 0 AS spread_fen
  FROM stage_span AS s
  WHERE s.model = 'fp_layer' AND s.scope = 'brand' AND s.from_date <= $as_of AND s.until_date > $as_of
),
known AS (
  SELECT t.person_id, max(t.stage_no) AS stage_no, sum(t.own_fen) AS own_fen, sum(t.spread_fen) AS spread_fen
  FROM trait AS t
  GROUP BY t.person_id
),
placed AS (
  SELECT
    k.stage_no >= 4 AS layer_high, COALESCE(k.own_fen >= c.own_cut_fen, FALSE) AS own_high,
    k.spread_fen > 0 AS spread_high, k.own_fen, k.spread_fen
  FROM known AS k
  CROSS JOIN cut AS c
),
answer AS (
  SELECT TRUE AS is_high, 'high' AS word UNION ALL SELECT FALSE AS is_high, 'low' AS word
)
SELECT
  $as_of AS date, l.word || '_' || o.word || '_' || s.word AS cell, l.is_high AS layer_high,
  o.is_high AS own_high, s.is_high AS spread_high,
  count(p.own_fen) AS persons, COALESCE(sum(p.own_fen), 0) AS own_fen, COALESCE(sum(p.spread_fen), 0) AS spread_fen,
  COALESCE(sum(p.own_fen + p.spread_fen), 0) AS clv_fen, max(c.own_cut_fen) AS own_cut_fen,
  $param_version AS param_version
FROM answer AS l
CROSS JOIN answer AS o
CROSS JOIN answer AS s
CROSS JOIN cut AS c
LEFT JOIN placed AS p
  ON p.layer_high = l.is_high AND p.own_high = o.is_high AND p.spread_high = s.is_high
GROUP BY l.is_high, l.word, o.is_high, o.word, s.is_high, s.word
