-- reach_block: what keeps a person from being reached on a channel: withdrawn consent, unsubscribing, failed sends
-- grain: person_id, channel_id, from_date, reason
-- per: person
-- reads: consent_span, reach_channel, send_failure_span, relation_fact, message, event, identifier_person
-- params: as_of date, zone text
-- source: domain M-08. Unsubscribing lasts until the next relation on the channel; on no channel named, it closes all
WITH left_behind AS (
  SELECT i.person_id, m.channel_id, m.unsub_at AS occurred_at
  FROM message AS m
  JOIN identifier_person AS i ON i.identifier_id = m.identifier_id
  WHERE i.person_id IS NOT NULL AND local_date(m.unsub_at, $zone) <= $as_of
  UNION
  SELECT i.person_id, e.channel_id, e.occurred_at
  FROM event AS e
  JOIN identifier_person AS i ON i.identifier_id = e.identifier_id
  WHERE e.type = 'unsubscribe' AND e.local_date <= $as_of AND i.person_id IS NOT NULL
),
told AS (
  SELECT f.person_id, f.channel_id, f.from_date, f.until_date, f.reason FROM send_failure_span AS f
  UNION ALL
  SELECT c.person_id, c.channel_id, s.from_date, s.until_date, 'consent_withdrawn' AS reason
  FROM consent_span AS s
  JOIN reach_channel AS c
    ON c.person_id = s.person_id AND COALESCE(c.purpose, s.purpose) = s.purpose
    AND (s.channel IS NULL OR s.channel = c.channel_id OR s.channel = c.code OR s.channel = c.platform)
  WHERE s.purpose IN ('marketing_sms', 'marketing_wecom', 'marketing_push') AND NOT s.granted
  UNION ALL
  SELECT
    c.person_id, c.channel_id, local_date(l.occurred_at, $zone) AS from_date,
    COALESCE(min(r.from_date), DATE '9999-12-31') AS until_date, 'unsubscribed' AS reason
  FROM left_behind AS l
  JOIN reach_channel AS c ON c.person_id = l.person_id AND c.channel_id = COALESCE(l.channel_id, c.channel_id)
  LEFT JOIN relation_fact AS r
    ON r.person_id = c.person_id AND COALESCE(r.channel_id, 'type:' || r.type) = c.channel_id
    AND r.started_at > l.occurred_at
  GROUP BY c.person_id, c.channel_id, l.occurred_at
)
SELECT t.person_id, t.channel_id, t.from_date, max(t.until_date) AS until_date, t.reason
FROM told AS t
WHERE t.from_date < t.until_date
GROUP BY t.person_id, t.channel_id, t.from_date, t.reason
