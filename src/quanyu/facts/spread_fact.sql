-- spread_fact: one row per successful spread: a positive review of a bought product, or an order that a share brought
-- grain: spread_id
-- per: person
-- reads: review, order_fact, order_line_fact, share_order_fact, identifier_person
-- params: as_of date, review_positive int
-- source: domain M-09: positive is a rating of P.fp.review_positive or more, or a positive sentiment; bought is the
--         valid order that the review names, else the person's last valid line of the product by the day of the review. A
--         share succeeds on the day of the order it brought
WITH praise AS (
  SELECT r.review_id, i.person_id, r.order_id, r.product_id, r.local_date
  FROM review AS r
  JOIN identifier_person AS i ON i.identifier_id = r.identifier_id
  WHERE
    i.person_id IS NOT NULL AND r.local_date <= $as_of
    AND (r.rating >= $review_positive OR r.sentiment = 'positive')
),
bought AS (
  SELECT p.review_id, o.order_id, o.local_date, 1 AS place
  FROM praise AS p
  JOIN order_fact AS o ON o.order_id = p.order_id AND o.person_id = p.person_id AND o.is_valid
  UNION
  SELECT p.review_id, l.order_id, l.local_date, 2 AS place
  FROM praise AS p
  JOIN order_line_fact AS l
    ON l.person_id = p.person_id AND l.product_id = p.product_id AND l.is_valid AND l.local_date <= p.local_date
),
chosen AS (
  SELECT
    b.review_id, b.order_id,
    row_number() OVER (PARTITION BY b.review_id ORDER BY b.place, b.local_date DESC, b.order_id) AS choice
  FROM bought AS b
)
SELECT
  'review:' || p.review_id AS spread_id, p.person_id, p.local_date, 'review' AS kind, c.order_id,
  CAST(NULL AS BIGINT) AS referred_person_id
FROM praise AS p
JOIN chosen AS c ON c.review_id = p.review_id AND c.choice = 1
UNION ALL
SELECT
  'share:' || s.order_id AS spread_id, s.sharer_person_id AS person_id, s.local_date, 'share' AS kind, s.order_id,
  s.person_id AS referred_person_id
FROM share_order_fact AS s
