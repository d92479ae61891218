-- group_order: one row per valid order that the person's last click in a group brought
-- grain: order_id
-- reads: order_fact, event_fact
-- params: attr_message_days int
-- source: M-29, domain §2.0 (window of a message). A click in a group is group_click, checkout or order_paid there; the last
--         one up to the order counts, within the window that ends on the day of the order
WITH click AS (
  SELECT e.person_id, e.group_id, e.local_date, max(e.occurred_at) AS occurred_at, min(e.occurred_at) AS first_at
  FROM event_fact AS e
  WHERE e.group_id IS NOT NULL AND e.person_id IS NOT NULL AND e.type IN ('group_click', 'checkout', 'order_paid')
  GROUP BY e.person_id, e.group_id, e.local_date
),
candidate AS (
  SELECT
    o.order_id, c.group_id, o.person_id, o.local_date, o.net_fen,
    row_number() OVER (
      PARTITION BY o.order_id
      ORDER BY c.local_date DESC, CASE WHEN c.occurred_at <= o.paid_at THEN c.occurred_at ELSE c.first_at END DESC,
        c.group_id
    ) AS place
  FROM order_fact AS o
  JOIN click AS c
    ON c.person_id = o.person_id AND c.local_date <= o.local_date
    AND c.local_date > add_days(o.local_date, -$attr_message_days) AND COALESCE(c.first_at <= o.paid_at, TRUE)
  WHERE o.is_valid
)
SELECT c.order_id, c.group_id, c.person_id, c.local_date, c.net_fen
FROM candidate AS c
WHERE c.place = 1
