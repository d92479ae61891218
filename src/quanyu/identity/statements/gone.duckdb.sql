-- gone: identifiers that the raw log no longer gives, because the batch that brought them was withdrawn
-- grain: identifier_id (temporary table identity_gone)
-- source: docs/identity.md; after a full resolution only; links are closed, never deleted
CREATE OR REPLACE TEMP TABLE identity_gone AS
SELECT o.identifier_id FROM identity.identifier_person AS o
ANTI JOIN identity_computed AS c ON c.identifier_id = o.identifier_id;

UPDATE identity.identity_link AS l SET unlinked_at = s.at
FROM identity_gone AS g, identity_span AS s
WHERE l.identifier_id = g.identifier_id AND l.unlinked_at IS NULL;

DELETE FROM identity.identity_conflict AS o USING identity_gone AS g
WHERE o.identifier_a = g.identifier_id OR o.identifier_b = g.identifier_id;

DELETE FROM identity.identifier_person AS o USING identity_gone AS g WHERE o.identifier_id = g.identifier_id;
