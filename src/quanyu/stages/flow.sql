-- flow: how many persons went from each stage to each other between consecutive snapshots
-- grain: model, scope, d0, d1, from_stage, to_stage
-- reads: stage_snapshot, snapshot_date
-- source: M-03 (two snapshots of today's canonical persons; `none` is outside the model at that date)
WITH moved AS (
  SELECT o.model, o.scope, s.previous_date AS d0, s.date AS d1, o.person_id, o.stage AS from_stage, NULL AS to_stage, o.param_version
  FROM snapshot_date AS s
  JOIN stage_snapshot AS o ON o.date = s.previous_date
  UNION ALL
  SELECT c.model, c.scope, s.previous_date AS d0, s.date AS d1, c.person_id, NULL AS from_stage, c.stage AS to_stage, c.param_version
  FROM snapshot_date AS s
  JOIN stage_snapshot AS c ON c.date = s.date
  WHERE s.previous_date IS NOT NULL
),
person_move AS (
  SELECT
    m.model, m.scope, m.d0, m.d1, m.person_id, COALESCE(max(m.from_stage), 'none') AS from_stage,
    COALESCE(max(m.to_stage), 'none') AS to_stage, max(m.param_version) AS param_version
  FROM moved AS m
  GROUP BY m.model, m.scope, m.d0, m.d1, m.person_id
)
SELECT p.model, p.scope, p.d0, p.d1, p.from_stage, p.to_stage, count(*) AS persons, max(p.param_version) AS param_version
FROM person_move AS p
GROUP BY p.model, p.scope, p.d0, p.d1, p.from_stage, p.to_stage
