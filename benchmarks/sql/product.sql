-- piece: products
INSERT INTO landing.product BY NAME
SELECT
  'p' || p.product AS product_id, 'c' || p.category AS category_id, 'b' || p.category % 20 AS brand_id, p.list_fen,
  1 AS batch_seq, 'products' AS source, p.product + 1 AS source_row, CAST(p.product AS VARCHAR) AS source_id,
  p.product AS fingerprint, TIMESTAMP '2026-01-01' AS recorded_at
FROM piece AS p
