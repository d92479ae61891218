-- activity_day_fact: one row per person and local date with at least one event or visit (活跃日)
-- grain: person_id, local_date
-- per: person
-- reads: event, event_type, visit_fact, identifier_person
-- params: as_of date
-- source: domain §2.0, §3.8; the only pass over all events: whoever needs days of activity reads these rows
WITH identifier_day AS (
  SELECT
    e.identifier_id, e.local_date, count(*) AS events,
    sum(CASE WHEN t.counts_as_active THEN 1 ELSE 0 END) AS active_events
  FROM event AS e
  LEFT JOIN event_type AS t ON t.code = e.type
  WHERE e.local_date <= $as_of AND e.identifier_id IS NOT NULL
  GROUP BY e.identifier_id, e.local_date
),
acted AS (
  SELECT i.person_id, d.local_date, d.events, d.active_events, 0 AS visits
  FROM identifier_day AS d
  JOIN identifier_person AS i ON i.identifier_id = d.identifier_id
  WHERE i.person_id IS NOT NULL
  UNION ALL
  SELECT v.person_id, v.local_date, 0 AS events, 0 AS active_events, 1 AS visits
  FROM visit_fact AS v
  WHERE v.person_id IS NOT NULL
)
SELECT
  a.person_id, a.local_date, sum(a.events) AS events, sum(a.active_events) AS active_events, sum(a.visits) AS visits
FROM acted AS a
GROUP BY a.person_id, a.local_date
