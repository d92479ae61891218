-- feature_trade: what each buyer bought, when, where and how, as of the build's date
-- grain: person_id
-- per: person
-- reads: order_fact, purchase_day_fact, channel_dim, store
-- params: as_of date, zone text
-- source: domain §2.0, §3.8, TAG-15, OMN-12; purchases are valid orders, money is net; of places bought in equally
--         often the one bought in last stands, then the first by name
WITH shop AS (
  SELECT s.store_id, max(s.city_id) AS city_id, max(s.region_id) AS region_id FROM store AS s GROUP BY s.store_id
),
trade AS (
  SELECT
    o.person_id, o.order_id, o.local_date, o.net_fen, o.gross_fen, o.discount_fen, o.coupon_fen, o.refunded_fen,
    o.is_valid, o.status, o.store_id, o.ordered_channel_id, o.campaign_id, o.associate_id, o.fulfil_type,
    o.is_first_order, iso_weekday(o.local_date) AS weekday, local_hour(o.paid_at, $zone) AS hour, c.line, c.domain,
    h.city_id, h.region_id
  FROM order_fact AS o
  LEFT JOIN channel_dim AS c ON c.channel_id = o.ordered_channel_id
  LEFT JOIN shop AS h ON h.store_id = o.store_id
  WHERE o.person_id IS NOT NULL
),
place AS (
  SELECT t.person_id, 'store' AS kind, t.store_id AS item, t.local_date FROM trade AS t WHERE t.is_valid
  UNION ALL
  SELECT t.person_id, 'city' AS kind, t.city_id AS item, t.local_date FROM trade AS t WHERE t.is_valid
  UNION ALL
  SELECT t.person_id, 'region' AS kind, t.region_id AS item, t.local_date FROM trade AS t WHERE t.is_valid
  UNION ALL
  SELECT t.person_id, 'channel' AS kind, t.ordered_channel_id AS item, t.local_date FROM trade AS t WHERE t.is_valid
  UNION ALL
  SELECT t.person_id, 'online' AS kind, t.ordered_channel_id AS item, t.local_date
  FROM trade AS t
  WHERE t.is_valid AND t.line = 'online'
),
counted AS (
  SELECT p.person_id, p.kind, p.item, count(*) AS orders, max(p.local_date) AS last_date
  FROM place AS p
  WHERE p.item IS NOT NULL
  GROUP BY p.person_id, p.kind, p.item
),
ranked AS (
  SELECT
    c.person_id, c.kind, c.item,
    row_number() OVER (PARTITION BY c.person_id, c.kind ORDER BY c.orders DESC, c.last_date DESC, c.item) AS rank
  FROM counted AS c
),
home AS (
  SELECT
    r.person_id, max(CASE WHEN r.kind = 'store' AND r.rank = 1 THEN r.item END) AS home_store_id,
    max(CASE WHEN r.kind = 'city' AND r.rank = 1 THEN r.item END) AS home_city,
    max(CASE WHEN r.kind = 'region' AND r.rank = 1 THEN r.item END) AS home_region,
    max(CASE WHEN r.kind = 'channel' AND r.rank = 1 THEN r.item END) AS main_channel_id,
    max(CASE WHEN r.kind = 'online' AND r.rank = 1 THEN r.item END) AS online_channel_id,
    count(*) FILTER (WHERE r.kind = 'store') AS stores, count(*) FILTER (WHERE r.kind = 'channel') AS channels
  FROM ranked AS r
  GROUP BY r.person_id
),
bought AS (
  SELECT
    t.person_id, count(*) FILTER (WHERE t.is_valid) AS orders,
    count(*) FILTER (WHERE t.is_valid AND t.local_date > add_days($as_of, -30)) AS orders_30,
    count(*) FILTER (WHERE t.is_valid AND t.local_date > add_days($as_of, -90)) AS orders_90,
    count(*) FILTER (WHERE t.is_valid AND t.local_date > add_days($as_of, -365)) AS orders_365,
    sum(CASE WHEN t.is_valid THEN t.net_fen ELSE 0 END) AS net_fen,
    sum(CASE WHEN t.is_valid AND t.local_date > add_days($as_of, -30) THEN t.net_fen ELSE 0 END) AS net_30_fen,
    sum(CASE WHEN t.is_valid AND t.local_date > add_days($as_of, -90) THEN t.net_fen ELSE 0 END) AS net_90_fen,
    sum(CASE WHEN t.is_valid AND t.local_date > add_days($as_of, -365) THEN t.net_fen ELSE 0 END) AS net_365_fen,
    sum(CASE
      WHEN t.is_valid AND t.local_date > add_days($as_of, -730) AND t.local_date <= add_days($as_of, -365)
        THEN t.net_fen ELSE 0
    END) AS net_before_365_fen,
    max(CASE WHEN t.is_valid THEN t.net_fen END) AS largest_order_fen,
    sum(CASE WHEN t.is_valid THEN COALESCE(t.discount_fen, 0) + COALESCE(t.coupon_fen, 0) ELSE 0 END) AS discount_fen,
    sum(CASE WHEN t.is_valid THEN t.gross_fen ELSE 0 END) AS gross_fen,
    count(*) FILTER (WHERE t.is_valid AND (t.discount_fen > 0 OR t.coupon_fen > 0)) AS discount_orders,
    count(*) FILTER (WHERE t.is_valid AND t.coupon_fen > 0) AS coupon_orders,
    count(*) FILTER (WHERE t.is_valid AND t.campaign_id IS NOT NULL) AS campaign_orders,
    count(*) FILTER (WHERE t.is_valid AND t.fulfil_type = 'pickup') AS pickup_orders,
    count(*) FILTER (WHERE t.is_valid AND t.fulfil_type = 'express_30min') AS express_orders,
    count(*) FILTER (WHERE t.is_valid AND t.associate_id IS NOT NULL) AS served_orders,
    count(*) FILTER (WHERE t.is_valid AND t.weekday >= 6) AS weekend_orders,
    count(*) FILTER (WHERE t.is_valid AND (t.hour >= 21 OR t.hour < 6)) AS night_orders,
    count(*) FILTER (WHERE t.is_valid AND t.hour >= 6 AND t.hour < 12) AS morning_orders,
    count(*) FILTER (WHERE t.is_valid AND t.hour >= 12 AND t.hour < 18) AS afternoon_orders,
    count(*) FILTER (WHERE t.is_valid AND t.hour >= 18 AND t.hour < 21) AS evening_orders,
    count(*) FILTER (WHERE t.status = 'cancelled') AS cancelled_orders,
    count(*) FILTER (WHERE t.refunded_fen > 0) AS refunded_orders, sum(t.refunded_fen) AS refunded_fen,
    max(CASE WHEN t.is_first_order THEN t.ordered_channel_id END) AS first_channel_id,
    count(*) FILTER (WHERE t.is_valid AND t.line = 'online') AS online_orders,
    count(*) FILTER (WHERE t.is_valid AND t.line = 'offline') AS offline_orders,
    count(*) FILTER (WHERE t.is_valid AND t.domain = 'private') AS private_orders
  FROM trade AS t
  GROUP BY t.person_id
),
bought_day AS (
  SELECT
    d.person_id, count(*) AS purchase_days, min(d.local_date) AS first_purchase_date,
    max(d.local_date) AS last_purchase_date, sum(d.gap_days) AS gap_days
  FROM purchase_day_fact AS d
  GROUP BY d.person_id
)
SELECT
  b.person_id, b.orders, b.orders_30, b.orders_90, b.orders_365, b.net_fen, b.net_30_fen, b.net_90_fen, b.net_365_fen,
  b.net_before_365_fen, int_div(b.net_fen, b.orders) AS order_value_fen, b.largest_order_fen, b.discount_fen,
  b.gross_fen, COALESCE(d.purchase_days, 0) AS purchase_days, d.first_purchase_date, d.last_purchase_date,
  days_between(d.last_purchase_date, $as_of) AS recency_days, int_div(d.gap_days, d.purchase_days - 1) AS gap_days,
  b.discount_orders, b.coupon_orders, b.campaign_orders, b.pickup_orders, b.express_orders, b.served_orders,
  b.weekend_orders, b.night_orders, b.morning_orders, b.afternoon_orders, b.evening_orders, b.cancelled_orders,
  b.refunded_orders, b.refunded_fen, COALESCE(h.stores, 0) AS stores, h.home_store_id, h.home_city, h.home_region,
  h.main_channel_id, b.first_channel_id, COALESCE(h.channels, 0) AS channels, b.online_orders, b.offline_orders,
  b.private_orders, h.online_channel_id
FROM bought AS b
LEFT JOIN bought_day AS d ON d.person_id = b.person_id
LEFT JOIN home AS h ON h.person_id = b.person_id
