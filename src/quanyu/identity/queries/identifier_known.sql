-- identifier_known: one row per identifier known at the watermark
-- grain: identifier_id
-- reads: identifier
-- params: watermark int
-- source: M-38
SELECT i.identifier_id, i.id_type, i.namespace, i.first_batch_seq, i.first_seen_at
FROM identifier AS i
WHERE i.first_batch_seq <= $watermark
