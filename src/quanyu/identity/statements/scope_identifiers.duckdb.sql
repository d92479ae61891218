-- scope_identifiers: the identifiers of the scope
-- grain: identifier_id
-- source: queries/identifier_known.sql
SELECT i.identifier_id, i.id_type, i.namespace, i.first_batch_seq, i.first_seen_at
FROM landing.identifier AS i
SEMI JOIN identity_scope AS s ON s.identifier_id = i.identifier_id
WHERE i.first_batch_seq <= (SELECT until_seq FROM identity_span)
