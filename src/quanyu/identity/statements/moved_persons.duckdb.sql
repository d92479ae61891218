-- moved_persons: the persons that an update gave an identifier or took one from
-- grain: person_id
-- source: docs/identity.md
SELECT c.person_id FROM identity_changed AS c WHERE c.person_id IS NOT NULL
UNION
SELECT c.old_person_id AS person_id FROM identity_changed AS c WHERE c.old_person_id IS NOT NULL
