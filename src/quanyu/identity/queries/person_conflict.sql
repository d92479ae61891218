-- person_conflict: the refused evidence that touches one person's identifiers
-- grain: identifier_a, identifier_b
-- reads: identity_conflict, identifier_person
-- params: wanted int
-- source: M-38
WITH asked AS (
  SELECT p.identifier_id, p.person_id FROM identifier_person AS p WHERE p.identifier_id = $wanted
)
SELECT c.identifier_a, c.identifier_b, c.reason, c.id_type, c.namespace, c.evidence
FROM asked AS a
CROSS JOIN identity_conflict AS c
JOIN identifier_person AS l ON l.identifier_id = c.identifier_a
JOIN identifier_person AS r ON r.identifier_id = c.identifier_b
WHERE l.person_id = a.person_id OR r.person_id = a.person_id
