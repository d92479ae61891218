-- reach_span: on which days a person is reachable on a channel, and for which reason not, in maximal spans
-- grain: person_id, channel_id, from_date
-- per: person
-- reads: reach_channel, reach_block, relation_gap
-- source: domain M-08, §3.6 (reachability). Of several reasons at once the first of these holds: consent withdrawn,
--         blocked, contact deleted, unsubscribed, hard bounces, invalid identifier, relation ended
WITH closed AS (
  SELECT b.person_id, b.channel_id, b.from_date, b.until_date, b.reason FROM reach_block AS b
  UNION ALL
  SELECT g.person_id, g.channel_id, g.from_date, g.until_date, g.reason FROM relation_gap AS g
),
ranked AS (
  SELECT
    c.person_id, c.channel_id, GREATEST(c.from_date, p.first_date) AS from_date, c.until_date,
    CASE c.reason
      WHEN 'consent_withdrawn' THEN 1 WHEN 'blocked' THEN 2 WHEN 'contact_deleted' THEN 3 WHEN 'unsubscribed' THEN 4
      WHEN 'hard_bounced' THEN 5 WHEN 'identifier_invalid' THEN 6 ELSE 7
    END AS place
  FROM closed AS c
  JOIN reach_channel AS p ON p.person_id = c.person_id AND p.channel_id = c.channel_id
  WHERE c.until_date > p.first_date
),
point AS (
  SELECT p.person_id, p.channel_id, p.first_date AS from_date FROM reach_channel AS p
  UNION
  SELECT r.person_id, r.channel_id, r.from_date FROM ranked AS r
  UNION
  SELECT r.person_id, r.channel_id, r.until_date AS from_date FROM ranked AS r WHERE r.until_date < DATE '9999-12-31'
),
judged AS (
  SELECT p.person_id, p.channel_id, p.from_date, COALESCE(min(r.place), 0) AS place
  FROM point AS p
  LEFT JOIN ranked AS r
    ON r.person_id = p.person_id AND r.channel_id = p.channel_id AND r.from_date <= p.from_date
    AND r.until_date > p.from_date
  GROUP BY p.person_id, p.channel_id, p.from_date
),
compared AS (
  SELECT
    j.person_id, j.channel_id, j.from_date, j.place,
    lag(j.place) OVER (PARTITION BY j.person_id, j.channel_id ORDER BY j.from_date) AS place_before
  FROM judged AS j
),
changed AS (
  SELECT
    c.person_id, c.channel_id, c.from_date, c.place,
    lead(c.from_date) OVER (PARTITION BY c.person_id, c.channel_id ORDER BY c.from_date) AS next_date
  FROM compared AS c
  WHERE c.place_before IS NULL OR c.place_before <> c.place
)
SELECT
  c.person_id, c.channel_id, c.from_date, COALESCE(c.next_date, DATE '9999-12-31') AS until_date,
  c.place = 0 AS reachable,
  CASE c.place
    WHEN 1 THEN 'consent_withdrawn' WHEN 2 THEN 'blocked' WHEN 3 THEN 'contact_deleted' WHEN 4 THEN 'unsubscribed'
    WHEN 5 THEN 'hard_bounced' WHEN 6 THEN 'identifier_invalid' WHEN 7 THEN 'relation_ended'
  END AS reason
FROM changed AS c
