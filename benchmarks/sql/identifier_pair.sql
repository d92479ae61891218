-- staged_pair: two identifiers that stood in one row
INSERT INTO landing.identifier_pair BY NAME
SELECT
  least(s.one, s.other) AS identifier_a, greatest(s.one, s.other) AS identifier_b, count(*) AS evidence,
  1 AS first_batch_seq, min(s.seen_at) AS first_occurred_at, max(s.seen_at) AS last_occurred_at, 'members' AS source,
  s.method
FROM staged_pair AS s
GROUP BY least(s.one, s.other), greatest(s.one, s.other), s.method
ORDER BY first_occurred_at, identifier_a, identifier_b
