-- newcomer_day: the persons first seen on each day: how many were activated in time, and came back
-- grain: acquired_date
-- reads: acquisition, active_day, purchase_day_fact, event_fact
-- params: as_of date, core_action text, activation_days int
-- source: M-21, E-21. Only who has been known long enough is in a base. Core action `order_paid` is a valid order,
--         another one an event of that type; back: activated and active again on the days 15 to 45
WITH core AS (
  SELECT d.person_id, d.local_date FROM purchase_day_fact AS d WHERE $core_action = 'order_paid'
  UNION ALL
  SELECT e.person_id, e.local_date
  FROM event_fact AS e
  WHERE e.type = $core_action AND $core_action <> 'order_paid' AND e.person_id IS NOT NULL
),
activated AS (
  SELECT DISTINCT c.person_id
  FROM core AS c
  JOIN acquisition AS a ON a.person_id = c.person_id
  WHERE c.local_date >= a.acquired_date AND c.local_date <= add_days(a.acquired_date, $activation_days)
),
again AS (
  SELECT DISTINCT d.person_id
  FROM active_day AS d
  JOIN acquisition AS a ON a.person_id = d.person_id
  WHERE d.local_date >= add_days(a.acquired_date, 15) AND d.local_date <= add_days(a.acquired_date, 45)
)
SELECT
  a.acquired_date, count(*) AS new_persons, sum(CASE WHEN a.is_shared THEN 1 ELSE 0 END) AS shared_new_persons,
  sum(CASE WHEN add_days(a.acquired_date, $activation_days) <= $as_of THEN 1 ELSE 0 END) AS activation_base,
  sum(CASE
    WHEN add_days(a.acquired_date, $activation_days) <= $as_of AND c.person_id IS NOT NULL THEN 1 ELSE 0
  END) AS activated_persons,
  sum(CASE
    WHEN add_days(a.acquired_date, 45) <= $as_of AND c.person_id IS NOT NULL THEN 1 ELSE 0
  END) AS retention_base,
  sum(CASE
    WHEN add_days(a.acquired_date, 45) <= $as_of AND c.person_id IS NOT NULL AND g.person_id IS NOT NULL THEN 1 ELSE 0
  END) AS retained_persons
FROM acquisition AS a
LEFT JOIN activated AS c ON c.person_id = a.person_id
LEFT JOIN again AS g ON g.person_id = a.person_id
GROUP BY a.acquired_date
