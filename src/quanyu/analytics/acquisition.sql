-- acquisition: the day each person was first seen, the channel and touchpoint of that day's first contact
-- grain: person_id
-- reads: person_fact, event_fact, visit_fact, order_fact, referral, share, identifier_person
-- source: M-16, M-21 (first touch that created the person). Contacts that name a channel go first; none of the day
--         does: `unknown`. Through a share: the day's contact, or a referral not found void, names another person's
--         share
WITH contact AS (
  SELECT e.person_id, e.local_date, e.occurred_at, e.event_id AS contact_id, e.channel_id, e.touchpoint_id, e.share_id
  FROM event_fact AS e
  JOIN person_fact AS p ON p.person_id = e.person_id AND p.first_seen_date = e.local_date
  UNION ALL
  SELECT
    v.person_id, v.local_date, v.started_at AS occurred_at, 'visit:' || v.visit_id AS contact_id, v.channel_id,
    NULL AS touchpoint_id, NULL AS share_id
  FROM visit_fact AS v
  JOIN person_fact AS p ON p.person_id = v.person_id AND p.first_seen_date = v.local_date
  UNION ALL
  SELECT
    o.person_id, o.local_date, o.paid_at AS occurred_at, 'order:' || o.order_id AS contact_id,
    o.ordered_channel_id AS channel_id, NULL AS touchpoint_id, NULL AS share_id
  FROM order_fact AS o
  JOIN person_fact AS p ON p.person_id = o.person_id AND p.first_seen_date = o.local_date
),
ranked AS (
  SELECT
    c.person_id, c.channel_id, c.touchpoint_id,
    row_number() OVER (
      PARTITION BY c.person_id
      ORDER BY CASE WHEN c.channel_id IS NULL THEN 1 ELSE 0 END, c.occurred_at, c.contact_id
    ) AS place
  FROM contact AS c
),
sharing AS (
  SELECT s.share_id, i.person_id FROM share AS s LEFT JOIN identifier_person AS i ON i.identifier_id = s.identifier_id
),
named AS (
  SELECT c.person_id, c.share_id FROM contact AS c WHERE c.share_id IS NOT NULL
  UNION ALL
  SELECT i.person_id, r.share_id
  FROM referral AS r
  JOIN identifier_person AS i ON i.identifier_id = r.identifier_id
  WHERE COALESCE(r.valid, TRUE)
),
brought AS (
  SELECT DISTINCT n.person_id
  FROM named AS n
  LEFT JOIN sharing AS s ON s.share_id = n.share_id
  WHERE n.person_id IS NOT NULL AND COALESCE(s.person_id, 0) <> n.person_id
)
SELECT
  p.person_id, p.first_seen_date AS acquired_date, COALESCE(r.channel_id, 'unknown') AS channel_id, r.touchpoint_id,
  b.person_id IS NOT NULL AS is_shared
FROM person_fact AS p
LEFT JOIN ranked AS r ON r.person_id = p.person_id AND r.place = 1
LEFT JOIN brought AS b ON b.person_id = p.person_id
WHERE p.first_seen_date IS NOT NULL
