-- consent_span: what a person answered about one purpose and channel, and the days until the next answer
-- grain: person_id, consent_id
-- per: person
-- reads: consent, identifier_person
-- params: as_of date, zone text
-- source: domain §3.1, M-08, M-38 (consent gate). An answer holds from its own day; of several on a day the last holds.
--         Answers of merged identifiers follow each other in one line
WITH answer AS (
  SELECT
    i.person_id, c.consent_id, c.purpose, c.channel, c.granted, c.occurred_at,
    local_date(c.occurred_at, $zone) AS from_date
  FROM consent AS c
  JOIN identifier_person AS i ON i.identifier_id = c.identifier_id
  WHERE i.person_id IS NOT NULL AND local_date(c.occurred_at, $zone) <= $as_of
),
followed AS (
  SELECT
    a.person_id, a.consent_id, a.purpose, a.channel, a.granted, a.from_date,
    lead(a.from_date) OVER (
      PARTITION BY a.person_id, a.purpose, a.channel ORDER BY a.occurred_at, a.consent_id
    ) AS next_date
  FROM answer AS a
)
SELECT
  f.person_id, f.consent_id, f.purpose, f.channel, f.granted, f.from_date,
  COALESCE(f.next_date, DATE '9999-12-31') AS until_date
FROM followed AS f
