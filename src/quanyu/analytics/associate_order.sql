-- associate_order: one row per valid order that is credited to an associate
-- grain: order_id
-- reads: order_fact, relation_fact
-- kept: view
-- source: M-28, domain §2.9. The associate that the order names; else the one whom the person added last, of those whose
--         contact they still were on the day of the order
WITH bound AS (
  SELECT
    o.order_id, r.associate_id,
    row_number() OVER (PARTITION BY o.order_id ORDER BY r.started_at DESC, r.relation_id) AS place
  FROM order_fact AS o
  JOIN relation_fact AS r
    ON r.person_id = o.person_id AND r.type = 'dedicated_service' AND r.associate_id IS NOT NULL
    AND r.from_date <= o.local_date AND r.until_date > o.local_date
  WHERE o.is_valid AND o.associate_id IS NULL
)
SELECT
  o.order_id, COALESCE(o.associate_id, b.associate_id) AS associate_id, o.person_id, o.local_date, o.net_fen, o.units,
  o.associate_id IS NOT NULL AS is_named
FROM order_fact AS o
LEFT JOIN bound AS b ON b.order_id = o.order_id AND b.place = 1
WHERE o.is_valid AND COALESCE(o.associate_id, b.associate_id) IS NOT NULL
