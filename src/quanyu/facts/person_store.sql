-- person_store: the stores that a person belongs to on the build's date, each with what makes it so
-- grain: person_id, store_id
-- per: person
-- reads: order_fact, membership_fact, relation_fact, associate, store
-- params: as_of date, scope_days int
-- source: domain §1.11 (ORG-01, ORG-08), decision 0170: where the person bought within the days of P.scope.orders (valid
--         orders), where the associate works who enrolled a live membership, or who looks after the person. An associate
--         who left keeps the store: its customers stay those of the store
WITH belonging AS (
  SELECT o.person_id, o.store_id, 1 AS bought, 0 AS enrolled, 0 AS served
  FROM order_fact AS o
  WHERE o.is_valid AND o.local_date > add_days($as_of, -$scope_days)
  UNION ALL
  SELECT m.person_id, a.store_id, 0 AS bought, 1 AS enrolled, 0 AS served
  FROM membership_fact AS m
  JOIN associate AS a ON a.associate_id = m.recruiter_associate_id
  WHERE m.until_date > $as_of
  UNION ALL
  SELECT r.person_id, a.store_id, 0 AS bought, 0 AS enrolled, 1 AS served
  FROM relation_fact AS r
  JOIN associate AS a ON a.associate_id = r.associate_id
  WHERE r.type = 'dedicated_service' AND r.until_date > $as_of
),
joined AS (
  SELECT b.person_id, b.store_id, max(b.bought) AS bought, max(b.enrolled) AS enrolled, max(b.served) AS served
  FROM belonging AS b
  WHERE b.person_id IS NOT NULL AND b.store_id IS NOT NULL
  GROUP BY b.person_id, b.store_id
)
SELECT
  j.person_id, j.store_id, s.region_id, j.bought = 1 AS has_bought, j.enrolled = 1 AS is_enrolled,
  j.served = 1 AS is_served
FROM joined AS j
LEFT JOIN store AS s ON s.store_id = j.store_id
