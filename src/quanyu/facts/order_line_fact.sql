-- order_line_fact: one row per order line known as of the build date, net of its refunds, with product and person
-- grain: order_id, line_no
-- per: person
-- reads: order_fact, order_line, refund_fact, product, category
-- source: domain §2.0; what was refunded of an order beyond its lines' own refunds is spread over the lines by what is
--         left of their paid amount (by the paid amount when nothing is left, evenly when nothing was paid), in whole
--         fen by running totals, so that the lines of an order always add up to its refunds
WITH line_refund AS (
  SELECT r.order_id, r.line_no, sum(r.amount_fen) AS refunded_fen
  FROM refund_fact AS r
  WHERE r.order_id IS NOT NULL AND r.line_no IS NOT NULL
  GROUP BY r.order_id, r.line_no
),
open_line AS (
  SELECT
    l.order_id, l.line_no, o.refunded_fen, COALESCE(f.refunded_fen, 0) AS own_fen,
    GREATEST(l.paid_fen, 0) AS paid_fen, GREATEST(l.paid_fen - COALESCE(f.refunded_fen, 0), 0) AS open_fen
  FROM order_line AS l
  JOIN order_fact AS o ON o.order_id = l.order_id
  LEFT JOIN line_refund AS f ON f.order_id = l.order_id AND f.line_no = l.line_no
  WHERE o.refunded_fen <> 0
),
totalled AS (
  SELECT
    w.order_id, w.line_no, w.paid_fen, w.open_fen,
    w.refunded_fen - sum(w.own_fen) OVER (PARTITION BY w.order_id) AS rest_fen,
    sum(w.open_fen) OVER (PARTITION BY w.order_id) AS open_total_fen,
    sum(w.paid_fen) OVER (PARTITION BY w.order_id) AS paid_total_fen
  FROM open_line AS w
),
weighed AS (
  SELECT
    t.order_id, t.line_no, t.rest_fen,
    CASE WHEN t.open_total_fen > 0 THEN t.open_fen WHEN t.paid_total_fen > 0 THEN t.paid_fen ELSE 1 END AS weight
  FROM totalled AS t
),
running AS (
  SELECT
    w.order_id, w.line_no, w.rest_fen, w.weight,
    sum(w.weight) OVER (
      PARTITION BY w.order_id ORDER BY w.line_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS weight_so_far,
    sum(w.weight) OVER (PARTITION BY w.order_id) AS weight_total
  FROM weighed AS w
),
spread AS (
  SELECT
    g.order_id, g.line_no,
    int_div(g.rest_fen * g.weight_so_far, g.weight_total)
    - int_div(g.rest_fen * (g.weight_so_far - g.weight), g.weight_total) AS refunded_fen
  FROM running AS g
)
SELECT
  l.order_id, l.line_no, o.person_id, o.local_date, l.product_id, p.category_id, c.parent_id AS parent_category_id,
  p.brand_id, o.store_id, o.ordered_channel_id, l.qty, l.paid_fen AS gross_fen,
  COALESCE(l.discount_fen, 0) AS discount_fen, COALESCE(l.coupon_fen, 0) AS coupon_fen,
  COALESCE(f.refunded_fen, 0) + COALESCE(s.refunded_fen, 0) AS refunded_fen,
  l.paid_fen - COALESCE(f.refunded_fen, 0) - COALESCE(s.refunded_fen, 0) AS net_fen,
  o.is_valid AND l.paid_fen - COALESCE(f.refunded_fen, 0) - COALESCE(s.refunded_fen, 0) > 0 AS is_valid
FROM order_line AS l
JOIN order_fact AS o ON o.order_id = l.order_id
LEFT JOIN line_refund AS f ON f.order_id = l.order_id AND f.line_no = l.line_no
LEFT JOIN spread AS s ON s.order_id = l.order_id AND s.line_no = l.line_no
LEFT JOIN product AS p ON p.product_id = l.product_id
LEFT JOIN category AS c ON c.category_id = p.category_id
