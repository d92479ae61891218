-- identity_match: of the persons who have an identifier of type A, how many have one of type B too
-- grain: date, id_type_a, id_type_b
-- reads: identifier, identifier_person
-- params: as_of date
-- source: M-38 match_rate(a, b)
WITH held AS (
  SELECT p.person_id, i.id_type
  FROM identifier_person AS p
  JOIN identifier AS i ON i.identifier_id = p.identifier_id
  WHERE p.person_id IS NOT NULL
  GROUP BY p.person_id, i.id_type
),
having_a AS (
  SELECT h.id_type, count(*) AS persons FROM held AS h GROUP BY h.id_type
),
having_both AS (
  SELECT a.id_type AS id_type_a, b.id_type AS id_type_b, count(*) AS persons
  FROM held AS a
  JOIN held AS b ON b.person_id = a.person_id
  GROUP BY a.id_type, b.id_type
)
SELECT
  $as_of AS date, a.id_type AS id_type_a, b.id_type AS id_type_b, a.persons AS persons_a,
  COALESCE(t.persons, 0) AS persons_both, safe_divide(COALESCE(t.persons, 0), a.persons) AS match_rate
FROM having_a AS a
CROSS JOIN having_a AS b
LEFT JOIN having_both AS t ON t.id_type_a = a.id_type AND t.id_type_b = b.id_type
WHERE a.id_type <> b.id_type
