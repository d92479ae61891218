-- channel_quality: what the persons acquired on each channel cost and became, by the period of their first day
-- grain: period_kind, period_start_date, channel_id
-- reads: acquisition, active_day, purchase_day_fact, channel_cost, channel, report_period, person_risk
-- params: as_of date, revenue_days int, param_version text
-- source: M-16, E-16. A channel that is not paid for costs 0: no return on cost, acquisition for nothing. Cost unknown:
--         null. Cost per first buyer and the return wait until all persons of the period have been watched. Suspicious:
--         to be reviewed or blocked (M-40); null when no rule of risk fires for anybody
WITH longer AS (
  SELECT p.period_kind, p.period_start_date, p.period_end_date
  FROM report_period AS p
  WHERE p.period_kind IN ('month', 'quarter', 'year')
),
bought AS (
  SELECT
    d.person_id, min(d.local_date) AS first_date,
    sum(CASE WHEN d.local_date <= add_days(a.acquired_date, $revenue_days) THEN d.net_fen ELSE 0 END) AS net_fen
  FROM purchase_day_fact AS d
  JOIN acquisition AS a ON a.person_id = d.person_id
  GROUP BY d.person_id
),
again AS (
  SELECT DISTINCT d.person_id
  FROM active_day AS d
  JOIN acquisition AS a ON a.person_id = d.person_id
  WHERE d.local_date > a.acquired_date AND d.local_date <= add_days(a.acquired_date, 30)
),
newcomer AS (
  SELECT
    a.acquired_date, a.channel_id, add_days(a.acquired_date, 30) <= $as_of AS has_month,
    add_days(a.acquired_date, $revenue_days) <= $as_of AS is_watched,
    COALESCE(b.first_date <= add_days(a.acquired_date, 30), FALSE) AS bought_soon,
    g.person_id IS NOT NULL AS came_again, COALESCE(b.net_fen, 0) AS net_fen,
    COALESCE(r.decision IN ('review', 'blocked'), FALSE) AS is_suspicious
  FROM acquisition AS a
  LEFT JOIN bought AS b ON b.person_id = a.person_id
  LEFT JOIN again AS g ON g.person_id = a.person_id
  LEFT JOIN person_risk AS r ON r.person_id = a.person_id
),
risk AS (
  SELECT count(*) AS persons FROM person_risk AS r
),
day AS (
  SELECT
    n.acquired_date AS local_date, n.channel_id, count(*) AS new_persons, NULL AS cost_fen,
    sum(CASE WHEN n.has_month THEN 1 ELSE 0 END) AS month_persons,
    sum(CASE WHEN n.has_month AND n.bought_soon THEN 1 ELSE 0 END) AS first_buyers,
    sum(CASE WHEN n.has_month AND n.came_again THEN 1 ELSE 0 END) AS retained_persons,
    sum(CASE WHEN n.is_watched THEN 1 ELSE 0 END) AS watched_persons,
    sum(CASE WHEN n.is_watched THEN n.net_fen ELSE 0 END) AS cohort_net_fen,
    sum(CASE WHEN n.is_suspicious THEN 1 ELSE 0 END) AS suspicious_persons
  FROM newcomer AS n
  GROUP BY n.acquired_date, n.channel_id
  UNION ALL
  SELECT
    c.date AS local_date, c.channel_id, 0 AS new_persons, c.cost_fen, 0 AS month_persons, 0 AS first_buyers,
    0 AS retained_persons, 0 AS watched_persons, 0 AS cohort_net_fen, 0 AS suspicious_persons
  FROM channel_cost AS c
  WHERE c.date <= $as_of
),
summed AS (
  SELECT
    p.period_kind, p.period_start_date, p.period_end_date, d.channel_id, sum(d.new_persons) AS new_persons,
    sum(d.cost_fen) AS cost_fen, sum(d.month_persons) AS month_persons, sum(d.first_buyers) AS first_buyers,
    sum(d.retained_persons) AS retained_persons, sum(d.watched_persons) AS watched_persons,
    sum(d.cohort_net_fen) AS cohort_net_fen, sum(d.suspicious_persons) AS suspicious_persons
  FROM day AS d
  JOIN longer AS p ON d.local_date >= p.period_start_date AND d.local_date < p.period_end_date
  GROUP BY p.period_kind, p.period_start_date, p.period_end_date, d.channel_id
),
priced AS (
  SELECT
    s.period_kind, s.period_start_date, s.period_end_date, s.channel_id, s.new_persons,
    COALESCE(s.cost_fen, CASE WHEN NOT c.paid THEN 0 END) AS cost_fen, s.month_persons, s.first_buyers,
    s.retained_persons, s.watched_persons, s.cohort_net_fen,
    CASE WHEN r.persons > 0 THEN s.suspicious_persons END AS suspicious_persons
  FROM summed AS s
  CROSS JOIN risk AS r
  LEFT JOIN channel AS c ON c.channel_id = s.channel_id
)
SELECT
  p.period_kind, p.period_start_date, p.period_end_date, p.channel_id, p.new_persons, p.cost_fen, p.month_persons,
  p.first_buyers, p.retained_persons, p.watched_persons, p.cohort_net_fen, p.suspicious_persons,
  safe_divide(p.first_buyers, p.month_persons) AS first_purchase_rate,
  safe_divide(p.retained_persons, p.month_persons) AS retention_rate,
  safe_divide(p.suspicious_persons, p.new_persons) AS suspicious_share,
  int_div(2 * p.cohort_net_fen + p.watched_persons, 2 * p.watched_persons) AS revenue_per_new_fen,
  int_div(2 * p.cost_fen + p.new_persons, 2 * p.new_persons) AS cac_person_fen,
  CASE WHEN p.month_persons = p.new_persons THEN
    int_div(2 * p.cost_fen + p.first_buyers, 2 * p.first_buyers)
  END AS cac_buyer_fen,
  CASE WHEN p.watched_persons = p.new_persons THEN safe_divide(p.cohort_net_fen, p.cost_fen) END AS roi,
  $param_version AS param_version
FROM priced AS p
