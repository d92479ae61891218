-- category_penetration: share of buyers of the last 365 days who bought each category, over all and per value tier
-- grain: period_kind, period_start_date, group_code, category_id
-- reads: order_line_fact, value_tier
-- params: as_of date
-- source: M-18, E-18; categories and their parents stand side by side and overlap: never add them up
WITH line AS (
  SELECT l.person_id, l.category_id, l.parent_category_id, l.net_fen, t.tier
  FROM order_line_fact AS l
  LEFT JOIN value_tier AS t ON t.person_id = l.person_id AND t.date = $as_of
  WHERE l.is_valid AND l.person_id IS NOT NULL AND l.local_date > add_days($as_of, -365)
),
grouped AS (
  SELECT 'all' AS group_code, l.person_id, l.category_id, l.parent_category_id, l.net_fen FROM line AS l
  UNION ALL
  SELECT 'value_tier:' || l.tier AS group_code, l.person_id, l.category_id, l.parent_category_id, l.net_fen
  FROM line AS l
  WHERE l.tier IS NOT NULL
),
group_buyer AS (
  SELECT g.group_code, count(DISTINCT g.person_id) AS buyers FROM grouped AS g GROUP BY g.group_code
),
placed AS (
  SELECT g.group_code, g.category_id, g.person_id, g.net_fen FROM grouped AS g WHERE g.category_id IS NOT NULL
  UNION ALL
  SELECT g.group_code, g.parent_category_id AS category_id, g.person_id, g.net_fen
  FROM grouped AS g
  WHERE g.parent_category_id IS NOT NULL AND COALESCE(g.category_id, '') <> g.parent_category_id
),
category_buyer AS (
  SELECT p.group_code, p.category_id, count(DISTINCT p.person_id) AS buyers, sum(p.net_fen) AS net_fen
  FROM placed AS p
  GROUP BY p.group_code, p.category_id
)
SELECT
  'custom' AS period_kind, add_days($as_of, -364) AS period_start_date, add_days($as_of, 1) AS period_end_date,
  c.group_code, c.category_id, b.buyers AS group_buyers, c.buyers, c.net_fen,
  safe_divide(c.buyers, b.buyers) AS penetration_rate
FROM category_buyer AS c
JOIN group_buyer AS b ON b.group_code = c.group_code
