-- reach_channel: the channels on which a person has, had or was sent something, and the consent that covers each
-- grain: person_id, channel_id
-- per: person
-- reads: relation_fact, message, channel, identifier_person
-- params: as_of date, zone text
-- source: domain M-08. marketing_wecom covers channels of WeChat and WeCom, contacts and groups; marketing_sms those of
--         platform sms; marketing_push every other platform
WITH found AS (
  SELECT
    r.person_id, COALESCE(r.channel_id, 'type:' || r.type) AS channel_id, r.from_date,
    CASE WHEN r.channel_id IS NULL AND r.type IN ('dedicated_service', 'group_member') THEN 'marketing_wecom' END
      AS purpose
  FROM relation_fact AS r
  WHERE r.person_id IS NOT NULL
  UNION ALL
  SELECT i.person_id, m.channel_id, local_date(m.sent_at, $zone) AS from_date, NULL AS purpose
  FROM message AS m
  JOIN identifier_person AS i ON i.identifier_id = m.identifier_id
  WHERE i.person_id IS NOT NULL AND m.channel_id IS NOT NULL AND local_date(m.sent_at, $zone) <= $as_of
),
first_found AS (
  SELECT f.person_id, f.channel_id, min(f.from_date) AS first_date, max(f.purpose) AS purpose
  FROM found AS f
  GROUP BY f.person_id, f.channel_id
)
SELECT
  f.person_id, f.channel_id, c.code, c.platform,
  CASE
    WHEN c.platform IN ('wechat', 'wecom') THEN 'marketing_wecom'
    WHEN c.platform = 'sms' THEN 'marketing_sms'
    WHEN c.platform IS NOT NULL THEN 'marketing_push'
    ELSE f.purpose
  END AS purpose,
  f.first_date
FROM first_found AS f
LEFT JOIN channel AS c ON c.channel_id = f.channel_id
