-- new_identifier: every identifier of the batch, and whether the warehouse does not know it yet
CREATE OR REPLACE TEMP TABLE new_identifier AS
WITH seen AS (
    SELECT identifier_id, min(id_type) AS id_type, min(namespace) AS namespace, min(value_hash) AS value_hash,
        min(normal) AS normal, min(seen_at) AS first_seen_at
    FROM seen_identifier
    GROUP BY identifier_id
)
SELECT seen.*, known.identifier_id IS NULL AS is_new
FROM seen
LEFT JOIN landing.identifier AS known USING (identifier_id)
