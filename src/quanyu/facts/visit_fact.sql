-- visit_fact: one row per visit known as of the build date
-- grain: visit_id
-- per: person
-- reads: visit, identifier_person
-- params: as_of date
-- source: domain §3.3
SELECT
  v.visit_id, v.source, v.batch_seq, v.source_row, v.identifier_id, p.person_id, v.visitor_key, v.channel_id,
  v.started_at, v.ended_at, v.local_date, v.pages, v.is_bounce
FROM visit AS v
LEFT JOIN identifier_person AS p ON p.identifier_id = v.identifier_id
WHERE v.local_date <= $as_of
