-- pair_known: one row per record of evidence that two identifiers stood together, known at the watermark
-- grain: identifier_a, identifier_b, source, method, first_batch_seq
-- reads: identifier_pair
-- params: watermark int
-- source: M-38; methods are numbered from the strongest to the weakest
SELECT
  p.identifier_a, p.identifier_b, p.evidence, p.first_batch_seq, p.last_occurred_at,
  CASE p.method WHEN 'login' THEN 0 WHEN 'order' THEN 1 WHEN 'form' THEN 2 WHEN 'import' THEN 3 WHEN 'manual' THEN 4
    ELSE 5 END AS method
FROM identifier_pair AS p
WHERE p.first_batch_seq <= $watermark
