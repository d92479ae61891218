-- affected: the identifiers of every person that must be counted again
-- grain: identifier_id in identity_part.identifier_person
-- source: docs/identity.md
CREATE OR REPLACE TEMP TABLE identity_affected AS
SELECT c.person_id FROM identity_changed AS c WHERE c.person_id IS NOT NULL
UNION SELECT c.old_person_id FROM identity_changed AS c WHERE c.old_person_id IS NOT NULL
UNION SELECT o.person_id FROM identity.identifier_person AS o SEMI JOIN identity_seed AS s ON s.identifier_id = o.identifier_id
WHERE o.person_id IS NOT NULL;

CREATE OR REPLACE TABLE identity_part.identifier_person AS
SELECT o.identifier_id, o.person_id, o.cluster_id, o.rule, o.confidence, o.inert, o.inert_reason
FROM identity.identifier_person AS o
SEMI JOIN identity_affected AS a ON a.person_id = o.person_id;
