-- category_preference: how much each person is drawn to each category, later acts counting more
-- grain: person_id, category_id
-- per: person
-- reads: event_fact, product, order_line_fact, decay_weight
-- params: as_of date, param_version text
-- source: M-16 (E-16b): weight 2^(−age/half-life). Acts are events of interest (shallow and deep) and valid lines
--         bought, of the last 365 days; ties go to the later act, then to the category's name
WITH act AS (
  SELECT e.person_id, COALESCE(e.category_id, p.category_id) AS category_id, e.local_date
  FROM event_fact AS e
  LEFT JOIN product AS p ON p.product_id = e.product_id
  WHERE e.person_id IS NOT NULL AND e.activity IN ('shallow', 'deep') AND e.local_date > add_days($as_of, -365)
  UNION ALL
  SELECT l.person_id, l.category_id, l.local_date
  FROM order_line_fact AS l
  WHERE l.person_id IS NOT NULL AND l.is_valid AND l.local_date > add_days($as_of, -365)
),
scored AS (
  SELECT a.person_id, a.category_id, count(*) AS acts, max(a.local_date) AS last_date, sum(w.weight) AS score
  FROM act AS a
  JOIN decay_weight AS w ON w.age_days = days_between(a.local_date, $as_of)
  WHERE a.category_id IS NOT NULL
  GROUP BY a.person_id, a.category_id
)
SELECT
  s.person_id, s.category_id, s.score, s.acts, s.last_date,
  row_number() OVER (PARTITION BY s.person_id ORDER BY s.score DESC, s.last_date DESC, s.category_id) AS rank,
  $param_version AS param_version
FROM scored AS s
