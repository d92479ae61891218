-- scope_pairs: the evidence whose both ends lie in the scope
-- grain: identifier_a, identifier_b, source, method, first_batch_seq
-- source: queries/pair_known.sql
SELECT
  p.identifier_a, p.identifier_b, p.evidence, p.first_batch_seq, p.last_occurred_at,
  CASE p.method WHEN 'login' THEN 0 WHEN 'order' THEN 1 WHEN 'form' THEN 2 WHEN 'import' THEN 3 WHEN 'manual' THEN 4
    ELSE 5 END AS method
FROM landing.identifier_pair AS p
SEMI JOIN identity_scope AS a ON a.identifier_id = p.identifier_a
SEMI JOIN identity_scope AS b ON b.identifier_id = p.identifier_b
WHERE p.first_batch_seq <= (SELECT until_seq FROM identity_span)
