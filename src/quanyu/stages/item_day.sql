-- item_day: what a person did with an item on a day, inside some window of `item_window`; one thing may stand here twice
-- grain: kind, item_id, person_id, signal, local_date
-- reads: event_fact, stage_signal, item_window, product, category, order_line_fact, spread_fact
-- kept: view
-- source: domain M-05. Items are styles (SPU), categories and their parents; a spread is one of an item when its order
--         holds a line of it
WITH oldest AS (
  SELECT o.signal, min(COALESCE(o.since_0_date, o.since_1_date)) AS since_date FROM item_window AS o GROUP BY o.signal
),
product_day AS (
  SELECT e.person_id, s.signal, e.local_date, e.product_id, e.category_id
  FROM event_fact AS e
  JOIN stage_signal AS s ON s.type = e.type
  JOIN oldest AS o ON o.signal = s.signal
  WHERE e.person_id IS NOT NULL AND e.local_date >= o.since_date
    AND (e.product_id IS NOT NULL OR e.category_id IS NOT NULL)
  UNION ALL
  SELECT l.person_id, 'purchase' AS signal, l.local_date, l.product_id, l.category_id
  FROM order_line_fact AS l
  JOIN oldest AS o ON o.signal = 'purchase'
  WHERE l.is_valid AND l.person_id IS NOT NULL AND l.local_date >= o.since_date
  UNION ALL
  SELECT s.person_id, s.kind AS signal, s.local_date, l.product_id, l.category_id
  FROM spread_fact AS s
  JOIN oldest AS o ON o.signal = s.kind
  JOIN order_line_fact AS l ON l.order_id = s.order_id
  WHERE s.local_date >= o.since_date
),
placed AS (
  SELECT d.person_id, d.signal, d.local_date, p.spu_id, COALESCE(p.category_id, d.category_id) AS category_id
  FROM product_day AS d
  LEFT JOIN product AS p ON p.product_id = d.product_id
)
SELECT 'spu' AS kind, p.spu_id AS item_id, p.person_id, p.signal, p.local_date
FROM placed AS p
WHERE p.spu_id IS NOT NULL
UNION ALL
SELECT 'category' AS kind, p.category_id AS item_id, p.person_id, p.signal, p.local_date
FROM placed AS p
WHERE p.category_id IS NOT NULL
UNION ALL
SELECT 'category' AS kind, c.parent_id AS item_id, p.person_id, p.signal, p.local_date
FROM placed AS p
JOIN category AS c ON c.category_id = p.category_id
WHERE c.parent_id IS NOT NULL
