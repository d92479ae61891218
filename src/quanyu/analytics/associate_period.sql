-- associate_period: contacts, tasks, consultations and credited sales of each associate in each longer period
-- grain: period_kind, period_start_date, associate_id
-- reads: report_period, associate_daily, relation_fact, membership_fact, associate_task, event_fact, order_fact,
--        associate_order, associate
-- params: as_of date, zone text, consult_days int, param_version text
-- source: M-28, E-28. New contacts and deletions (by the customer) are those of the daily figures; where an associate has
--         none in the period, of the contacts themselves. A consultation is a two-way chat: an event of type consult
WITH act AS (
  SELECT
    d.associate_id, d.date AS local_date, d.new_applies, d.new_contacts, d.deletions, d.chats, d.messages, 0 AS added,
    0 AS deleted, 0 AS recruited, 0 AS tasks, 0 AS tasks_done
  FROM associate_daily AS d
  WHERE d.date <= $as_of
  UNION ALL
  SELECT
    r.associate_id, r.from_date AS local_date, NULL AS new_applies, NULL AS new_contacts, NULL AS deletions,
    NULL AS chats, NULL AS messages, 1 AS added, 0 AS deleted, 0 AS recruited, 0 AS tasks, 0 AS tasks_done
  FROM relation_fact AS r
  WHERE r.type = 'dedicated_service'
  UNION ALL
  SELECT
    r.associate_id, r.until_date AS local_date, NULL AS new_applies, NULL AS new_contacts, NULL AS deletions,
    NULL AS chats, NULL AS messages, 0 AS added, 1 AS deleted, 0 AS recruited, 0 AS tasks, 0 AS tasks_done
  FROM relation_fact AS r
  WHERE r.type = 'dedicated_service' AND r.end_reason IN ('contact_deleted', 'blocked')
  UNION ALL
  SELECT
    m.recruiter_associate_id AS associate_id, m.from_date AS local_date, NULL AS new_applies, NULL AS new_contacts,
    NULL AS deletions, NULL AS chats, NULL AS messages, 0 AS added, 0 AS deleted, 1 AS recruited, 0 AS tasks,
    0 AS tasks_done
  FROM membership_fact AS m
  UNION ALL
  SELECT
    t.associate_id, local_date(t.due_at, $zone) AS local_date, NULL AS new_applies, NULL AS new_contacts,
    NULL AS deletions, NULL AS chats, NULL AS messages, 0 AS added, 0 AS deleted, 0 AS recruited, 1 AS tasks,
    CASE WHEN local_date(t.done_at, $zone) <= $as_of THEN 1 ELSE 0 END AS tasks_done
  FROM associate_task AS t
),
act_day AS (
  SELECT
    a.associate_id, a.local_date, sum(a.new_applies) AS new_applies, sum(a.new_contacts) AS new_contacts,
    sum(a.deletions) AS deletions, sum(a.chats) AS chats, sum(a.messages) AS messages, sum(a.added) AS added,
    sum(a.deleted) AS deleted, sum(a.recruited) AS recruited, sum(a.tasks) AS tasks, sum(a.tasks_done) AS tasks_done
  FROM act AS a
  WHERE a.associate_id IS NOT NULL AND a.local_date <= $as_of
  GROUP BY a.associate_id, a.local_date
),
longer AS (
  SELECT p.period_kind, p.period_start_date, p.period_end_date
  FROM report_period AS p
  WHERE p.period_kind IN ('month', 'quarter', 'year')
),
done AS (
  SELECT
    p.period_kind, p.period_start_date, a.associate_id, sum(a.new_applies) AS new_applies,
    COALESCE(sum(a.new_contacts), sum(a.added)) AS new_contacts, COALESCE(sum(a.deletions), sum(a.deleted)) AS deletions,
    sum(a.chats) AS chats, sum(a.messages) AS messages, sum(a.recruited) AS recruited, sum(a.tasks) AS tasks,
    sum(a.tasks_done) AS tasks_done
  FROM act_day AS a
  JOIN longer AS p ON a.local_date >= p.period_start_date AND a.local_date < p.period_end_date
  GROUP BY p.period_kind, p.period_start_date, a.associate_id
),
consult_day AS (
  SELECT e.associate_id, e.person_id, e.local_date, min(e.occurred_at) AS occurred_at
  FROM event_fact AS e
  WHERE e.type = 'consult' AND e.associate_id IS NOT NULL AND e.person_id IS NOT NULL
  GROUP BY e.associate_id, e.person_id, e.local_date
),
consult_result AS (
  SELECT
    c.associate_id, c.person_id, c.local_date, max(CASE WHEN o.order_id IS NOT NULL THEN 1 ELSE 0 END) AS bought
  FROM consult_day AS c
  LEFT JOIN order_fact AS o
    ON o.person_id = c.person_id AND o.is_valid AND o.local_date >= c.local_date
    AND o.local_date <= add_days(c.local_date, $consult_days) AND COALESCE(o.paid_at >= c.occurred_at, TRUE)
  GROUP BY c.associate_id, c.person_id, c.local_date
),
consulted AS (
  SELECT
    p.period_kind, p.period_start_date, c.associate_id, count(DISTINCT c.person_id) AS persons,
    count(DISTINCT CASE WHEN c.bought = 1 THEN c.person_id END) AS buyers
  FROM consult_result AS c
  JOIN longer AS p ON c.local_date >= p.period_start_date AND c.local_date < p.period_end_date
  GROUP BY p.period_kind, p.period_start_date, c.associate_id
),
sold AS (
  SELECT
    p.period_kind, p.period_start_date, o.associate_id, count(*) AS orders, count(DISTINCT o.person_id) AS buyers,
    sum(o.net_fen) AS net_fen, count(o.units) AS unit_orders, sum(o.units) AS units
  FROM associate_order AS o
  JOIN longer AS p ON o.local_date >= p.period_start_date AND o.local_date < p.period_end_date
  GROUP BY p.period_kind, p.period_start_date, o.associate_id
),
anyone AS (
  SELECT d.period_kind, d.period_start_date, d.associate_id FROM done AS d
  UNION
  SELECT c.period_kind, c.period_start_date, c.associate_id FROM consulted AS c
  UNION
  SELECT s.period_kind, s.period_start_date, s.associate_id FROM sold AS s
)
SELECT
  p.period_kind, p.period_start_date, p.period_end_date, y.associate_id, a.store_id, d.new_applies,
  COALESCE(d.new_contacts, 0) AS new_contacts, COALESCE(d.deletions, 0) AS deletions,
  COALESCE(d.new_contacts, 0) - COALESCE(d.deletions, 0) AS net_contacts, d.chats, d.messages,
  COALESCE(d.recruited, 0) AS recruited_members, COALESCE(d.tasks, 0) AS tasks, COALESCE(d.tasks_done, 0) AS tasks_done,
  COALESCE(c.persons, 0) AS consulting_persons, COALESCE(c.buyers, 0) AS consulting_buyers,
  COALESCE(s.orders, 0) AS orders, COALESCE(s.buyers, 0) AS buyers, COALESCE(s.net_fen, 0) AS net_fen,
  COALESCE(s.unit_orders, 0) AS unit_orders, s.units, safe_divide(d.deletions, d.new_contacts) AS deletion_rate,
  safe_divide(d.tasks_done, d.tasks) AS task_rate, safe_divide(c.buyers, c.persons) AS consult_conversion,
  safe_divide(s.units, s.unit_orders) AS units_per_order, $param_version AS param_version
FROM anyone AS y
JOIN longer AS p ON p.period_kind = y.period_kind AND p.period_start_date = y.period_start_date
LEFT JOIN done AS d
  ON d.period_kind = y.period_kind AND d.period_start_date = y.period_start_date AND d.associate_id = y.associate_id
LEFT JOIN consulted AS c
  ON c.period_kind = y.period_kind AND c.period_start_date = y.period_start_date AND c.associate_id = y.associate_id
LEFT JOIN sold AS s
  ON s.period_kind = y.period_kind AND s.period_start_date = y.period_start_date AND s.associate_id = y.associate_id
LEFT JOIN associate AS a ON a.associate_id = y.associate_id
