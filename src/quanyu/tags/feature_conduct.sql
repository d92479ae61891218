-- feature_conduct: what each person did lately, as of the build's date, in one pass over the events
-- grain: person_id
-- per: person
-- reads: event_fact
-- params: as_of date, zone text
-- source: domain §3.3, TAG-16; acts are events that count as active
WITH act AS (
  SELECT
    e.person_id, e.local_date, e.type, e.counts_as_active AS is_active,
    CASE WHEN e.local_date > add_days($as_of, -90) THEN local_hour(e.occurred_at, $zone) END AS hour,
    e.local_date > add_days($as_of, -30) AS in_30, e.local_date > add_days($as_of, -90) AS in_90,
    e.local_date > add_days($as_of, -365) AS in_365
  FROM event_fact AS e
  WHERE e.person_id IS NOT NULL
)
SELECT
  a.person_id, count(*) FILTER (WHERE a.in_30 AND a.is_active) AS events_30,
  count(*) FILTER (WHERE a.in_90 AND a.is_active) AS events_90,
  count(DISTINCT CASE WHEN a.in_30 AND a.is_active THEN a.local_date END) AS active_days_30,
  count(DISTINCT CASE WHEN a.in_90 AND a.is_active THEN a.local_date END) AS active_days_90,
  max(CASE WHEN a.is_active THEN a.local_date END) AS last_event_date,
  count(*) FILTER (WHERE a.in_30 AND a.type = 'product_view') AS views_30,
  count(*) FILTER (WHERE a.in_30 AND a.type = 'cart_added') AS carts_30,
  max(CASE WHEN a.type = 'cart_added' THEN a.local_date END) AS last_cart_date,
  count(*) FILTER (WHERE a.in_90 AND a.type = 'wishlist_added') AS wishes_90,
  count(*) FILTER (WHERE a.in_90 AND a.type IN ('search', 'category_search', 'brand_search')) AS searches_90,
  count(*) FILTER (WHERE a.in_90 AND a.type = 'brand_search') AS brand_searches_90,
  count(*) FILTER (WHERE a.in_90 AND a.type IN ('live_view', 'live_long_view')) AS live_views_90,
  count(*) FILTER (WHERE a.in_90 AND a.type IN ('like', 'comment', 'vote')) AS likes_90,
  count(*) FILTER (WHERE a.in_90 AND a.type = 'consult') AS consults_90,
  count(*) FILTER (WHERE a.in_30 AND a.type = 'sign_in') AS sign_ins_30,
  count(*) FILTER (WHERE a.in_90 AND a.type IN ('store_visit', 'store_passage')) AS store_visits_90,
  count(*) FILTER (WHERE a.in_90 AND a.type = 'qr_scan') AS scans_90,
  count(*) FILTER (WHERE a.in_365 AND a.type = 'complaint') AS complaints_365,
  count(*) FILTER (WHERE a.in_90 AND a.type = 'ad_click') AS ad_clicks_90,
  count(*) FILTER (WHERE a.in_90 AND a.is_active AND (a.hour >= 21 OR a.hour < 6)) AS night_events_90,
  count(*) FILTER (WHERE a.in_90 AND a.is_active AND a.hour >= 6 AND a.hour < 12) AS morning_events_90,
  count(*) FILTER (WHERE a.in_90 AND a.is_active AND a.hour >= 12 AND a.hour < 18) AS afternoon_events_90,
  count(*) FILTER (WHERE a.in_90 AND a.is_active AND a.hour >= 18 AND a.hour < 21) AS evening_events_90
FROM act AS a
GROUP BY a.person_id
