-- relation_fact: one row per relation of somebody with the brand that began by the build date, whoever told it
-- grain: relation_id
-- per: person
-- reads: relation, membership, membership_fact, associate_contact, group_member, identifier_person, person
-- params: as_of date, zone text
-- source: domain §3.6, M-08. Members, contacts of associates and members of groups are relations too. A contact without
--         a moment of adding holds from when the person was first seen (else from when it was told). A relation that
--         ends before it starts is refused (§3.8, counted in data_quality); a relation that ended on a date no longer
--         holds on it; an end after the build date is not known yet
WITH told AS (
  SELECT
    'relation:' || r.relation_id AS relation_id, r.source, r.batch_seq, r.source_row, r.identifier_id, r.type,
    r.channel_id, r.associate_id, r.group_id, r.started_at, r.ended_at, r.end_reason, r.source_qr_id,
    r.source_share_id, r.source_campaign_id
  FROM relation AS r
  UNION ALL
  SELECT
    'associate_contact:' || c.source || ':' || CAST(c.batch_seq AS VARCHAR) || ':' || CAST(c.source_row AS VARCHAR)
      AS relation_id,
    c.source, c.batch_seq, c.source_row, c.identifier_id, 'dedicated_service' AS type, NULL AS channel_id,
    c.associate_id, NULL AS group_id, COALESCE(c.added_at, p.first_seen_at, c.recorded_at) AS started_at,
    LEAST(c.deleted_by_person_at, c.deleted_by_staff_at) AS ended_at,
    CASE WHEN c.deleted_by_person_at <= COALESCE(c.deleted_by_staff_at, c.deleted_by_person_at) THEN 'contact_deleted'
      WHEN c.deleted_by_staff_at IS NOT NULL THEN 'deleted_by_staff' END AS end_reason,
    NULL AS source_qr_id, NULL AS source_share_id, NULL AS source_campaign_id
  FROM associate_contact AS c
  LEFT JOIN identifier_person AS i ON i.identifier_id = c.identifier_id
  LEFT JOIN person AS p ON p.person_id = i.person_id
  UNION ALL
  SELECT
    'group_member:' || g.source || ':' || CAST(g.batch_seq AS VARCHAR) || ':' || CAST(g.source_row AS VARCHAR)
      AS relation_id,
    g.source, g.batch_seq, g.source_row, g.identifier_id, 'group_member' AS type, NULL AS channel_id,
    NULL AS associate_id, g.group_id, g.joined_at AS started_at, g.left_at AS ended_at,
    CASE WHEN g.left_at IS NOT NULL THEN 'group_left' END AS end_reason, NULL AS source_qr_id, NULL AS source_share_id,
    NULL AS source_campaign_id
  FROM group_member AS g
),
dated AS (
  SELECT
    t.relation_id, t.source, t.batch_seq, t.source_row, t.identifier_id, t.type, t.channel_id, t.associate_id,
    t.group_id, t.started_at, local_date(t.started_at, $zone) AS from_date, local_date(t.ended_at, $zone) AS ended_date,
    t.end_reason, t.source_qr_id, t.source_share_id, t.source_campaign_id
  FROM told AS t
  WHERE t.ended_at IS NULL OR t.ended_at >= t.started_at
)
SELECT
  d.relation_id, d.source, d.batch_seq, d.source_row, d.identifier_id, i.person_id, d.type, d.channel_id,
  d.associate_id, d.group_id, d.started_at, d.from_date,
  CASE WHEN d.ended_date <= $as_of THEN d.ended_date ELSE DATE '9999-12-31' END AS until_date,
  CASE WHEN d.ended_date <= $as_of THEN d.end_reason END AS end_reason, d.source_qr_id, d.source_share_id,
  d.source_campaign_id
FROM dated AS d
LEFT JOIN identifier_person AS i ON i.identifier_id = d.identifier_id
WHERE d.from_date <= $as_of
UNION ALL
SELECT
  'membership:' || f.member_id AS relation_id, m.source, m.batch_seq, m.source_row, m.identifier_id, f.person_id,
  'member' AS type, f.joined_channel_id AS channel_id, f.recruiter_associate_id AS associate_id, NULL AS group_id,
  COALESCE(m.joined_at, p.first_seen_at, m.recorded_at) AS started_at, f.from_date, f.until_date,
  CASE WHEN f.until_date < DATE '9999-12-31' THEN 'membership_left' END AS end_reason, f.source_qr_id,
  NULL AS source_share_id, NULL AS source_campaign_id
FROM membership_fact AS f
JOIN membership AS m ON m.member_id = f.member_id
LEFT JOIN person AS p ON p.person_id = f.person_id
