-- feature_judged: what the models say of each person on the build's date
-- grain: person_id
-- per: person
-- reads: person_fact, rfm, lifecycle, lifecycle_cut, value_tier, stage_span, person_value, person_risk
-- params: as_of date
-- source: M-05, M-06, M-09, M-12, M-22, M-23, M-25, M-40; one label per person and model (domain §2.0)
WITH staged AS (
  SELECT
    s.person_id, max(CASE WHEN s.model = '5r' THEN s.stage END) AS stage_5r,
    max(CASE WHEN s.model = '5r' THEN s.stage_no END) AS stage_5r_no,
    max(CASE WHEN s.model = 'aipl' THEN s.stage END) AS stage_aipl,
    max(CASE WHEN s.model = 'fp_layer' THEN s.stage END) AS fp_layer,
    max(CASE WHEN s.model = 'identity_state' THEN s.stage END) AS identity_state
  FROM stage_span AS s
  WHERE s.scope = 'brand' AND s.from_date <= $as_of AND s.until_date > $as_of
  GROUP BY s.person_id
),
staged_before AS (
  SELECT s.person_id, max(s.stage_no) AS stage_5r_no
  FROM stage_span AS s
  WHERE s.scope = 'brand' AND s.model = '5r' AND s.from_date <= add_days($as_of, -30)
    AND s.until_date > add_days($as_of, -30)
  GROUP BY s.person_id
),
cut AS (
  SELECT max(c.q_dormant_days) AS dormant_days FROM lifecycle_cut AS c WHERE c.date = $as_of
)
SELECT
  p.person_id, r.code AS rfm_code, l.stage AS lifecycle, l.reactivated, v.tier AS value_tier, s.stage_5r, s.stage_5r_no,
  b.stage_5r_no AS stage_5r_no_30, s.stage_aipl, s.fp_layer, s.identity_state, c.dormant_days, w.clv_fen, w.spread_fen,
  k.score AS risk_score, k.decision AS risk_decision
FROM person_fact AS p
CROSS JOIN cut AS c
LEFT JOIN rfm AS r ON r.person_id = p.person_id AND r.date = $as_of
LEFT JOIN lifecycle AS l ON l.person_id = p.person_id AND l.date = $as_of
LEFT JOIN value_tier AS v ON v.person_id = p.person_id AND v.date = $as_of
LEFT JOIN staged AS s ON s.person_id = p.person_id
LEFT JOIN staged_before AS b ON b.person_id = p.person_id
LEFT JOIN person_value AS w ON w.person_id = p.person_id AND w.date = $as_of
LEFT JOIN person_risk AS k ON k.person_id = p.person_id
