-- funnel_act: every act that takes a step of a funnel, by person or visitor
-- grain: actor_id, occurred_at, act_no
-- reads: funnel_way, event_fact, order_fact, channel, store
-- source: M-14, §2.9 (keys are joined to their person before ordering). An order is a checkout and, once paid, a
--         payment: a valid one where the funnel says so, else any, or an event that says so. A visitor is a number
--         below zero
WITH known_visitor AS (
  SELECT e.visitor_key, max(e.person_id) AS person_id
  FROM event_fact AS e
  WHERE e.person_id IS NOT NULL AND e.visitor_key IS NOT NULL
  GROUP BY e.visitor_key
  HAVING min(e.person_id) = max(e.person_id)
),
kind AS (
  SELECT DISTINCT w.act_no, w.type, w.is_valid, w.channel_id, w.in_store, w.touchpoint_id FROM funnel_way AS w
),
named_type AS (
  SELECT DISTINCT k.type FROM kind AS k
),
named_touchpoint AS (
  SELECT DISTINCT k.touchpoint_id FROM kind AS k
),
act AS (
  SELECT
    COALESCE(e.person_id, v.person_id, -hash60(e.visitor_key)) AS actor_id, e.type, e.occurred_at, e.local_date,
    COALESCE(e.channel_id, s.channel_id) AS channel_id, e.touchpoint_id, e.store_id IS NOT NULL AS in_store,
    FALSE AS is_valid
  FROM event_fact AS e
  LEFT JOIN known_visitor AS v ON v.visitor_key = e.visitor_key
  LEFT JOIN store AS s ON s.store_id = e.store_id
  WHERE e.person_id IS NOT NULL OR e.visitor_key IS NOT NULL
  UNION ALL
  SELECT
    o.person_id AS actor_id, k.type, COALESCE(o.paid_at, CAST(o.local_date AS TIMESTAMP)) AS occurred_at,
    o.local_date, COALESCE(o.ordered_channel_id, s.channel_id) AS channel_id, NULL AS touchpoint_id,
    o.store_id IS NOT NULL AS in_store, k.type = 'order_paid' AND o.is_valid AS is_valid
  FROM order_fact AS o
  CROSS JOIN (SELECT 'checkout' AS type UNION ALL SELECT 'order_paid' AS type) AS k
  LEFT JOIN store AS s ON s.store_id = o.store_id
  WHERE
    o.person_id IS NOT NULL AND o.local_date IS NOT NULL AND COALESCE(o.invalid_reason, '') NOT IN ('test', 'staff')
    AND (k.type = 'checkout' OR COALESCE(o.invalid_reason, '') NOT IN ('unpaid', 'cancelled'))
)
SELECT a.actor_id, a.occurred_at, k.act_no, min(a.local_date) AS local_date
FROM act AS a
LEFT JOIN named_type AS n ON n.type = a.type
LEFT JOIN named_touchpoint AS t ON t.touchpoint_id = a.touchpoint_id
LEFT JOIN channel AS c ON c.channel_id = a.channel_id
JOIN kind AS k
  ON k.type = COALESCE(n.type, '') AND k.channel_id = COALESCE(c.channel_id, '') AND k.in_store = a.in_store
  AND k.is_valid = a.is_valid AND k.touchpoint_id = COALESCE(t.touchpoint_id, '')
GROUP BY a.actor_id, a.occurred_at, k.act_no
