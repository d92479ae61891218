-- person_feature: every feature of each person known as of the build's date, in one wide row
-- grain: person_id
-- per: person
-- reads: person_fact, feature_known, feature_trait, feature_trade, feature_basket, feature_conduct, feature_contact,
--        feature_bond, feature_taste, feature_judged
-- source: TAG-01, TAG-02 (completeness: the fields known of the 12 of a profile, each weighing one), domain §2.0.
--         Nothing found is 0 only where something is known of anybody; else it is null
SELECT
  p.person_id, p.as_of, p.first_seen_date, p.last_active_date, days_between(p.last_active_date, p.as_of) AS quiet_days,
  r.gender, r.birthday, r.age_group, r.city, r.region, r.occupation, r.income, r.marital_status, r.household_size,
  r.children, r.home_ownership, r.household_composition, r.card_level, r.tmall_bound, r.birthday_in_30_days,
  COALESCE(t.orders, 0) AS orders, COALESCE(t.orders_30, 0) AS orders_30, COALESCE(t.orders_90, 0) AS orders_90,
  COALESCE(t.orders_365, 0) AS orders_365, COALESCE(t.net_fen, 0) AS net_fen, COALESCE(t.net_30_fen, 0) AS net_30_fen,
  COALESCE(t.net_90_fen, 0) AS net_90_fen, COALESCE(t.net_365_fen, 0) AS net_365_fen,
  COALESCE(t.net_before_365_fen, 0) AS net_before_365_fen, t.order_value_fen, t.largest_order_fen,
  COALESCE(t.discount_fen, 0) AS discount_fen, COALESCE(t.gross_fen, 0) AS gross_fen,
  COALESCE(t.purchase_days, 0) AS purchase_days, t.first_purchase_date, t.last_purchase_date, t.recency_days,
  t.gap_days, COALESCE(t.discount_orders, 0) AS discount_orders, COALESCE(t.coupon_orders, 0) AS coupon_orders,
  COALESCE(t.campaign_orders, 0) AS campaign_orders, COALESCE(t.pickup_orders, 0) AS pickup_orders,
  COALESCE(t.express_orders, 0) AS express_orders, COALESCE(t.served_orders, 0) AS served_orders,
  COALESCE(t.weekend_orders, 0) AS weekend_orders, COALESCE(t.night_orders, 0) AS night_orders,
  COALESCE(t.morning_orders, 0) AS morning_orders, COALESCE(t.afternoon_orders, 0) AS afternoon_orders,
  COALESCE(t.evening_orders, 0) AS evening_orders, COALESCE(t.cancelled_orders, 0) AS cancelled_orders,
  COALESCE(t.refunded_orders, 0) AS refunded_orders, COALESCE(t.refunded_fen, 0) AS refunded_fen,
  COALESCE(t.stores, 0) AS stores, t.home_store_id, t.home_city, t.home_region, t.main_channel_id, t.first_channel_id,
  COALESCE(t.channels, 0) AS channels, CASE WHEN k.lines THEN COALESCE(t.online_orders, 0) END AS online_orders,
  CASE WHEN k.lines THEN COALESCE(t.offline_orders, 0) END AS offline_orders,
  CASE WHEN k.lines THEN COALESCE(t.private_orders, 0) END AS private_orders, t.online_channel_id,
  CASE WHEN k.order_lines THEN COALESCE(b.units, 0) END AS units,
  CASE WHEN k.order_lines THEN COALESCE(b.products, 0) END AS products,
  CASE WHEN k.order_lines THEN COALESCE(b.again_products, 0) END AS again_products, b.unit_price_fen,
  b.dearest_unit_fen, CASE WHEN k.order_lines THEN COALESCE(b.full_price_lines, 0) END AS full_price_lines,
  CASE WHEN k.order_lines THEN COALESCE(b.lines, 0) END AS lines,
  CASE WHEN k.categories THEN COALESCE(b.categories, 0) END AS categories,
  CASE WHEN k.brands THEN COALESCE(b.brands, 0) END AS brands,
  CASE WHEN k.events THEN COALESCE(e.events_30, 0) END AS events_30,
  CASE WHEN k.events THEN COALESCE(e.events_90, 0) END AS events_90,
  CASE WHEN k.events THEN COALESCE(e.active_days_30, 0) END AS active_days_30,
  CASE WHEN k.events THEN COALESCE(e.active_days_90, 0) END AS active_days_90, e.last_event_date,
  CASE WHEN k.events THEN COALESCE(e.views_30, 0) END AS views_30,
  CASE WHEN k.events THEN COALESCE(e.carts_30, 0) END AS carts_30, e.last_cart_date,
  CASE WHEN k.events THEN COALESCE(e.wishes_90, 0) END AS wishes_90,
  CASE WHEN k.events THEN COALESCE(e.searches_90, 0) END AS searches_90,
  CASE WHEN k.events THEN COALESCE(e.brand_searches_90, 0) END AS brand_searches_90,
  CASE WHEN k.events THEN COALESCE(e.live_views_90, 0) END AS live_views_90,
  CASE WHEN k.events THEN COALESCE(e.likes_90, 0) END AS likes_90,
  CASE WHEN k.events THEN COALESCE(e.consults_90, 0) END AS consults_90,
  CASE WHEN k.events THEN COALESCE(e.sign_ins_30, 0) END AS sign_ins_30,
  CASE WHEN k.events THEN COALESCE(e.store_visits_90, 0) END AS store_visits_90,
  CASE WHEN k.events THEN COALESCE(e.scans_90, 0) END AS scans_90,
  CASE WHEN k.events THEN COALESCE(e.complaints_365, 0) END AS complaints_365,
  CASE WHEN k.events THEN COALESCE(e.ad_clicks_90, 0) END AS ad_clicks_90,
  CASE WHEN k.events THEN COALESCE(e.night_events_90, 0) END AS night_events_90,
  CASE WHEN k.events THEN COALESCE(e.morning_events_90, 0) END AS morning_events_90,
  CASE WHEN k.events THEN COALESCE(e.afternoon_events_90, 0) END AS afternoon_events_90,
  CASE WHEN k.events THEN COALESCE(e.evening_events_90, 0) END AS evening_events_90,
  CASE WHEN k.visits THEN COALESCE(c.visits_30, 0) END AS visits_30,
  CASE WHEN k.visits THEN COALESCE(c.visits_90, 0) END AS visits_90,
  CASE WHEN k.visits THEN COALESCE(c.bounces_90, 0) END AS bounces_90,
  CASE WHEN k.messages THEN COALESCE(c.sent_90, 0) END AS sent_90,
  CASE WHEN k.messages THEN COALESCE(c.opened_90, 0) END AS opened_90,
  CASE WHEN k.messages THEN COALESCE(c.clicked_90, 0) END AS clicked_90,
  CASE WHEN k.messages THEN COALESCE(c.failed_90, 0) END AS failed_90,
  CASE WHEN k.messages THEN COALESCE(c.unsubscribed, 0) END AS unsubscribed,
  CASE WHEN k.coupons THEN COALESCE(c.coupons_held, 0) END AS coupons_held,
  CASE WHEN k.coupons THEN COALESCE(c.coupons_expiring, 0) END AS coupons_expiring,
  CASE WHEN k.coupons THEN COALESCE(c.coupons_redeemed, 0) END AS coupons_redeemed,
  CASE WHEN k.coupons THEN COALESCE(c.coupons_claimed, 0) END AS coupons_claimed,
  CASE WHEN k.reviews THEN COALESCE(c.reviews, 0) END AS reviews,
  CASE WHEN k.reviews THEN COALESCE(c.bad_reviews, 0) END AS bad_reviews,
  CASE WHEN k.reviews THEN COALESCE(c.photo_reviews, 0) END AS photo_reviews,
  CASE WHEN k.shares THEN COALESCE(c.shares_90, 0) END AS shares_90,
  CASE WHEN k.shares THEN COALESCE(c.shares, 0) END AS shares,
  CASE WHEN k.shares THEN COALESCE(c.invited, 0) END AS invited,
  CASE WHEN k.cases THEN COALESCE(c.cases_365, 0) END AS cases_365,
  CASE WHEN k.cases THEN COALESCE(c.open_cases, 0) END AS open_cases, c.last_score,
  CASE WHEN k.relations THEN COALESCE(o.is_member, FALSE) END AS is_member,
  CASE WHEN k.relations THEN COALESCE(o.has_wecom, FALSE) END AS has_wecom,
  CASE WHEN k.relations THEN COALESCE(o.in_group, FALSE) END AS in_group,
  CASE WHEN k.relations THEN COALESCE(o.follows_shop, FALSE) END AS follows_shop,
  CASE WHEN k.relations THEN COALESCE(o.follows_live, FALSE) END AS follows_live,
  CASE WHEN k.relations THEN COALESCE(o.subscribes, FALSE) END AS subscribes,
  CASE WHEN k.relations THEN COALESCE(o.uses_mini_program, FALSE) END AS uses_mini_program,
  CASE WHEN k.relations THEN COALESCE(o.relation_types, 0) END AS relation_types,
  CASE WHEN k.relations THEN COALESCE(o.ended_relations, 0) END AS ended_relations, o.first_relation_date,
  o.associate_id, o.joined_date, o.joined_channel_id, o.allows_sms, o.allows_wecom, o.allows_push,
  o.allows_personalisation, o.allows_ads_matching,
  CASE WHEN k.reach THEN COALESCE(o.reach_channels, 0) END AS reach_channels,
  CASE WHEN k.reach THEN COALESCE(o.blocked_channels, 0) END AS blocked_channels,
  CASE WHEN k.reach THEN COALESCE(o.reached_by_wecom, FALSE) END AS reached_by_wecom,
  CASE WHEN k.reach THEN COALESCE(o.reached_by_sms, FALSE) END AS reached_by_sms,
  CASE WHEN k.reach THEN COALESCE(o.reached_by_push, FALSE) END AS reached_by_push, o.block_reason, a.top_category,
  a.second_category, a.category_score, a.category_total, a.top_brand, a.second_brand, a.brand_score, a.brand_total,
  a.top_product, a.second_product, a.product_score, a.product_total, a.top_channel, a.second_channel, a.channel_score,
  a.channel_total, a.top_content, a.second_content, a.content_score, a.content_total, a.top_activity,
  a.second_activity, a.activity_score, a.activity_total, j.rfm_code, j.lifecycle, j.reactivated, j.value_tier,
  j.stage_5r, j.stage_5r_no, j.stage_5r_no_30, j.stage_aipl, j.fp_layer, j.identity_state, j.dormant_days, j.clv_fen,
  j.spread_fen, j.risk_score, j.risk_decision,
  CASE WHEN r.gender IS NULL THEN 0 ELSE 1 END + CASE WHEN r.birthday IS NULL THEN 0 ELSE 1 END
  + CASE WHEN r.age_group IS NULL THEN 0 ELSE 1 END + CASE WHEN r.city IS NULL THEN 0 ELSE 1 END
  + CASE WHEN r.region IS NULL THEN 0 ELSE 1 END + CASE WHEN r.occupation IS NULL THEN 0 ELSE 1 END
  + CASE WHEN r.income IS NULL THEN 0 ELSE 1 END + CASE WHEN r.marital_status IS NULL THEN 0 ELSE 1 END
  + CASE WHEN t.last_purchase_date IS NULL THEN 0 ELSE 1 END + CASE WHEN t.home_store_id IS NULL THEN 0 ELSE 1 END
  + CASE WHEN a.top_category IS NULL THEN 0 ELSE 1 END + CASE WHEN o.joined_date IS NULL THEN 0 ELSE 1 END AS filled
FROM person_fact AS p
JOIN feature_known AS k ON k.as_of = p.as_of
LEFT JOIN feature_trait AS r ON r.person_id = p.person_id
LEFT JOIN feature_trade AS t ON t.person_id = p.person_id
LEFT JOIN feature_basket AS b ON b.person_id = p.person_id
LEFT JOIN feature_conduct AS e ON e.person_id = p.person_id
LEFT JOIN feature_contact AS c ON c.person_id = p.person_id
LEFT JOIN feature_bond AS o ON o.person_id = p.person_id
LEFT JOIN feature_taste AS a ON a.person_id = p.person_id
LEFT JOIN feature_judged AS j ON j.person_id = p.person_id
