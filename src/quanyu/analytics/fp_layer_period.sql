-- fp_layer_period: the relation layers of each person in each period: at its start, first, highest, at its end
-- grain: period_no, person_id
-- reads: stage_span, fp_period
-- params: param_version text
-- source: domain M-09, M-10, E-06. The baseline is the layer at the end of the period before, else the first layer held:
--         entering Capital is no deepening; a period's layers begin anew, so a layer is compared with the closing one
--         before, not with the start of the period
WITH held AS (
  SELECT
    p.period_no, p.period_start_date, p.period_end_date, p.is_complete, s.person_id, s.stage, s.stage_no,
    s.from_date <= p.previous_end_date AS is_before, s.until_date > p.period_start_date AS is_inside,
    s.until_date > p.period_end_date AS is_closing, GREATEST(s.from_date, p.period_start_date) AS held_from
  FROM fp_period AS p
  JOIN stage_span AS s ON s.from_date <= p.period_end_date AND s.until_date > p.previous_end_date
  WHERE p.is_reported AND s.model = 'fp_layer' AND s.scope = 'brand'
),
person_period AS (
  SELECT
    h.period_no, h.period_start_date, h.period_end_date, h.is_complete, h.person_id,
    max(CASE WHEN h.is_closing THEN h.stage END) AS closing_layer,
    COALESCE(max(CASE WHEN h.is_closing THEN h.stage_no END), 0) AS closing_no,
    COALESCE(max(CASE WHEN h.is_inside THEN h.stage_no END), 0) AS max_no,
    COALESCE(max(CASE WHEN h.is_before THEN h.stage_no END), 0) AS previous_no,
    COALESCE(min_by(h.stage_no, CASE WHEN h.is_inside THEN h.held_from END), 0) AS first_no
  FROM held AS h
  GROUP BY h.period_no, h.period_start_date, h.period_end_date, h.is_complete, h.person_id
),
based AS (
  SELECT
    p.period_no, p.period_start_date, p.period_end_date, p.is_complete, p.person_id, p.closing_layer, p.closing_no,
    p.max_no, p.previous_no, p.first_no, CASE WHEN p.previous_no > 0 THEN p.previous_no ELSE p.first_no END AS baseline_no
  FROM person_period AS p
)
SELECT
  b.period_no, b.period_start_date, b.period_end_date AS date, b.is_complete, b.person_id, b.closing_layer,
  b.closing_no, b.max_no, b.previous_no, b.first_no, b.baseline_no, b.max_no > b.baseline_no AS deepened,
  $param_version AS param_version
FROM based AS b
