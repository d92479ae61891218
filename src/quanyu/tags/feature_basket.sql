-- feature_basket: what stood on the valid order lines of each buyer, as of the build's date
-- grain: person_id
-- per: person
-- reads: order_line_fact
-- params: as_of date
-- source: domain §2.0, TAG-15; a line is at full price when neither discount nor coupon lowered it.
--         Quantities have six decimals: a million times one is whole
WITH product_line AS (
  SELECT
    l.person_id, l.product_id, max(l.category_id) AS category_id, max(l.brand_id) AS brand_id, sum(l.qty) AS units,
    sum(l.net_fen) AS net_fen, count(*) AS lines, count(DISTINCT l.local_date) AS days,
    count(*) FILTER (WHERE COALESCE(l.discount_fen, 0) <= 0 AND COALESCE(l.coupon_fen, 0) <= 0) AS full_price_lines,
    max(CASE WHEN l.qty >= 1 THEN int_div(l.net_fen * 1000000, floor(l.qty * 1000000)) END) AS dearest_unit_fen
  FROM order_line_fact AS l
  WHERE l.person_id IS NOT NULL AND l.is_valid AND l.local_date <= $as_of
  GROUP BY l.person_id, l.product_id
)
SELECT
  p.person_id, sum(p.units) AS units, count(p.product_id) AS products,
  count(p.product_id) FILTER (WHERE p.days >= 2) AS again_products,
  int_div(sum(p.net_fen) * 1000000, floor(sum(p.units) * 1000000)) AS unit_price_fen,
  max(p.dearest_unit_fen) AS dearest_unit_fen, sum(p.full_price_lines) AS full_price_lines,
  sum(p.lines) AS lines, count(DISTINCT p.category_id) AS categories, count(DISTINCT p.brand_id) AS brands
FROM product_line AS p
GROUP BY p.person_id
