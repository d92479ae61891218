-- fp_connection: how each private venue, and all of them, draws, settles and sells in each period
-- grain: period_no, venue
-- reads: venue_day_fact, venue_order_fact, capital_span, relation_fact, fp_period
-- params: param_version text
-- source: domain M-11, E-07: visitors are distinct keys, anonymous ones included; active are persons who were in Capital
--         on a day on which they were active there; all venues count a person once. Settling: visitors without any
--         relation before the period who entered one in the venue. A buyer's visit must lie in the period too
WITH related AS (
  SELECT r.person_id, min(r.from_date) AS first_date FROM relation_fact AS r WHERE r.person_id IS NOT NULL
  GROUP BY r.person_id
),
place AS (
  SELECT v.venue, v.venue AS own_venue FROM (SELECT DISTINCT d.venue FROM venue_day_fact AS d) AS v
  UNION ALL
  SELECT 'all' AS venue, v.venue AS own_venue FROM (SELECT DISTINCT d.venue FROM venue_day_fact AS d) AS v
),
seen AS (
  SELECT
    p.period_no, l.venue, v.visitor, p.period_start_date,
    max(CASE WHEN v.is_active AND c.person_id IS NOT NULL THEN 1 ELSE 0 END) AS acted,
    max(CASE WHEN v.starts_relation THEN 1 ELSE 0 END) AS entered,
    max(CASE WHEN r.first_date < p.period_start_date THEN 0 ELSE 1 END) AS unrelated
  FROM fp_period AS p
  JOIN venue_day_fact AS v ON v.local_date >= p.period_start_date AND v.local_date <= p.period_end_date
  JOIN place AS l ON l.own_venue = v.venue
  LEFT JOIN capital_span AS c
    ON c.person_id = v.person_id AND c.from_date <= v.local_date AND c.until_date > v.local_date
  LEFT JOIN related AS r ON r.person_id = v.person_id
  WHERE p.is_reported
  GROUP BY p.period_no, l.venue, v.visitor, p.period_start_date
),
visited AS (
  SELECT
    s.period_no, s.venue, count(*) AS visitors, sum(s.acted) AS active_persons, sum(s.unrelated) AS unrelated_visitors,
    sum(CASE WHEN s.unrelated = 1 AND s.entered = 1 THEN 1 ELSE 0 END) AS related_persons
  FROM seen AS s
  GROUP BY s.period_no, s.venue
),
sold AS (
  SELECT p.period_no, l.venue, count(DISTINCT o.person_id) AS buyers
  FROM fp_period AS p
  JOIN venue_order_fact AS o
    ON o.local_date >= p.period_start_date AND o.local_date <= p.period_end_date AND o.touch_date >= p.period_start_date
  JOIN place AS l ON l.own_venue = o.venue
  WHERE p.is_reported
  GROUP BY p.period_no, l.venue
),
named AS (
  SELECT 'all' AS venue UNION ALL SELECT 'shop' AS venue UNION ALL SELECT 'group' AS venue
  UNION ALL SELECT 'live' AS venue UNION ALL SELECT 'dedicated_service' AS venue
  UNION ALL SELECT 'mini_program' AS venue UNION ALL SELECT 'subscription' AS venue
  UNION ALL SELECT 'member_centre' AS venue
)
SELECT
  p.period_no, p.period_start_date, p.period_end_date AS date, p.is_complete, n.venue,
  COALESCE(v.visitors, 0) AS visitors, COALESCE(v.active_persons, 0) AS active_persons,
  a.visitors AS private_visitors, COALESCE(v.unrelated_visitors, 0) AS unrelated_visitors,
  COALESCE(v.related_persons, 0) AS related_persons, COALESCE(s.buyers, 0) AS buyers,
  safe_divide(v.active_persons, v.visitors) AS connection, safe_divide(v.visitors, a.visitors) AS attraction,
  safe_divide(v.related_persons, v.unrelated_visitors) AS settling,
  safe_divide(COALESCE(s.buyers, 0), v.visitors) AS closing, $param_version AS param_version
FROM fp_period AS p
JOIN visited AS a ON a.period_no = p.period_no AND a.venue = 'all'
CROSS JOIN named AS n
LEFT JOIN visited AS v ON v.period_no = p.period_no AND v.venue = n.venue
LEFT JOIN sold AS s ON s.period_no = p.period_no AND s.venue = n.venue
