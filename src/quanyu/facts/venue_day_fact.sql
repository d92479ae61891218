-- venue_day_fact: the local dates on which a person or anonymous visitor was in a private venue, and whether active there
-- grain: venue, visitor, local_date
-- reads: event_fact, visit_fact, order_fact, relation_fact, event_type, channel
-- params: venue_pages int, venue_seconds int
-- source: domain M-11. What a visitor does in a venue is a visit to it: visits, events (received ones and farewells left
--         out), orders and new relations. Active: event types listed for the venue (event_type), a visit of shop or
--         mini program with P.fp.active.pages pages, watching live for P.fp.active.seconds. An order is the type
--         order_paid. Without a channel, a group's event is in the group, one with an associate in dedicated service
WITH listed AS (
  SELECT t.code, v.venue
  FROM event_type AS t
  JOIN (
    SELECT 'shop' AS venue UNION ALL SELECT 'group' AS venue UNION ALL SELECT 'live' AS venue
    UNION ALL SELECT 'dedicated_service' AS venue UNION ALL SELECT 'mini_program' AS venue
    UNION ALL SELECT 'subscription' AS venue UNION ALL SELECT 'member_centre' AS venue
  ) AS v ON
    (v.venue = 'shop' AND t.fp_active_for_venues LIKE '%"shop"%')
    OR (v.venue = 'group' AND t.fp_active_for_venues LIKE '%"group"%')
    OR (v.venue = 'live' AND t.fp_active_for_venues LIKE '%"live"%')
    OR (v.venue = 'dedicated_service' AND t.fp_active_for_venues LIKE '%"dedicated_service"%')
    OR (v.venue = 'mini_program' AND t.fp_active_for_venues LIKE '%"mini_program"%')
    OR (v.venue = 'subscription' AND t.fp_active_for_venues LIKE '%"subscription"%')
    OR (v.venue = 'member_centre' AND t.fp_active_for_venues LIKE '%"member_centre"%')
),
done AS (
  SELECT
    e.person_id, e.visitor_key, e.local_date, e.type, COALESCE(e.duration_s, 0) AS seconds, 0 AS pages,
    CASE WHEN e.channel_id IS NOT NULL THEN c.fp_venue WHEN e.group_id IS NOT NULL THEN 'group'
      WHEN e.associate_id IS NOT NULL THEN 'dedicated_service' END AS venue
  FROM event_fact AS e
  LEFT JOIN channel AS c ON c.channel_id = e.channel_id
  WHERE e.activity IN ('shallow', 'deep', 'transaction')
  UNION ALL
  SELECT
    v.person_id, v.visitor_key, v.local_date, 'visit' AS type, 0 AS seconds, COALESCE(v.pages, 0) AS pages,
    c.fp_venue AS venue
  FROM visit_fact AS v
  JOIN channel AS c ON c.channel_id = v.channel_id
  UNION ALL
  SELECT
    o.person_id, NULL AS visitor_key, o.local_date, 'order_paid' AS type, 0 AS seconds, 0 AS pages, c.fp_venue AS venue
  FROM order_fact AS o
  JOIN channel AS c ON c.channel_id = o.ordered_channel_id
  WHERE o.is_valid
  UNION ALL
  SELECT
    r.person_id, NULL AS visitor_key, r.from_date AS local_date, 'relation' AS type, 0 AS seconds, 0 AS pages,
    COALESCE(c.fp_venue, CASE r.type WHEN 'member' THEN 'member_centre' WHEN 'shop_follow' THEN 'shop'
      WHEN 'live_follow' THEN 'live' WHEN 'group_member' THEN 'group' WHEN 'mini_program_user' THEN 'mini_program'
      ELSE r.type END) AS venue
  FROM relation_fact AS r
  LEFT JOIN channel AS c ON c.channel_id = r.channel_id
),
keyed AS (
  SELECT
    d.venue, COALESCE('person:' || CAST(d.person_id AS VARCHAR), 'visitor:' || d.visitor_key) AS visitor, d.person_id,
    d.local_date,
    d.type = 'relation' AS starts_relation, l.code IS NOT NULL OR (d.venue IN ('shop', 'mini_program') AND d.pages >= $venue_pages)
    OR (d.venue = 'live' AND d.type IN ('live_view', 'live_long_view') AND d.seconds >= $venue_seconds) AS is_active
  FROM done AS d
  LEFT JOIN listed AS l ON l.code = d.type AND l.venue = d.venue
  WHERE d.venue IS NOT NULL
)
SELECT
  k.venue, k.visitor, max(k.person_id) AS person_id, k.local_date,
  max(CASE WHEN k.is_active THEN 1 ELSE 0 END) = 1 AS is_active,
  max(CASE WHEN k.starts_relation THEN 1 ELSE 0 END) = 1 AS starts_relation
FROM keyed AS k
WHERE k.visitor IS NOT NULL
GROUP BY k.venue, k.visitor, k.local_date
