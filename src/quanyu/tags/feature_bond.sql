-- feature_bond: the relations of each person, what they consented to, where they are reached, as of the build's date
-- grain: person_id
-- per: person
-- reads: relation_fact, membership_fact, consent_span, reach_span, reach_channel
-- params: as_of date
-- source: domain §3.1, M-08; a purpose is consented to when every answer that holds says yes; of several associates the
--         latest relation stands, of several reasons the one of the latest span
WITH tie AS (
  SELECT
    r.person_id, count(*) FILTER (WHERE r.type = 'member' AND r.until_date > $as_of) AS members,
    count(*) FILTER (WHERE r.type = 'dedicated_service' AND r.until_date > $as_of) AS contacts,
    count(*) FILTER (WHERE r.type = 'group_member' AND r.until_date > $as_of) AS groups,
    count(*) FILTER (WHERE r.type = 'shop_follow' AND r.until_date > $as_of) AS shops,
    count(*) FILTER (WHERE r.type = 'live_follow' AND r.until_date > $as_of) AS lives,
    count(*) FILTER (WHERE r.type = 'subscription' AND r.until_date > $as_of) AS subscriptions,
    count(*) FILTER (WHERE r.type = 'mini_program_user' AND r.until_date > $as_of) AS mini_programs,
    count(DISTINCT CASE WHEN r.until_date > $as_of THEN r.type END) AS relation_types,
    count(*) FILTER (WHERE r.until_date <= $as_of) AS ended_relations, min(r.from_date) AS first_relation_date
  FROM relation_fact AS r
  WHERE r.person_id IS NOT NULL AND r.from_date <= $as_of
  GROUP BY r.person_id
),
served AS (
  SELECT
    r.person_id, r.associate_id,
    row_number() OVER (PARTITION BY r.person_id ORDER BY r.from_date DESC, r.relation_id) AS place
  FROM relation_fact AS r
  WHERE r.person_id IS NOT NULL AND r.associate_id IS NOT NULL AND r.type = 'dedicated_service'
    AND r.from_date <= $as_of AND r.until_date > $as_of
),
joined AS (
  SELECT
    m.person_id, m.from_date, m.joined_channel_id,
    row_number() OVER (PARTITION BY m.person_id ORDER BY m.from_date, m.member_id) AS place
  FROM membership_fact AS m
  WHERE m.person_id IS NOT NULL AND m.from_date <= $as_of AND m.until_date > $as_of
),
said AS (
  SELECT
    c.person_id, min(CASE WHEN c.purpose = 'marketing_sms' THEN CASE WHEN c.granted THEN 1 ELSE 0 END END) AS sms,
    min(CASE WHEN c.purpose = 'marketing_wecom' THEN CASE WHEN c.granted THEN 1 ELSE 0 END END) AS wecom,
    min(CASE WHEN c.purpose = 'marketing_push' THEN CASE WHEN c.granted THEN 1 ELSE 0 END END) AS push,
    min(CASE WHEN c.purpose = 'personalisation' THEN CASE WHEN c.granted THEN 1 ELSE 0 END END) AS personalisation,
    min(CASE WHEN c.purpose = 'ads_matching' THEN CASE WHEN c.granted THEN 1 ELSE 0 END END) AS ads
  FROM consent_span AS c
  WHERE c.from_date <= $as_of AND c.until_date > $as_of
  GROUP BY c.person_id
),
span AS (
  SELECT
    s.person_id, s.channel_id, s.from_date, s.reachable, s.reason, h.purpose,
    row_number() OVER (
      PARTITION BY s.person_id, s.reachable ORDER BY s.from_date DESC, s.channel_id
    ) AS place
  FROM reach_span AS s
  JOIN reach_channel AS h ON h.person_id = s.person_id AND h.channel_id = s.channel_id
  WHERE s.from_date <= $as_of AND s.until_date > $as_of
),
reach AS (
  SELECT
    s.person_id, count(*) FILTER (WHERE s.reachable) AS reach_channels,
    count(*) FILTER (WHERE NOT s.reachable) AS blocked_channels,
    count(*) FILTER (WHERE s.reachable AND s.purpose = 'marketing_wecom') AS wecom,
    count(*) FILTER (WHERE s.reachable AND s.purpose = 'marketing_sms') AS sms,
    count(*) FILTER (WHERE s.reachable AND s.purpose = 'marketing_push') AS push,
    max(CASE WHEN NOT s.reachable AND s.place = 1 THEN s.reason END) AS block_reason
  FROM span AS s
  GROUP BY s.person_id
),
bound AS (
  SELECT t.person_id FROM tie AS t
  UNION
  SELECT j.person_id FROM joined AS j
  UNION
  SELECT s.person_id FROM said AS s
  UNION
  SELECT r.person_id FROM reach AS r
)
SELECT
  p.person_id, COALESCE(t.members, 0) > 0 AS is_member, COALESCE(t.contacts, 0) > 0 AS has_wecom,
  COALESCE(t.groups, 0) > 0 AS in_group, COALESCE(t.shops, 0) > 0 AS follows_shop,
  COALESCE(t.lives, 0) > 0 AS follows_live, COALESCE(t.subscriptions, 0) > 0 AS subscribes,
  COALESCE(t.mini_programs, 0) > 0 AS uses_mini_program, COALESCE(t.relation_types, 0) AS relation_types,
  COALESCE(t.ended_relations, 0) AS ended_relations, t.first_relation_date, a.associate_id, j.from_date AS joined_date,
  j.joined_channel_id, s.sms = 1 AS allows_sms, s.wecom = 1 AS allows_wecom, s.push = 1 AS allows_push,
  s.personalisation = 1 AS allows_personalisation, s.ads = 1 AS allows_ads_matching,
  COALESCE(r.reach_channels, 0) AS reach_channels, COALESCE(r.blocked_channels, 0) AS blocked_channels,
  COALESCE(r.wecom, 0) > 0 AS reached_by_wecom, COALESCE(r.sms, 0) > 0 AS reached_by_sms,
  COALESCE(r.push, 0) > 0 AS reached_by_push, r.block_reason
FROM bound AS p
LEFT JOIN tie AS t ON t.person_id = p.person_id
LEFT JOIN served AS a ON a.person_id = p.person_id AND a.place = 1
LEFT JOIN joined AS j ON j.person_id = p.person_id AND j.place = 1
LEFT JOIN said AS s ON s.person_id = p.person_id
LEFT JOIN reach AS r ON r.person_id = p.person_id
