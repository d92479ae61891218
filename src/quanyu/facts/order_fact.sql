-- order_fact: one row per order known as of the build date, net of the refunds known, with its validity
-- grain: order_id
-- per: person
-- reads: order, order_line, refund, refund_fact, identifier_person
-- params: as_of date
-- source: domain §2.0 (valid order, gross/net: refunds are charged to the order's own date), E-42. A status carries no
--         date: `refunded` means the whole amount only where no refund of the order was ever delivered, or a refund
--         after the build date would be known before it
WITH refunded AS (
  SELECT r.order_id, sum(r.amount_fen) AS refunded_fen
  FROM refund_fact AS r
  WHERE r.order_id IS NOT NULL
  GROUP BY r.order_id
),
named AS (
  SELECT DISTINCT r.order_id FROM refund AS r
),
lines AS (
  SELECT
    l.order_id, count(*) AS line_count, sum(l.qty) AS units, sum(CASE WHEN l.is_gift THEN 0 ELSE 1 END) AS sold_lines
  FROM order_line AS l
  GROUP BY l.order_id
),
netted AS (
  SELECT
    o.order_id, o.source, o.batch_seq, o.source_row, o.identifier_id, p.person_id, o.member_id, o.paid_at, o.local_date,
    o.status,
    o.test, o.staff, o.ordered_channel_id, o.fulfil_channel_id, o.fulfil_type, o.store_id, o.associate_id,
    o.campaign_id, o.paid_fen AS gross_fen,
    COALESCE(o.discount_fen, 0) AS discount_fen, COALESCE(o.coupon_fen, 0) AS coupon_fen,
    COALESCE(r.refunded_fen, CASE WHEN o.status = 'refunded' AND n.order_id IS NULL THEN o.paid_fen ELSE 0 END)
      AS refunded_fen,
    l.units, COALESCE(l.line_count, 0) AS line_count, COALESCE(l.sold_lines, 1) AS sold_lines
  FROM "order" AS o
  LEFT JOIN refunded AS r ON r.order_id = o.order_id
  LEFT JOIN named AS n ON n.order_id = o.order_id
  LEFT JOIN lines AS l ON l.order_id = o.order_id
  LEFT JOIN identifier_person AS p ON p.identifier_id = o.identifier_id
  WHERE o.local_date IS NULL OR o.local_date <= $as_of
),
judged AS (
  SELECT
    n.order_id, n.source, n.batch_seq, n.source_row, n.identifier_id, n.person_id, n.member_id, n.paid_at, n.local_date,
    n.status,
    n.ordered_channel_id, n.fulfil_channel_id, n.fulfil_type, n.store_id, n.associate_id, n.campaign_id,
    n.gross_fen, n.discount_fen, n.coupon_fen, n.refunded_fen,
    n.gross_fen - n.refunded_fen AS net_fen, n.units, n.line_count,
    CASE
      WHEN n.test THEN 'test'
      WHEN n.staff THEN 'staff'
      WHEN n.status = 'cancelled' THEN 'cancelled'
      WHEN n.status = 'placed' OR n.local_date IS NULL THEN 'unpaid'
      WHEN n.sold_lines = 0 THEN 'gift_only'
      WHEN n.gross_fen - n.refunded_fen > 0 THEN NULL
      WHEN n.refunded_fen > 0 THEN 'refunded'
      ELSE 'zero_value'
    END AS invalid_reason
  FROM netted AS n
),
numbered AS (
  SELECT
    j.order_id,
    row_number() OVER (PARTITION BY j.person_id ORDER BY j.local_date, j.paid_at, j.order_id) AS person_order_no
  FROM judged AS j
  WHERE j.invalid_reason IS NULL AND j.person_id IS NOT NULL
)
SELECT
  j.order_id, j.source, j.batch_seq, j.source_row, j.identifier_id, j.person_id, j.member_id, j.paid_at, j.local_date,
  j.status,
  j.ordered_channel_id, j.fulfil_channel_id, j.fulfil_type, j.store_id, j.associate_id, j.campaign_id,
  j.gross_fen, j.discount_fen, j.coupon_fen, j.refunded_fen, j.net_fen,
  j.units, j.line_count, j.invalid_reason IS NULL AS is_valid, j.invalid_reason, n.person_order_no,
  COALESCE(n.person_order_no, 0) = 1 AS is_first_order
FROM judged AS j
LEFT JOIN numbered AS n ON n.order_id = j.order_id
