-- piece: shares after orders
INSERT INTO landing.share BY NAME
SELECT
  's' || s.number AS share_id, s.channel AS channel_id, s.occurred_at, s.local_date, s.identifier_id, 1 AS batch_seq,
  'shares' AS source, s.number + 1 AS source_row, CAST(s.number AS VARCHAR) AS source_id, s.number AS fingerprint,
  TIMESTAMP '2026-01-01' AS recorded_at
FROM piece AS s
