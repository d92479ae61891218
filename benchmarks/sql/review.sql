-- piece: reviews of orders
INSERT INTO landing.review BY NAME
SELECT
  'w' || w.number AS review_id, 'w:' || w.number AS order_id, w.rating,
  CASE WHEN w.rating >= 4 THEN 'positive' WHEN w.rating = 3 THEN 'neutral' ELSE 'negative' END AS sentiment,
  w.rating = 5 AS has_photo, w.occurred_at, w.local_date, w.identifier_id, 1 AS batch_seq, 'reviews' AS source,
  w.number + 1 AS source_row, CAST(w.number AS VARCHAR) AS source_id, w.number AS fingerprint,
  TIMESTAMP '2026-01-01' AS recorded_at
FROM piece AS w
