-- membership_fact: one row per membership that began by the build date, with the days on which it held
-- grain: member_id
-- per: person
-- reads: membership, identifier_person, person
-- params: as_of date, zone text
-- source: domain §3.5, M-09. Without a moment of joining a membership holds from when the person was first seen (else
--         from when it was told); one that is said to be left without a moment of leaving holds on no day; one that is
--         left before it is joined is refused (§3.8, counted in data_quality)
WITH told AS (
  SELECT
    m.member_id, i.person_id, m.joined_at, COALESCE(m.joined_at, p.first_seen_at, m.recorded_at) AS started_at,
    m.left_at, m.status, m.joined_channel_id, m.recruiter_associate_id, m.source_qr_id
  FROM membership AS m
  LEFT JOIN identifier_person AS i ON i.identifier_id = m.identifier_id
  LEFT JOIN person AS p ON p.person_id = i.person_id
),
dated AS (
  SELECT
    t.member_id, t.person_id, t.joined_at, local_date(t.started_at, $zone) AS from_date,
    local_date(t.left_at, $zone) AS left_date, t.status, t.joined_channel_id, t.recruiter_associate_id, t.source_qr_id
  FROM told AS t
  WHERE t.left_at IS NULL OR t.left_at >= t.started_at
)
SELECT
  d.member_id, d.person_id, d.joined_at, d.from_date,
  CASE
    WHEN d.left_date <= $as_of THEN d.left_date
    WHEN d.left_date IS NULL AND d.status = 'left' THEN d.from_date
    ELSE DATE '9999-12-31'
  END AS until_date,
  d.joined_channel_id, d.recruiter_associate_id, d.source_qr_id
FROM dated AS d
WHERE d.from_date <= $as_of
