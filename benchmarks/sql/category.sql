-- sixty categories under twelve parents
INSERT INTO landing.category BY NAME
SELECT
  'c' || n AS category_id, 'top' || n % 12 AS parent_id, '品类' || n AS name_zh, 'Category ' || n AS name_en,
  1 AS batch_seq, 'categories' AS source, n + 1 AS source_row, CAST(n AS VARCHAR) AS source_id, n AS fingerprint,
  TIMESTAMP '2026-01-01' AS recorded_at
FROM (SELECT CAST(range AS BIGINT) AS n FROM range(60))
