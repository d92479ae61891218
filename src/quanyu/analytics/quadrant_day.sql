-- quadrant_day: the local dates on which a person was seen in a half of a quadrant
-- grain: person_id, local_date, quadrant, line
-- reads: event_fact, order_fact, channel_dim
-- source: M-37, domain §2.9: seen is any event, received or done, or a valid order. A line that the channel does not
--         tell is unknown
WITH act AS (
  SELECT e.person_id, e.local_date, e.channel_id, min(e.occurred_at) AS first_at
  FROM event_fact AS e
  WHERE e.person_id IS NOT NULL AND e.channel_id IS NOT NULL
  GROUP BY e.person_id, e.local_date, e.channel_id
  UNION ALL
  SELECT o.person_id, o.local_date, o.ordered_channel_id AS channel_id, min(o.paid_at) AS first_at
  FROM order_fact AS o
  WHERE o.is_valid AND o.person_id IS NOT NULL AND o.ordered_channel_id IS NOT NULL
  GROUP BY o.person_id, o.local_date, o.ordered_channel_id
)
SELECT
  a.person_id, a.local_date, c.quadrant, COALESCE(c.line, 'unknown') AS line, min(a.first_at) AS first_at
FROM act AS a
JOIN channel_dim AS c ON c.channel_id = a.channel_id
WHERE c.quadrant IS NOT NULL
GROUP BY a.person_id, a.local_date, c.quadrant, COALESCE(c.line, 'unknown')
