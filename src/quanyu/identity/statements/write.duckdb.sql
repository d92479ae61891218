-- write: the new state of changed identifiers, their links opened and closed, and the conflicts of the scope
-- grain: identifier_id in identifier_person; identifier_id, person_id, linked_at in identity_link
-- source: docs/identity.md; a link is closed, never deleted
DELETE FROM identity.identifier_person AS o USING identity_changed AS c WHERE o.identifier_id = c.identifier_id;

INSERT INTO identity.identifier_person BY NAME
SELECT c.identifier_id, c.person_id, c.cluster_id, c.rule, c.confidence, c.inert, c.inert_reason
FROM identity_changed AS c;

UPDATE identity.identity_link AS l SET unlinked_at = s.at
FROM identity_changed AS c, identity_span AS s
WHERE l.identifier_id = c.identifier_id AND l.unlinked_at IS NULL AND c.moved;

INSERT INTO identity.identity_link BY NAME
SELECT
  c.identifier_id, c.person_id, c.method, c.confidence, c.merging, s.until_seq AS batch_seq, s.at AS linked_at,
  CAST(NULL AS TIMESTAMP) AS unlinked_at
FROM identity_changed AS c, identity_span AS s
WHERE c.moved AND c.person_id IS NOT NULL;

DELETE FROM identity.identity_conflict AS o USING identity_computed AS c WHERE o.identifier_a = c.identifier_id;

INSERT INTO identity.identity_conflict BY NAME
SELECT f.identifier_a, f.identifier_b, f.cluster_id, f.reason, f.id_type, f.namespace, f.evidence
FROM identity_refused AS f;
