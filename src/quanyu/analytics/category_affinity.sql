-- category_affinity: pairs of the most bought top categories that the same persons bought in the last 365 days
-- grain: period_kind, period_start_date, category_a_id, category_b_id
-- reads: order_line_fact
-- params: as_of date, affinity_categories int
-- source: M-28 (affinity: P(A and B) / P(A)); lift = P(A and B) / (P(A) P(B)); top category is the parent where known;
--         buyers of anything include those whose categories are unknown, as in category_penetration
WITH line AS (
  SELECT DISTINCT l.person_id, COALESCE(l.parent_category_id, l.category_id) AS category_id
  FROM order_line_fact AS l
  WHERE l.is_valid AND l.person_id IS NOT NULL AND l.local_date > add_days($as_of, -365)
),
bought AS (
  SELECT l.person_id, l.category_id FROM line AS l WHERE l.category_id IS NOT NULL
),
counted AS (
  SELECT b.category_id, count(*) AS buyers, row_number() OVER (ORDER BY count(*) DESC, b.category_id) AS place
  FROM bought AS b
  GROUP BY b.category_id
),
kept AS (
  SELECT c.category_id, c.buyers FROM counted AS c WHERE c.place <= $affinity_categories
),
everyone AS (
  SELECT count(DISTINCT l.person_id) AS buyers FROM line AS l
),
pair AS (
  SELECT a.category_id AS category_a_id, b.category_id AS category_b_id, count(*) AS buyers_both
  FROM bought AS a
  JOIN kept AS k ON k.category_id = a.category_id
  JOIN bought AS b ON b.person_id = a.person_id AND b.category_id <> a.category_id
  JOIN kept AS m ON m.category_id = b.category_id
  GROUP BY a.category_id, b.category_id
)
SELECT
  'custom' AS period_kind, add_days($as_of, -364) AS period_start_date, add_days($as_of, 1) AS period_end_date,
  p.category_a_id, p.category_b_id, e.buyers AS buyers_all, a.buyers AS buyers_a, b.buyers AS buyers_b, p.buyers_both,
  safe_divide(p.buyers_both, a.buyers) AS affinity_rate,
  safe_divide(p.buyers_both * e.buyers, a.buyers * b.buyers) AS lift
FROM pair AS p
CROSS JOIN everyone AS e
JOIN kept AS a ON a.category_id = p.category_a_id
JOIN kept AS b ON b.category_id = p.category_b_id
