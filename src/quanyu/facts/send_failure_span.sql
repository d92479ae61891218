-- send_failure_span: failed sends that close a channel for a person, until the next send that was taken
-- grain: person_id, channel_id, message_id
-- per: person
-- reads: message, identifier_person
-- params: as_of date, zone text, hard_bounce int
-- source: domain M-08 (identifier valid; the last k sends not hard-bounced, P.reach.hard_bounce). The k-th hard bounce in
--         a row closes the channel; an invalid identifier or a block does so at once. Other failures prove nothing
WITH sent AS (
  SELECT
    i.person_id, m.channel_id, m.message_id, m.sent_at, local_date(m.sent_at, $zone) AS sent_date,
    COALESCE(m.fail_reason, '') AS fail_reason,
    COALESCE(m.fail_reason, '') NOT IN ('hard_bounce', 'invalid_identifier', 'blocked') AS is_taken
  FROM message AS m
  JOIN identifier_person AS i ON i.identifier_id = m.identifier_id
  WHERE i.person_id IS NOT NULL AND m.channel_id IS NOT NULL AND local_date(m.sent_at, $zone) <= $as_of
),
counted AS (
  SELECT
    s.person_id, s.channel_id, s.message_id, s.sent_at, s.sent_date, s.fail_reason, s.is_taken,
    sum(CASE WHEN s.is_taken THEN 1 ELSE 0 END) OVER (
      PARTITION BY s.person_id, s.channel_id ORDER BY s.sent_at, s.message_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS run_no,
    min(CASE WHEN s.is_taken THEN s.sent_date END) OVER (
      PARTITION BY s.person_id, s.channel_id ORDER BY s.sent_at, s.message_id
      ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
    ) AS taken_date
  FROM sent AS s
),
failed AS (
  SELECT
    c.person_id, c.channel_id, c.message_id, c.sent_date, COALESCE(c.taken_date, DATE '9999-12-31') AS until_date,
    c.fail_reason,
    row_number() OVER (PARTITION BY c.person_id, c.channel_id, c.run_no ORDER BY c.sent_at, c.message_id) AS failure_no
  FROM counted AS c
  WHERE NOT c.is_taken
)
SELECT
  f.person_id, f.channel_id, f.message_id, f.sent_date AS from_date, f.until_date,
  CASE f.fail_reason
    WHEN 'invalid_identifier' THEN 'identifier_invalid'
    WHEN 'blocked' THEN 'blocked'
    ELSE 'hard_bounced'
  END AS reason
FROM failed AS f
WHERE f.failure_no = $hard_bounce OR f.fail_reason IN ('invalid_identifier', 'blocked')
