-- person_taste: how much each person is drawn to each thing of a family of preference, later acts counting more
-- grain: person_id, family, item
-- per: person
-- reads: category_preference, event_fact, order_fact, order_line_fact, product, content, campaign, decay_weight
-- params: as_of date
-- source: M-16 (E-16b): weight 2^(−age/half-life); ANA-16 (product in three depths, channel, content, activity). Acts are
--         those of category_preference; content is known by its kind, activity by the kind of its campaign; ties go to the
--         later act, then to the item's name
WITH event_day AS (
  SELECT
    e.person_id, e.product_id, e.channel_id, e.content_id, e.campaign_id, e.local_date, count(*) AS acts
  FROM event_fact AS e
  WHERE e.person_id IS NOT NULL AND e.activity IN ('shallow', 'deep') AND e.local_date > add_days($as_of, -365)
  GROUP BY e.person_id, e.product_id, e.channel_id, e.content_id, e.campaign_id, e.local_date
),
line_day AS (
  SELECT l.person_id, l.product_id, l.brand_id, l.local_date, count(*) AS acts
  FROM order_line_fact AS l
  WHERE l.person_id IS NOT NULL AND l.is_valid AND l.local_date > add_days($as_of, -365)
  GROUP BY l.person_id, l.product_id, l.brand_id, l.local_date
),
order_day AS (
  SELECT o.person_id, o.ordered_channel_id, o.campaign_id, o.local_date, count(*) AS acts
  FROM order_fact AS o
  WHERE o.person_id IS NOT NULL AND o.is_valid AND o.local_date > add_days($as_of, -365)
  GROUP BY o.person_id, o.ordered_channel_id, o.campaign_id, o.local_date
),
made AS (
  SELECT p.product_id, max(p.brand_id) AS brand_id FROM product AS p GROUP BY p.product_id
),
written AS (
  SELECT c.content_id, max(c.kind) AS kind FROM content AS c GROUP BY c.content_id
),
run AS (
  SELECT c.campaign_id, max(c.kind) AS kind FROM campaign AS c GROUP BY c.campaign_id
),
act AS (
  SELECT e.person_id, 'product' AS family, e.product_id AS item, e.local_date, e.acts FROM event_day AS e
  UNION ALL
  SELECT l.person_id, 'product' AS family, l.product_id AS item, l.local_date, l.acts FROM line_day AS l
  UNION ALL
  SELECT e.person_id, 'brand' AS family, m.brand_id AS item, e.local_date, e.acts
  FROM event_day AS e
  JOIN made AS m ON m.product_id = e.product_id
  UNION ALL
  SELECT l.person_id, 'brand' AS family, l.brand_id AS item, l.local_date, l.acts FROM line_day AS l
  UNION ALL
  SELECT e.person_id, 'channel' AS family, e.channel_id AS item, e.local_date, e.acts FROM event_day AS e
  UNION ALL
  SELECT o.person_id, 'channel' AS family, o.ordered_channel_id AS item, o.local_date, o.acts FROM order_day AS o
  UNION ALL
  SELECT e.person_id, 'content' AS family, w.kind AS item, e.local_date, e.acts
  FROM event_day AS e
  JOIN written AS w ON w.content_id = e.content_id
  UNION ALL
  SELECT e.person_id, 'activity' AS family, r.kind AS item, e.local_date, e.acts
  FROM event_day AS e
  JOIN run AS r ON r.campaign_id = e.campaign_id
  UNION ALL
  SELECT o.person_id, 'activity' AS family, r.kind AS item, o.local_date, o.acts
  FROM order_day AS o
  JOIN run AS r ON r.campaign_id = o.campaign_id
),
scored AS (
  SELECT
    a.person_id, a.family, a.item, sum(a.acts * w.weight) AS score, sum(a.acts) AS acts, max(a.local_date) AS last_date
  FROM act AS a
  JOIN decay_weight AS w ON w.age_days = days_between(a.local_date, $as_of)
  WHERE a.item IS NOT NULL
  GROUP BY a.person_id, a.family, a.item
  UNION ALL
  SELECT c.person_id, 'category' AS family, c.category_id AS item, c.score, c.acts, c.last_date
  FROM category_preference AS c
),
placed AS (
  SELECT
    s.person_id, s.family, s.item, s.score, s.acts, s.last_date,
    row_number() OVER (PARTITION BY s.person_id, s.family ORDER BY s.score DESC, s.last_date DESC, s.item) AS place
  FROM scored AS s
)
SELECT p.person_id, p.family, p.item, p.score, p.acts, p.last_date, p.place
FROM placed AS p
