-- capital_span: the days on which a person is in the brand's Capital: a live relation whose channel reaches the person
-- grain: person_id, from_date
-- per: person
-- reads: capital_relation
-- source: domain M-08: one person with five relations counts once. Evidence is the relation that opened the span
WITH covered AS (
  SELECT
    h.person_id, h.relation_id, h.from_date, h.until_date,
    max(h.until_date) OVER (
      PARTITION BY h.person_id ORDER BY h.from_date, h.relation_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS covered_until
  FROM capital_relation AS h
),
placed AS (
  SELECT
    c.person_id, c.relation_id, c.from_date, c.until_date,
    sum(CASE WHEN c.covered_until >= c.from_date THEN 0 ELSE 1 END) OVER (
      PARTITION BY c.person_id ORDER BY c.from_date, c.relation_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS island_no,
    row_number() OVER (PARTITION BY c.person_id ORDER BY c.from_date, c.relation_id) AS piece_no
  FROM covered AS c
)
SELECT
  p.person_id, min(p.from_date) AS from_date, max(p.until_date) AS until_date,
  min_by(p.relation_id, p.piece_no) AS evidence_id
FROM placed AS p
GROUP BY p.person_id, p.island_no
