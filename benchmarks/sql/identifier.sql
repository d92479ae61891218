-- staged_identifier: every mention of an identifier; one row per identifier stays
INSERT INTO landing.identifier BY NAME
SELECT
  s.identifier_id, min(s.id_type) AS id_type,
  CASE min(s.id_type) WHEN 'device' THEN 'app' WHEN 'platform_buyer_id' THEN 'tmall' ELSE '' END AS namespace,
  printf('%064x', s.identifier_id) AS value_hash, FALSE AS verified, 1 AS first_batch_seq, min(s.seen_at) AS first_seen_at
FROM staged_identifier AS s
GROUP BY s.identifier_id
ORDER BY first_seen_at, s.identifier_id
