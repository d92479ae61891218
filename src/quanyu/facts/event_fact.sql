-- event_fact: one row per thing a person or visitor did or received, known as of the build date
-- grain: event_id
-- per: person
-- reads: event, ad_exposure, message_fact, qr_scan, service_booking, relation_fact, event_type, identifier_person
-- params: as_of date, zone text
-- kept: view
-- source: domain §3.3, M-05. A relation's beginning is an event of its day; where the source tells the same beginning as
--         an event too, both stand here: count days or persons, not rows. Scans by merchants are no consumer's
WITH said AS (
  SELECT
    e.event_id, e.occurred_at, e.local_date, e.identifier_id, CAST(NULL AS BIGINT) AS person_id, e.visitor_key, e.type,
    e.channel_id, e.touchpoint_id, e.store_id, e.associate_id, e.group_id, e.content_id, e.product_id, e.category_id,
    e.campaign_id, e.message_id, e.qr_id, e.share_id, e.duration_s, e.visit_id
  FROM event AS e
  UNION ALL
  SELECT
    'ad:' || a.exposure_id AS event_id, a.occurred_at, a.local_date, a.identifier_id,
    CAST(NULL AS BIGINT) AS person_id, a.visitor_key,
    CASE WHEN a.kind = 'click' THEN 'ad_click' ELSE 'ad_impression' END AS type, a.channel_id, a.touchpoint_id,
    NULL AS store_id, NULL AS associate_id, NULL AS group_id, NULL AS content_id, NULL AS product_id,
    NULL AS category_id, a.campaign_id, NULL AS message_id, NULL AS qr_id, NULL AS share_id, NULL AS duration_s,
    NULL AS visit_id
  FROM ad_exposure AS a
  UNION ALL
  SELECT
    'message:' || m.message_id || ':delivered' AS event_id, m.delivered_at AS occurred_at,
    local_date(m.delivered_at, $zone) AS local_date, m.identifier_id, m.person_id, NULL AS visitor_key,
    'message_delivered' AS type, m.channel_id, NULL AS touchpoint_id, NULL AS store_id, m.associate_id,
    NULL AS group_id, m.content_id, NULL AS product_id, NULL AS category_id, m.campaign_id, m.message_id,
    NULL AS qr_id, NULL AS share_id, NULL AS duration_s, NULL AS visit_id
  FROM message_fact AS m
  WHERE m.delivered_at IS NOT NULL
  UNION ALL
  SELECT
    'message:' || m.message_id || ':clicked' AS event_id, m.clicked_at AS occurred_at,
    local_date(m.clicked_at, $zone) AS local_date, m.identifier_id, m.person_id, NULL AS visitor_key,
    'message_click' AS type, m.channel_id, NULL AS touchpoint_id, NULL AS store_id, m.associate_id,
    NULL AS group_id, m.content_id, NULL AS product_id, NULL AS category_id, m.campaign_id, m.message_id,
    NULL AS qr_id, NULL AS share_id, NULL AS duration_s, NULL AS visit_id
  FROM message_fact AS m
  WHERE m.clicked_at IS NOT NULL
  UNION ALL
  SELECT
    'qr_scan:' || q.scan_id AS event_id, q.occurred_at, local_date(q.occurred_at, $zone) AS local_date, q.identifier_id,
    CAST(NULL AS BIGINT) AS person_id, q.visitor_key, 'qr_scan' AS type, NULL AS channel_id, NULL AS touchpoint_id,
    NULL AS store_id, NULL AS associate_id, NULL AS group_id, NULL AS content_id, NULL AS product_id,
    NULL AS category_id, NULL AS campaign_id, NULL AS message_id, q.qr_id, NULL AS share_id, NULL AS duration_s,
    NULL AS visit_id
  FROM qr_scan AS q
  WHERE COALESCE(q.scanner, 'consumer') = 'consumer'
  UNION ALL
  SELECT
    'booking:' || b.booking_id AS event_id, b.occurred_at, local_date(b.occurred_at, $zone) AS local_date,
    b.identifier_id, CAST(NULL AS BIGINT) AS person_id, NULL AS visitor_key, 'service_booked' AS type,
    NULL AS channel_id, NULL AS touchpoint_id, b.store_id, NULL AS associate_id, NULL AS group_id, NULL AS content_id,
    NULL AS product_id, NULL AS category_id, NULL AS campaign_id, NULL AS message_id, NULL AS qr_id, NULL AS share_id,
    NULL AS duration_s, NULL AS visit_id
  FROM service_booking AS b
  UNION ALL
  SELECT
    'relation:' || r.relation_id AS event_id, r.started_at AS occurred_at, r.from_date AS local_date, r.identifier_id,
    r.person_id, NULL AS visitor_key,
    CASE
      WHEN r.type IN ('shop_follow', 'live_follow') THEN 'follow'
      WHEN r.type = 'dedicated_service' THEN 'contact_added'
      WHEN r.type = 'group_member' THEN 'group_joined'
      WHEN r.type = 'member' THEN 'member_joined'
      ELSE 'subscribed'
    END AS type,
    r.channel_id, NULL AS touchpoint_id, NULL AS store_id, r.associate_id, r.group_id, NULL AS content_id,
    NULL AS product_id, NULL AS category_id, r.source_campaign_id AS campaign_id, NULL AS message_id,
    r.source_qr_id AS qr_id, r.source_share_id AS share_id, NULL AS duration_s, NULL AS visit_id
  FROM relation_fact AS r
)
SELECT
  s.event_id, s.occurred_at, s.local_date, s.identifier_id, COALESCE(p.person_id, s.person_id) AS person_id,
  s.visitor_key, s.type, t.activity, COALESCE(t.counts_as_active, FALSE) AS counts_as_active, s.channel_id,
  s.touchpoint_id, s.store_id, s.associate_id, s.group_id, s.content_id, s.product_id, s.category_id, s.campaign_id,
  s.message_id, s.qr_id, s.share_id, s.duration_s, s.visit_id
FROM said AS s
LEFT JOIN identifier_person AS p ON p.identifier_id = s.identifier_id
LEFT JOIN event_type AS t ON t.code = s.type
WHERE s.local_date <= $as_of
