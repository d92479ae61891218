-- piece: relations begun after joining
INSERT INTO landing.relation BY NAME
SELECT
  'r' || r.number AS relation_id, r.type, r.channel AS channel_id, r.started_at, r.ended_at,
  CASE WHEN r.ended_at IS NOT NULL THEN 'left' END AS end_reason, r.identifier_id, 1 AS batch_seq,
  'relations' AS source, r.number + 1 AS source_row, CAST(r.number AS VARCHAR) AS source_id, r.number AS fingerprint,
  TIMESTAMP '2026-01-01' AS recorded_at
FROM piece AS r
