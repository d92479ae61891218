-- piece: staged_order, sorted by time; money of the order is the sum of its lines
INSERT INTO landing."order" BY NAME
SELECT
  'w:' || s.number AS order_id, CASE WHEN s.is_paid THEN s.ordered_at END AS paid_at,
  CASE WHEN s.is_paid THEN s.local_date END AS local_date, s.status, s.test, s.staff, s.channel AS ordered_channel_id,
  's' || s.store AS store_id, s.paid_fen + s.discount_fen AS list_fen, s.discount_fen, s.paid_fen,
  s.identifier_id, 1 AS batch_seq, 'orders' AS source, row_number() OVER (ORDER BY s.ordered_at, s.number) AS source_row,
  CAST(s.number AS VARCHAR) AS source_id, s.number AS fingerprint, TIMESTAMP '2026-01-01' AS recorded_at
FROM staged_order AS s
ORDER BY s.ordered_at, s.number
