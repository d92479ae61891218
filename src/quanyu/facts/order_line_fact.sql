-- order_line_fact: one row per order line known as of the build date, net of its refunds, with product and person
-- grain: order_id, line_no
-- reads: order_fact, order_line, refund_fact, product, category
-- source: domain §2.0; what was refunded of an order beyond its lines' own refunds is spread over the lines by paid
--         amount, in whole fen by running totals, so that the lines of an order add up to it
WITH line_refund AS (
  SELECT r.order_id, r.line_no, sum(r.amount_fen) AS refunded_fen
  FROM refund_fact AS r
  WHERE r.order_id IS NOT NULL AND r.line_no IS NOT NULL
  GROUP BY r.order_id, r.line_no
),
own AS (
  SELECT f.order_id, sum(f.refunded_fen) AS refunded_fen FROM line_refund AS f GROUP BY f.order_id
),
running AS (
  SELECT
    l.order_id, l.line_no, l.paid_fen,
    sum(l.paid_fen) OVER (
      PARTITION BY l.order_id ORDER BY l.line_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS paid_so_far,
    sum(l.paid_fen) OVER (PARTITION BY l.order_id) AS paid_total,
    o.refunded_fen - COALESCE(w.refunded_fen, 0) AS spread_fen
  FROM order_line AS l
  JOIN order_fact AS o ON o.order_id = l.order_id
  LEFT JOIN own AS w ON w.order_id = l.order_id
  WHERE o.refunded_fen > 0
),
spread AS (
  SELECT
    g.order_id, g.line_no,
    COALESCE(
      int_div(g.spread_fen * g.paid_so_far, g.paid_total)
      - int_div(g.spread_fen * (g.paid_so_far - g.paid_fen), g.paid_total),
      0
    ) AS refunded_fen
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
