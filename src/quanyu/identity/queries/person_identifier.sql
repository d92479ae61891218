-- person_identifier: the identifiers of one person, or one identifier alone when it belongs to nobody
-- grain: identifier_id
-- reads: identifier, identifier_person
-- params: wanted int
-- source: M-38; a person is found by any of its identifiers, also by the id of a person merged into it
WITH asked AS (
  SELECT p.identifier_id, p.person_id FROM identifier_person AS p WHERE p.identifier_id = $wanted
)
SELECT
  i.identifier_id, i.id_type, i.namespace, i.value_hash, i.first_batch_seq, i.first_seen_at, p.person_id, p.rule,
  p.inert_reason
FROM asked AS a
JOIN identifier_person AS p ON p.person_id = a.person_id OR p.identifier_id = a.identifier_id
JOIN identifier AS i ON i.identifier_id = p.identifier_id
