-- person_brand: the brands of which a person bought anything within the days of P.scope.orders before the build's date
-- grain: person_id, brand_id
-- per: person
-- reads: order_line_fact
-- params: as_of date, scope_days int
-- source: domain §1.11 (ORG-09), decision 0170: valid lines
SELECT DISTINCT l.person_id, l.brand_id
FROM order_line_fact AS l
WHERE l.is_valid AND l.person_id IS NOT NULL AND l.brand_id IS NOT NULL AND l.local_date > add_days($as_of, -$scope_days)
