-- feature_taste: the two first things of each family of preference of a person, and what all of the family weigh
-- grain: person_id
-- per: person
-- reads: person_taste
-- source: M-16 (E-16b), ANA-16, TAG-16
SELECT
  t.person_id,
  max(CASE WHEN t.family = 'category' AND t.place = 1 THEN t.item END) AS top_category,
  max(CASE WHEN t.family = 'category' AND t.place = 2 THEN t.item END) AS second_category,
  max(CASE WHEN t.family = 'category' AND t.place = 1 THEN t.score END) AS category_score,
  sum(CASE WHEN t.family = 'category' THEN t.score END) AS category_total,
  max(CASE WHEN t.family = 'brand' AND t.place = 1 THEN t.item END) AS top_brand,
  max(CASE WHEN t.family = 'brand' AND t.place = 2 THEN t.item END) AS second_brand,
  max(CASE WHEN t.family = 'brand' AND t.place = 1 THEN t.score END) AS brand_score,
  sum(CASE WHEN t.family = 'brand' THEN t.score END) AS brand_total,
  max(CASE WHEN t.family = 'product' AND t.place = 1 THEN t.item END) AS top_product,
  max(CASE WHEN t.family = 'product' AND t.place = 2 THEN t.item END) AS second_product,
  max(CASE WHEN t.family = 'product' AND t.place = 1 THEN t.score END) AS product_score,
  sum(CASE WHEN t.family = 'product' THEN t.score END) AS product_total,
  max(CASE WHEN t.family = 'channel' AND t.place = 1 THEN t.item END) AS top_channel,
  max(CASE WHEN t.family = 'channel' AND t.place = 2 THEN t.item END) AS second_channel,
  max(CASE WHEN t.family = 'channel' AND t.place = 1 THEN t.score END) AS channel_score,
  sum(CASE WHEN t.family = 'channel' THEN t.score END) AS channel_total,
  max(CASE WHEN t.family = 'content' AND t.place = 1 THEN t.item END) AS top_content,
  max(CASE WHEN t.family = 'content' AND t.place = 2 THEN t.item END) AS second_content,
  max(CASE WHEN t.family = 'content' AND t.place = 1 THEN t.score END) AS content_score,
  sum(CASE WHEN t.family = 'content' THEN t.score END) AS content_total,
  max(CASE WHEN t.family = 'activity' AND t.place = 1 THEN t.item END) AS top_activity,
  max(CASE WHEN t.family = 'activity' AND t.place = 2 THEN t.item END) AS second_activity,
  max(CASE WHEN t.family = 'activity' AND t.place = 1 THEN t.score END) AS activity_score,
  sum(CASE WHEN t.family = 'activity' THEN t.score END) AS activity_total
FROM person_taste AS t
GROUP BY t.person_id
