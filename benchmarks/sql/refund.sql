-- piece: staged_refund; refunds after the last day are not known yet
INSERT INTO landing.refund BY NAME
SELECT
  'r' || s.number AS refund_id, 'w:' || s.number AS order_id, s.amount_fen, s.refunded_at, s.local_date, 'return' AS kind,
  1 AS batch_seq, 'refunds' AS source, row_number() OVER (ORDER BY s.refunded_at, s.number) AS source_row,
  CAST(s.number AS VARCHAR) AS source_id, s.number AS fingerprint, TIMESTAMP '2026-01-01' AS recorded_at
FROM staged_refund AS s
WHERE s.local_date <= DATE '2025-12-31'
ORDER BY s.refunded_at, s.number
