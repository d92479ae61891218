-- refund_fact: one row per refund known as of the build date, with the order it belongs to
-- grain: refund_id
-- per: person
-- reads: refund, order, order_line, identifier_person
-- params: as_of date
-- source: domain §2.0 (a refund is charged to its order's date). A return without a receipt names no known order: it goes
--         to the person's latest earlier line of the same product that it fits (quantity and amount), else to the one
--         before. No line and no order is refunded more than once over that way, refunds that name them come first;
--         what fits nowhere stays without an order and outside net sales
WITH known AS (
  SELECT
    r.refund_id, r.source, r.batch_seq, r.source_row, o.order_id, r.line_no, r.product_id, r.qty, r.amount_fen,
    r.local_date, p.person_id
  FROM refund AS r
  LEFT JOIN "order" AS o ON o.order_id = r.order_id
  LEFT JOIN identifier_person AS p ON p.identifier_id = r.identifier_id
  WHERE r.local_date <= $as_of
),
line_named AS (
  SELECT k.order_id, k.line_no, sum(k.amount_fen) AS amount_fen
  FROM known AS k
  WHERE k.order_id IS NOT NULL AND k.line_no IS NOT NULL
  GROUP BY k.order_id, k.line_no
),
order_named AS (
  SELECT k.order_id, sum(k.amount_fen) AS amount_fen FROM known AS k WHERE k.order_id IS NOT NULL GROUP BY k.order_id
),
fitting AS (
  SELECT
    k.refund_id, k.local_date, k.amount_fen, o.local_date AS order_date, l.order_id, l.line_no,
    l.paid_fen - COALESCE(n.amount_fen, 0) AS line_open_fen, o.paid_fen - COALESCE(m.amount_fen, 0) AS order_open_fen
  FROM known AS k
  JOIN identifier_person AS p ON p.person_id = k.person_id
  JOIN "order" AS o ON o.identifier_id = p.identifier_id AND o.local_date <= k.local_date
  JOIN order_line AS l ON l.order_id = o.order_id AND l.product_id = k.product_id
  LEFT JOIN line_named AS n ON n.order_id = l.order_id AND n.line_no = l.line_no
  LEFT JOIN order_named AS m ON m.order_id = l.order_id
  WHERE k.order_id IS NULL AND o.status NOT IN ('placed', 'cancelled', 'refunded') AND l.qty >= COALESCE(k.qty, 0)
),
candidate AS (
  SELECT
    f.refund_id, f.local_date, f.amount_fen, f.order_id, f.line_no, f.line_open_fen, f.order_open_fen,
    row_number() OVER (PARTITION BY f.refund_id ORDER BY f.order_date DESC, f.order_id DESC, f.line_no DESC) AS place
  FROM fitting AS f
  WHERE f.line_open_fen >= f.amount_fen AND f.order_open_fen >= f.amount_fen
),
first_try AS (
  SELECT
    c.refund_id, c.line_open_fen, c.order_open_fen,
    sum(c.amount_fen) OVER (
      PARTITION BY c.order_id, c.line_no ORDER BY c.local_date, c.refund_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS line_taken_fen,
    sum(c.amount_fen) OVER (
      PARTITION BY c.order_id ORDER BY c.local_date, c.refund_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS order_taken_fen
  FROM candidate AS c
  WHERE c.place = 1
),
first_fit AS (
  SELECT t.refund_id
  FROM first_try AS t
  WHERE t.line_taken_fen <= t.line_open_fen AND t.order_taken_fen <= t.order_open_fen
),
second_try AS (
  SELECT
    c.refund_id, c.order_id, c.line_no, c.line_open_fen, c.order_open_fen,
    sum(c.amount_fen) OVER (
      PARTITION BY c.order_id, c.line_no ORDER BY c.place, c.local_date, c.refund_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS line_taken_fen,
    sum(c.amount_fen) OVER (
      PARTITION BY c.order_id ORDER BY c.place, c.local_date, c.refund_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS order_taken_fen
  FROM candidate AS c
  LEFT JOIN first_fit AS f ON f.refund_id = c.refund_id
  WHERE c.place = CASE WHEN f.refund_id IS NULL THEN 2 ELSE 1 END
),
found AS (
  SELECT t.refund_id, t.order_id, t.line_no
  FROM second_try AS t
  WHERE t.line_taken_fen <= t.line_open_fen AND t.order_taken_fen <= t.order_open_fen
)
SELECT
  k.refund_id, k.source, k.batch_seq, k.source_row, COALESCE(k.order_id, f.order_id) AS order_id,
  CASE WHEN k.order_id IS NULL THEN f.line_no ELSE k.line_no END AS line_no, k.amount_fen, k.local_date,
  CASE WHEN k.order_id IS NOT NULL THEN 'order' WHEN f.order_id IS NOT NULL THEN 'person' ELSE 'none' END AS found_by
FROM known AS k
LEFT JOIN found AS f ON f.refund_id = k.refund_id
