-- coupon_summary: issued, claimed, redeemed and validly redeemed coupons of each batch, with sales and cost
-- grain: batch_id
-- reads: coupon, coupon_batch, order_fact
-- params: as_of date
-- source: M-27, E-27; a redemption is valid when its order has net sales, a returned coupon was redeemed, a redeemed one
--         claimed. A state without a date is taken as reached by the build date. Where a source does not say which order
--         redeemed a coupon, valid redemptions and sales are null; without a face value so is the cost. An order
--         counts once in a batch, but in every batch of which it used a coupon: sales of batches overlap
WITH reached AS (
  SELECT
    c.batch_id, c.campaign_id, c.coupon_id, c.order_id,
    CASE WHEN c.redeemed_date IS NOT NULL THEN c.redeemed_date <= $as_of ELSE c.state IN ('redeemed', 'returned') END
      AS is_redeemed,
    CASE WHEN c.claimed_date IS NOT NULL THEN c.claimed_date <= $as_of WHEN c.redeemed_date IS NOT NULL THEN FALSE
      ELSE c.state IN ('claimed', 'locked') END AS is_held
  FROM coupon AS c
),
used AS (
  SELECT
    r.batch_id, r.campaign_id, r.order_id, r.is_redeemed OR r.is_held AS is_claimed, r.is_redeemed, o.is_valid,
    o.net_fen,
    row_number() OVER (PARTITION BY r.batch_id, r.order_id, r.is_redeemed ORDER BY r.coupon_id) AS order_place
  FROM reached AS r
  LEFT JOIN order_fact AS o ON o.order_id = r.order_id
),
counted AS (
  SELECT
    u.batch_id, CASE WHEN min(u.campaign_id) = max(u.campaign_id) THEN max(u.campaign_id) END AS campaign_id,
    sum(CASE WHEN u.is_claimed THEN 1 ELSE 0 END) AS claimed,
    sum(CASE WHEN u.is_redeemed THEN 1 ELSE 0 END) AS redeemed,
    sum(CASE WHEN u.is_redeemed AND u.order_id IS NOT NULL THEN 1 ELSE 0 END) AS with_order,
    sum(CASE WHEN u.is_redeemed AND COALESCE(u.is_valid, FALSE) THEN 1 ELSE 0 END) AS valid_redeemed,
    sum(CASE WHEN u.is_redeemed AND COALESCE(u.is_valid, FALSE) AND u.order_place = 1 THEN u.net_fen ELSE 0 END) AS net_fen
  FROM used AS u
  GROUP BY u.batch_id
),
joined AS (
  SELECT
    COALESCE(b.batch_id, c.batch_id) AS batch_id, COALESCE(b.campaign_id, c.campaign_id) AS campaign_id, b.issued,
    COALESCE(c.claimed, 0) AS claimed, COALESCE(c.redeemed, 0) AS redeemed,
    CASE WHEN COALESCE(c.with_order, 0) = COALESCE(c.redeemed, 0) THEN COALESCE(c.valid_redeemed, 0) END AS valid_redeemed,
    CASE WHEN COALESCE(c.with_order, 0) = COALESCE(c.redeemed, 0) THEN COALESCE(c.net_fen, 0) END AS net_fen,
    b.face_fen
  FROM coupon_batch AS b
  FULL JOIN counted AS c ON c.batch_id = b.batch_id
)
SELECT
  j.batch_id, j.campaign_id, j.issued, j.claimed, j.redeemed, j.valid_redeemed, j.net_fen,
  j.valid_redeemed * j.face_fen AS cost_fen, safe_divide(j.claimed, j.issued) AS claim_rate,
  safe_divide(j.redeemed, j.claimed) AS redeem_rate, safe_divide(j.valid_redeemed, j.claimed) AS net_redeem_rate,
  safe_divide(j.net_fen, j.valid_redeemed * j.face_fen) AS gmv_per_cost
FROM joined AS j
