-- piece: staged_line, sorted by time of the order
INSERT INTO landing.order_line BY NAME
SELECT
  'w:' || s.number AS order_id, s.line_no, 'p' || s.product AS product_id, s.qty, s.list_fen, s.discount_fen, s.paid_fen,
  s.is_gift, 1 AS batch_seq, 'order_lines' AS source,
  row_number() OVER (ORDER BY s.ordered_at, s.number, s.line_no) AS source_row,
  s.number || '-' || s.line_no AS source_id, s.number * 8 + s.line_no AS fingerprint,
  TIMESTAMP '2026-01-01' AS recorded_at
FROM staged_line AS s
ORDER BY s.ordered_at, s.number, s.line_no
