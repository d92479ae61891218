-- feature_known: of what a build knows anything at all, so that nothing found of a person is 0 and not null
-- grain: as_of
-- reads: channel_dim, order_line_fact, event_fact, visit_fact, message_fact, coupon, review, share, referral_fact,
--        service_case, relation_fact, reach_span
-- params: as_of date
-- source: domain §2.0 (nothing found is 0 only where something is known of anybody; else it is null)
SELECT
  $as_of AS as_of, (SELECT count(*) FROM channel_dim AS x WHERE x.line IS NOT NULL) > 0 AS lines,
  (SELECT count(*) FROM order_line_fact AS x) > 0 AS order_lines,
  (SELECT count(*) FROM order_line_fact AS x WHERE x.category_id IS NOT NULL) > 0 AS categories,
  (SELECT count(*) FROM order_line_fact AS x WHERE x.brand_id IS NOT NULL) > 0 AS brands,
  (SELECT count(*) FROM event_fact AS x) > 0 AS events, (SELECT count(*) FROM visit_fact AS x) > 0 AS visits,
  (SELECT count(*) FROM message_fact AS x) > 0 AS messages, (SELECT count(*) FROM coupon AS x) > 0 AS coupons,
  (SELECT count(*) FROM review AS x) > 0 AS reviews,
  (SELECT count(*) FROM share AS x) > 0 OR (SELECT count(*) FROM referral_fact AS x) > 0 AS shares,
  (SELECT count(*) FROM service_case AS x) > 0 AS cases, (SELECT count(*) FROM relation_fact AS x) > 0 AS relations,
  (SELECT count(*) FROM reach_span AS x) > 0 AS reach
