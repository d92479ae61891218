-- piece: events with identifier ids, sorted by time
INSERT INTO landing.event BY NAME
SELECT
  'e' || e.number AS event_id, e.occurred_at, e.local_date, 'd' || e.visitor AS visitor_key, e.type,
  e.channel AS channel_id, 'p' || e.product AS product_id, 'v' || e.visit AS visit_id, e.identifier_id, 1 AS batch_seq,
  'events' AS source, e.number + 1 AS source_row, CAST(e.number AS VARCHAR) AS source_id, e.number AS fingerprint,
  TIMESTAMP '2026-01-01' AS recorded_at
FROM piece AS e
