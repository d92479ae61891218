-- product_quadrant: each style's share of its category's 5R persons and its R3 inflow, and the quadrant they make
-- grain: spu_id
-- reads: stage_scope_count, stage_scope_flow, product, snapshot_date
-- params: as_of date, param_version text
-- source: M-05 (opportunity high, high · potential share low, inflow high · breakthrough share high, inflow low ·
--         exploration low, low). High is at or above the median of the category's styles, as in M-41; a style alone in
--         its category, or without opening R1 and R2, has no quadrant
WITH style AS (
  SELECT p.spu_id, min(p.category_id) AS category_id FROM product AS p WHERE p.spu_id IS NOT NULL GROUP BY p.spu_id
),
opened AS (
  SELECT s.date, s.previous_date FROM snapshot_date AS s WHERE s.date = $as_of AND s.previous_date IS NOT NULL
),
asset AS (
  SELECT c.scope, sum(c.persons) AS persons
  FROM stage_scope_count AS c
  WHERE c.model = '5r' AND c.date = $as_of
  GROUP BY c.scope
),
inflow AS (
  SELECT
    f.scope, sum(CASE WHEN f.from_stage <> 'none' THEN f.persons ELSE 0 END) AS opening_persons,
    sum(CASE WHEN f.from_stage <> 'none' AND f.to_stage = 'r3' THEN f.persons ELSE 0 END) AS inflow_persons,
    sum(CASE WHEN f.from_stage = 'none' AND f.to_stage = 'r3' THEN f.persons ELSE 0 END) AS outside_inflow_persons
  FROM stage_scope_flow AS f
  WHERE f.model = '5r' AND f.d1 = $as_of AND f.from_stage IN ('none', 'r1', 'r2')
  GROUP BY f.scope
),
measured AS (
  SELECT
    t.spu_id, t.category_id, d.date, d.previous_date, a.persons AS asset_persons, c.persons AS category_asset_persons,
    COALESCE(i.opening_persons, 0) AS opening_persons, COALESCE(i.inflow_persons, 0) AS inflow_persons,
    COALESCE(i.outside_inflow_persons, 0) AS outside_inflow_persons, safe_divide(a.persons, c.persons) AS asset_share,
    safe_divide(i.inflow_persons, i.opening_persons) AS inflow_rate
  FROM style AS t
  CROSS JOIN opened AS d
  JOIN asset AS a ON a.scope = 'spu:' || t.spu_id
  LEFT JOIN asset AS c ON c.scope = 'category:' || t.category_id
  LEFT JOIN inflow AS i ON i.scope = 'spu:' || t.spu_id
),
ranked AS (
  SELECT
    m.spu_id, m.category_id, m.asset_share, m.inflow_rate,
    row_number() OVER (PARTITION BY m.category_id ORDER BY m.asset_share, m.spu_id) AS share_place,
    row_number() OVER (PARTITION BY m.category_id ORDER BY m.inflow_rate, m.spu_id) AS inflow_place,
    count(*) OVER (PARTITION BY m.category_id) AS styles
  FROM measured AS m
  WHERE m.asset_share IS NOT NULL AND m.inflow_rate IS NOT NULL
),
cut AS (
  SELECT
    r.category_id, max(CASE WHEN r.share_place = int_div(r.styles, 2) + 1 THEN r.asset_share END) AS share_cut,
    max(CASE WHEN r.inflow_place = int_div(r.styles, 2) + 1 THEN r.inflow_rate END) AS inflow_cut
  FROM ranked AS r
  WHERE r.styles > 1
  GROUP BY r.category_id
)
SELECT
  m.spu_id, m.category_id, m.date, m.previous_date, m.asset_persons, m.category_asset_persons, m.opening_persons,
  m.inflow_persons, m.outside_inflow_persons, m.asset_share, m.inflow_rate,
  CASE
    WHEN m.asset_share >= k.share_cut AND m.inflow_rate >= k.inflow_cut THEN 'opportunity'
    WHEN m.asset_share < k.share_cut AND m.inflow_rate >= k.inflow_cut THEN 'potential'
    WHEN m.asset_share >= k.share_cut AND m.inflow_rate < k.inflow_cut THEN 'breakthrough'
    WHEN m.asset_share < k.share_cut AND m.inflow_rate < k.inflow_cut THEN 'exploration'
  END AS quadrant,
  $param_version AS param_version
FROM measured AS m
LEFT JOIN cut AS k ON k.category_id = m.category_id
