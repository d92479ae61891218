-- group_person: what each person was and did in each group in each longer period
-- grain: period_kind, period_start_date, group_id, person_id
-- reads: report_period, relation_fact, event_fact, group_order, group_chat
-- params: as_of date
-- source: M-29. A member at the end: in the group on the last day of the period (of a running one, the build date). Active:
--         spoke, clicked, bought or did anything else there that counts as active
WITH longer AS (
  SELECT p.period_kind, p.period_start_date, p.period_end_date, LEAST(add_days(p.period_end_date, -1), $as_of) AS last_day
  FROM report_period AS p
  WHERE p.period_kind IN ('month', 'quarter', 'year')
),
act_day AS (
  SELECT
    e.group_id, e.person_id, e.local_date,
    max(CASE WHEN e.type IN ('group_click', 'checkout', 'order_paid') THEN 1 ELSE 0 END) AS clicked
  FROM event_fact AS e
  WHERE
    e.group_id IS NOT NULL AND e.person_id IS NOT NULL AND e.counts_as_active AND e.type <> 'group_joined'
  GROUP BY e.group_id, e.person_id, e.local_date
),
part AS (
  SELECT
    p.period_kind, p.period_start_date, r.group_id, r.person_id,
    CASE WHEN r.from_date <= p.last_day AND r.until_date > p.last_day THEN 1 ELSE 0 END AS is_member,
    CASE WHEN r.from_date >= p.period_start_date AND r.from_date < p.period_end_date THEN 1 ELSE 0 END AS joined,
    CASE WHEN r.until_date >= p.period_start_date AND r.until_date < p.period_end_date THEN 1 ELSE 0 END AS departed,
    0 AS active, 0 AS clicked, 0 AS orders, 0 AS net_fen
  FROM relation_fact AS r
  JOIN longer AS p ON r.from_date < p.period_end_date AND r.until_date >= p.period_start_date
  WHERE r.type = 'group_member' AND r.group_id IS NOT NULL AND r.person_id IS NOT NULL
  UNION ALL
  SELECT
    p.period_kind, p.period_start_date, a.group_id, a.person_id, 0 AS is_member, 0 AS joined, 0 AS departed, 1 AS active,
    a.clicked, 0 AS orders, 0 AS net_fen
  FROM act_day AS a
  JOIN longer AS p ON a.local_date >= p.period_start_date AND a.local_date < p.period_end_date
  UNION ALL
  SELECT
    p.period_kind, p.period_start_date, o.group_id, o.person_id, 0 AS is_member, 0 AS joined, 0 AS departed, 1 AS active,
    0 AS clicked, 1 AS orders, o.net_fen
  FROM group_order AS o
  JOIN longer AS p ON o.local_date >= p.period_start_date AND o.local_date < p.period_end_date
)
SELECT
  t.period_kind, t.period_start_date, t.group_id, COALESCE(g.level, 'unknown') AS level, t.person_id,
  max(t.is_member) = 1 AS is_member, max(t.joined) = 1 AS is_joined, max(t.departed) = 1 AS is_departed,
  max(t.active) = 1 AS is_active, max(t.clicked) = 1 AS is_clicker, sum(t.orders) AS orders, sum(t.net_fen) AS net_fen
FROM part AS t
LEFT JOIN group_chat AS g ON g.group_id = t.group_id
GROUP BY t.period_kind, t.period_start_date, t.group_id, COALESCE(g.level, 'unknown'), t.person_id
