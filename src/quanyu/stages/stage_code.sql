-- stage_code: the stages of every model that anybody ever had, numbered within the model; the models numbered too
-- grain: model, scope, stage
-- reads: stage_span, lifecycle, rfm, value_tier
-- source: ours, for `stage_history` and `flow`: small whole numbers are grouped several times faster than texts. More
--         than 63 stages of one model are refused (a null code): six bits hold them. Of several versions of a model's
--         parameters in one build the last is named
WITH present AS (
  SELECT s.model, s.scope, s.stage, max(s.param_version) AS param_version
  FROM stage_span AS s
  GROUP BY s.model, s.scope, s.stage
  UNION ALL
  SELECT 'lifecycle' AS model, 'brand' AS scope, l.stage, max(l.param_version) AS param_version
  FROM lifecycle AS l
  GROUP BY l.stage
  UNION ALL
  SELECT 'rfm' AS model, 'brand' AS scope, r.code AS stage, max(r.param_version) AS param_version
  FROM rfm AS r
  GROUP BY r.code
  UNION ALL
  SELECT 'value_tier' AS model, 'brand' AS scope, t.tier AS stage, max(t.param_version) AS param_version
  FROM value_tier AS t
  GROUP BY t.tier
),
known AS (
  SELECT p.model, p.scope, max(p.param_version) AS param_version FROM present AS p GROUP BY p.model, p.scope
),
model AS (
  SELECT
    k.model, k.scope, k.param_version, row_number() OVER (ORDER BY k.model, k.scope) AS model_no
  FROM known AS k
),
numbered AS (
  SELECT
    p.model, p.scope, p.stage, m.model_no, m.param_version,
    row_number() OVER (PARTITION BY p.model, p.scope ORDER BY p.stage) AS stage_code
  FROM present AS p
  JOIN model AS m ON m.model = p.model AND m.scope = p.scope
)
SELECT
  n.model, n.scope, n.stage, n.model_no, CASE WHEN n.stage_code <= 63 THEN n.stage_code END AS stage_code,
  n.param_version
FROM numbered AS n
