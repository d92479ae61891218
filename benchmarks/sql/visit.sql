-- piece: visits with identifier ids
INSERT INTO landing.visit BY NAME
SELECT
  'v' || v.number AS visit_id, 'd' || v.visitor AS visitor_key, v.channel AS channel_id, v.started_at, v.local_date,
  v.ended_at, v.pages, v.pages = 1 AS is_bounce, v.identifier_id, 1 AS batch_seq, 'visits' AS source,
  v.number + 1 AS source_row, CAST(v.number AS VARCHAR) AS source_id, v.number AS fingerprint,
  TIMESTAMP '2026-01-01' AS recorded_at
FROM piece AS v
