-- industry_penetration: the brand's persons in each category whose market is known, per person of that market
-- grain: category_id
-- reads: market_size, category_penetration, stage_scope_count
-- params: as_of date, param_version text
-- source: M-18, E-18 (brand persons, buyers or 5R assets, / category population). Of each category the newest figures
--         known by the date; its areas are parts of one whole, so they add up
WITH known AS (
  SELECT m.category_id, m.period, max(COALESCE(m.as_of, DATE '1900-01-01')) AS known_date
  FROM market_size AS m
  WHERE COALESCE(m.as_of, DATE '1900-01-01') <= $as_of AND m.persons IS NOT NULL
  GROUP BY m.category_id, m.period
),
ranked AS (
  SELECT
    k.category_id, k.period,
    row_number() OVER (PARTITION BY k.category_id ORDER BY k.known_date DESC, k.period DESC) AS place
  FROM known AS k
),
market AS (
  SELECT m.category_id, m.period, sum(m.persons) AS persons, max(m.origin) AS origin
  FROM market_size AS m
  JOIN ranked AS r ON r.category_id = m.category_id AND r.period = m.period AND r.place = 1
  GROUP BY m.category_id, m.period
),
asset AS (
  SELECT c.scope, sum(c.persons) AS persons
  FROM stage_scope_count AS c
  WHERE c.model = '5r' AND c.date = $as_of
  GROUP BY c.scope
)
SELECT
  m.category_id, $as_of AS date, m.period, m.persons AS market_persons, COALESCE(b.buyers, 0) AS buyers,
  a.persons AS asset_persons, safe_divide(COALESCE(b.buyers, 0), m.persons) AS buyer_penetration,
  safe_divide(a.persons, m.persons) AS asset_penetration, m.origin, $param_version AS param_version
FROM market AS m
LEFT JOIN category_penetration AS b ON b.group_code = 'all' AND b.category_id = m.category_id
LEFT JOIN asset AS a ON a.scope = 'category:' || m.category_id
