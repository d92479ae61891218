-- signal_day: one row per local date on which a person gave a signal that some condition of the stage rules listens to
-- grain: person_id, signal, local_date
-- per: person
-- reads: event_fact, stage_signal, purchase_day_fact, order_fact, membership_fact, spread_fact
-- source: domain M-05, M-06, M-09; the only pass over the events for stages. A purchase day as a member has a valid order
--         that names the member, paid not before the person's first joining; refunded orders are no purchase days
WITH joined AS (
  SELECT m.person_id, min(m.joined_at) AS joined_at, min(m.from_date) AS from_date
  FROM membership_fact AS m
  WHERE m.person_id IS NOT NULL
  GROUP BY m.person_id
),
given AS (
  SELECT e.person_id, s.signal, e.local_date, e.event_id AS evidence_event_id
  FROM event_fact AS e
  JOIN stage_signal AS s ON s.type = e.type
  WHERE e.person_id IS NOT NULL
  UNION ALL
  SELECT
    p.person_id, 'purchase' AS signal, p.local_date, 'purchase_day:' || CAST(p.local_date AS VARCHAR)
      AS evidence_event_id
  FROM purchase_day_fact AS p
  UNION ALL
  SELECT o.person_id, 'member_buy' AS signal, o.local_date, 'order:' || o.order_id AS evidence_event_id
  FROM order_fact AS o
  JOIN joined AS j ON j.person_id = o.person_id
  WHERE o.is_valid AND o.member_id IS NOT NULL AND o.local_date >= j.from_date
    AND COALESCE(o.paid_at >= j.joined_at, TRUE)
  UNION ALL
  SELECT s.person_id, s.kind AS signal, s.local_date, 'spread:' || s.spread_id AS evidence_event_id
  FROM spread_fact AS s
)
SELECT g.person_id, g.signal, g.local_date, min(g.evidence_event_id) AS evidence_event_id
FROM given AS g
GROUP BY g.person_id, g.signal, g.local_date
