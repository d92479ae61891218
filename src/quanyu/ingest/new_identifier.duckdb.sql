-- new_identifier: identifiers of the batch that the warehouse does not know yet
CREATE OR REPLACE TEMP TABLE new_identifier AS
SELECT identifier_id, min(id_type) AS id_type, min(namespace) AS namespace, min(value_hash) AS value_hash,
    min(normal) AS normal, min(seen_at) AS first_seen_at
FROM seen_identifier
ANTI JOIN landing.identifier USING (identifier_id)
GROUP BY identifier_id
