-- active_day: one row per person and local date with an act that counts as active, a visit or a purchase
-- grain: person_id, local_date
-- reads: event_fact, visit_fact, purchase_day_fact
-- source: M-15 (event_type.counts_as_active: what a person only received makes nobody active); a visit and a purchase
--         are acts of the person
SELECT e.person_id, e.local_date FROM event_fact AS e WHERE e.person_id IS NOT NULL AND e.counts_as_active
UNION
SELECT v.person_id, v.local_date FROM visit_fact AS v WHERE v.person_id IS NOT NULL
UNION
SELECT d.person_id, d.local_date FROM purchase_day_fact AS d
