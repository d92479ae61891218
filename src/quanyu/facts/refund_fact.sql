-- refund_fact: one row per refund known as of the build date, with the order it belongs to
-- grain: refund_id
-- reads: refund, order, order_line, identifier_person
-- params: as_of date
-- source: domain §2.0 (a refund is charged to its order's date). A return without a receipt names no known order: it goes
--         to the person's latest earlier line of the same product that it fits (quantity and amount), each line refunded
--         once over at most; what fits nowhere stays without an order and outside net sales
WITH known AS (
  SELECT
    r.refund_id, r.source, r.batch_seq, r.source_row, o.order_id, r.line_no, r.product_id, r.qty, r.amount_fen,
    r.local_date, p.person_id
  FROM refund AS r
  LEFT JOIN "order" AS o ON o.order_id = r.order_id
  LEFT JOIN identifier_person AS p ON p.identifier_id = r.identifier_id
  WHERE r.local_date <= $as_of
),
candidate AS (
  SELECT
    k.refund_id, l.order_id, l.line_no, k.amount_fen, l.paid_fen,
    row_number() OVER (PARTITION BY k.refund_id ORDER BY o.local_date DESC, l.order_id DESC, l.line_no DESC) AS place
  FROM known AS k
  JOIN identifier_person AS p ON p.person_id = k.person_id
  JOIN "order" AS o ON o.identifier_id = p.identifier_id AND o.local_date <= k.local_date
  JOIN order_line AS l ON l.order_id = o.order_id AND l.product_id = k.product_id
  WHERE k.order_id IS NULL AND l.paid_fen >= k.amount_fen AND l.qty >= COALESCE(k.qty, 0)
),
fitted AS (
  SELECT
    c.refund_id, c.order_id, c.line_no, c.paid_fen,
    sum(c.amount_fen) OVER (
      PARTITION BY c.order_id, c.line_no ORDER BY c.refund_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS refunded_so_far
  FROM candidate AS c
  WHERE c.place = 1
)
SELECT
  k.refund_id, k.source, k.batch_seq, k.source_row, COALESCE(k.order_id, f.order_id) AS order_id,
  CASE WHEN k.order_id IS NULL THEN f.line_no ELSE k.line_no END AS line_no, k.amount_fen, k.local_date,
  CASE WHEN k.order_id IS NOT NULL THEN 'order' WHEN f.order_id IS NOT NULL THEN 'person' ELSE 'none' END AS found_by
FROM known AS k
LEFT JOIN fitted AS f ON f.refund_id = k.refund_id AND f.refunded_so_far <= f.paid_fen
