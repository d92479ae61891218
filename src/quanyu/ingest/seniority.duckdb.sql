-- seniority: what a withdrawn batch named first keeps its place in time where the same content, read again, names it too
-- reads: the identifiers of the withdrawn batch ($old_path) and of the batch that reads its content now ($new_path)
UPDATE landing.identifier AS i SET first_batch_seq = $earlier
FROM (
    SELECT identifier_id FROM read_parquet($old_path)
    SEMI JOIN read_parquet($new_path) AS anew USING (identifier_id)
) AS named
WHERE named.identifier_id = i.identifier_id AND i.first_batch_seq > $earlier
