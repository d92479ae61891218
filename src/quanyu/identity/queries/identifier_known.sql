-- identifier_known: one row per identifier known at the watermark, eldest first
-- grain: identifier_id
-- reads: identifier
-- params: watermark int
-- source: M-38; the order decides which identifier is the elder
SELECT i.identifier_id, i.id_type, i.namespace, i.first_batch_seq
FROM identifier AS i
WHERE i.first_batch_seq <= $watermark
ORDER BY i.first_batch_seq, i.identifier_id
