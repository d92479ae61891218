-- category_breadth: how many buyers of the last 365 days bought two or more categories, over all and per value tier
-- grain: period_kind, period_start_date, group_code
-- reads: order_line_fact, value_tier
-- params: as_of date
-- source: M-18 cross-category share, E-18; categories are those of the products, not their parents
WITH buyer AS (
  SELECT l.person_id, count(DISTINCT l.category_id) AS categories
  FROM order_line_fact AS l
  WHERE l.is_valid AND l.person_id IS NOT NULL AND l.local_date > add_days($as_of, -365)
  GROUP BY l.person_id
),
grouped AS (
  SELECT 'all' AS group_code, b.person_id, b.categories FROM buyer AS b
  UNION ALL
  SELECT 'value_tier:' || t.tier AS group_code, b.person_id, b.categories
  FROM buyer AS b
  JOIN value_tier AS t ON t.person_id = b.person_id AND t.date = $as_of
),
counted AS (
  SELECT
    g.group_code, count(*) AS group_buyers, sum(CASE WHEN g.categories >= 2 THEN 1 ELSE 0 END) AS cross_buyers
  FROM grouped AS g
  GROUP BY g.group_code
)
SELECT
  'custom' AS period_kind, add_days($as_of, -364) AS period_start_date, add_days($as_of, 1) AS period_end_date,
  c.group_code, c.group_buyers, c.cross_buyers, safe_divide(c.cross_buyers, c.group_buyers) AS cross_rate
FROM counted AS c
