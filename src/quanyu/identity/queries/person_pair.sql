-- person_pair: the evidence that touches the identifiers of one person, with what the other end is
-- grain: identifier_a, identifier_b, source, method, first_batch_seq
-- reads: identifier_pair, identifier_person
-- params: wanted int, watermark int
-- source: M-38
WITH asked AS (
  SELECT p.identifier_id, p.person_id FROM identifier_person AS p WHERE p.identifier_id = $wanted
),
own AS (
  SELECT p.identifier_id
  FROM asked AS a
  JOIN identifier_person AS p ON p.person_id = a.person_id OR p.identifier_id = a.identifier_id
),
touching AS (
  SELECT p.identifier_a, p.identifier_b, p.source, p.method, p.first_batch_seq
  FROM identifier_pair AS p JOIN own AS o ON o.identifier_id = p.identifier_a
  UNION
  SELECT p.identifier_a, p.identifier_b, p.source, p.method, p.first_batch_seq
  FROM identifier_pair AS p JOIN own AS o ON o.identifier_id = p.identifier_b
)
SELECT
  p.identifier_a, p.identifier_b, p.source, p.method, p.first_batch_seq, p.evidence, p.first_occurred_at,
  p.last_occurred_at
FROM touching AS t
JOIN identifier_pair AS p
  ON p.identifier_a = t.identifier_a AND p.identifier_b = t.identifier_b AND p.source = t.source
    AND p.method = t.method AND p.first_batch_seq = t.first_batch_seq
WHERE p.first_batch_seq <= $watermark
