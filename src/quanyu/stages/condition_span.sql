-- condition_span: one row per maximal span of days on which a condition that holds only together with others does hold
-- grain: condition_no, person_id, from_date
-- per: person
-- reads: condition_piece, stage_rule
-- source: domain §2.0, M-05, M-09; the union of overlapping pieces: a span begins where every piece before has ended
WITH paired_condition AS (
  SELECT DISTINCT r.condition_no FROM stage_rule AS r WHERE r.conditions > 1
),
piece AS (
  SELECT p.condition_no, p.person_id, p.from_date, max(p.until_date) AS until_date
  FROM condition_piece AS p
  JOIN paired_condition AS c ON c.condition_no = p.condition_no
  WHERE p.from_date < p.until_date
  GROUP BY p.condition_no, p.person_id, p.from_date
),
placed AS (
  SELECT
    p.condition_no, p.person_id, p.from_date, p.until_date,
    max(p.until_date) OVER (
      PARTITION BY p.condition_no, p.person_id ORDER BY p.from_date ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS ended_date
  FROM piece AS p
),
numbered AS (
  SELECT
    p.condition_no, p.person_id, p.from_date, p.until_date,
    sum(CASE WHEN p.ended_date >= p.from_date THEN 0 ELSE 1 END) OVER (
      PARTITION BY p.condition_no, p.person_id ORDER BY p.from_date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS span_no
  FROM placed AS p
)
SELECT n.condition_no, n.person_id, min(n.from_date) AS from_date, max(n.until_date) AS until_date
FROM numbered AS n
GROUP BY n.condition_no, n.person_id, n.span_no
