-- stage_scope_count: the persons in each stage of each item, on the build date and on the snapshot before it
-- grain: model, scope, date, stage
-- reads: stage_scope_flow
-- source: domain M-05; the sums of the flows at both ends
SELECT
  f.model, f.scope, f.d0 AS date, f.from_stage AS stage, sum(f.persons) AS persons, max(f.param_version) AS param_version
FROM stage_scope_flow AS f
WHERE f.from_stage <> 'none' AND f.d0 < f.d1
GROUP BY f.model, f.scope, f.d0, f.from_stage
UNION ALL
SELECT
  f.model, f.scope, f.d1 AS date, f.to_stage AS stage, sum(f.persons) AS persons, max(f.param_version) AS param_version
FROM stage_scope_flow AS f
WHERE f.to_stage <> 'none'
GROUP BY f.model, f.scope, f.d1, f.to_stage
