-- seniority: what a withdrawn batch brought first keeps its place in time when the same content was read again
-- reads: the identifiers of the withdrawn batch ($path)
UPDATE landing.identifier AS i SET first_batch_seq = $earlier
FROM read_parquet($path) AS e
WHERE e.identifier_id = i.identifier_id AND i.first_batch_seq = $later
