-- aarrr: acquisition, activation, retention, revenue and referral of each month, quarter and year
-- grain: period_kind, period_start_date
-- reads: report_period, newcomer_day, active_period, purchase_day_fact, event_fact, share, channel_cost,
--        identifier_person
-- params: as_of date, param_version text
-- source: M-21, E-21; RARRA is the same five in another order. Rates of a cohort (activation, retention) have the bases
--         that stand beside them. Without a cost of the period there is no cost per new person
WITH longer AS (
  SELECT p.period_kind, p.period_start_date, p.period_end_date, p.is_complete
  FROM report_period AS p
  WHERE p.period_kind IN ('month', 'quarter', 'year')
),
acquired AS (
  SELECT
    p.period_kind, p.period_start_date, sum(n.new_persons) AS new_persons,
    sum(n.shared_new_persons) AS shared_new_persons, sum(n.activation_base) AS activation_base,
    sum(n.activated_persons) AS activated_persons,
    sum(n.retention_base) AS retention_base, sum(n.retained_persons) AS retained_persons
  FROM newcomer_day AS n
  JOIN longer AS p ON n.acquired_date >= p.period_start_date AND n.acquired_date < p.period_end_date
  GROUP BY p.period_kind, p.period_start_date
),
active AS (
  SELECT a.period_kind, a.period_start_date, count(*) AS persons
  FROM active_period AS a
  GROUP BY a.period_kind, a.period_start_date
),
bought AS (
  SELECT p.period_kind, p.period_start_date, count(DISTINCT d.person_id) AS buyers, sum(d.net_fen) AS net_fen
  FROM purchase_day_fact AS d
  JOIN longer AS p ON d.local_date >= p.period_start_date AND d.local_date < p.period_end_date
  GROUP BY p.period_kind, p.period_start_date
),
sharing AS (
  SELECT e.person_id, e.local_date FROM event_fact AS e WHERE e.type = 'share' AND e.person_id IS NOT NULL
  UNION
  SELECT i.person_id, s.local_date
  FROM share AS s
  JOIN identifier_person AS i ON i.identifier_id = s.identifier_id
  WHERE s.local_date <= $as_of
),
shared AS (
  SELECT p.period_kind, p.period_start_date, count(DISTINCT s.person_id) AS sharers
  FROM sharing AS s
  JOIN longer AS p ON s.local_date >= p.period_start_date AND s.local_date < p.period_end_date
  GROUP BY p.period_kind, p.period_start_date
),
spent AS (
  SELECT p.period_kind, p.period_start_date, sum(c.cost_fen) AS cost_fen
  FROM channel_cost AS c
  JOIN longer AS p ON c.date >= p.period_start_date AND c.date < p.period_end_date
  WHERE c.date <= $as_of
  GROUP BY p.period_kind, p.period_start_date
),
filled AS (
  SELECT
    p.period_kind, p.period_start_date, p.period_end_date, p.is_complete, COALESCE(n.new_persons, 0) AS new_persons,
    c.cost_fen, COALESCE(n.activation_base, 0) AS activation_base,
    COALESCE(n.activated_persons, 0) AS activated_persons,
    COALESCE(n.retention_base, 0) AS retention_base, COALESCE(n.retained_persons, 0) AS retained_persons,
    COALESCE(a.persons, 0) AS active_persons, COALESCE(b.buyers, 0) AS buyers, COALESCE(b.net_fen, 0) AS net_fen,
    COALESCE(s.sharers, 0) AS sharers, COALESCE(n.shared_new_persons, 0) AS shared_new_persons
  FROM longer AS p
  LEFT JOIN acquired AS n ON n.period_kind = p.period_kind AND n.period_start_date = p.period_start_date
  LEFT JOIN active AS a ON a.period_kind = p.period_kind AND a.period_start_date = p.period_start_date
  LEFT JOIN bought AS b ON b.period_kind = p.period_kind AND b.period_start_date = p.period_start_date
  LEFT JOIN shared AS s ON s.period_kind = p.period_kind AND s.period_start_date = p.period_start_date
  LEFT JOIN spent AS c ON c.period_kind = p.period_kind AND c.period_start_date = p.period_start_date
)
SELECT
  f.period_kind, f.period_start_date, f.period_end_date, f.is_complete, f.new_persons, f.cost_fen, f.activation_base,
  f.activated_persons, f.retention_base, f.retained_persons, f.active_persons, f.buyers, f.net_fen, f.sharers,
  f.shared_new_persons, safe_divide(f.activated_persons, f.activation_base) AS activation_rate,
  safe_divide(f.retained_persons, f.retention_base) AS retention_rate,
  safe_divide(f.buyers, f.active_persons) AS revenue_rate,
  int_div(2 * f.net_fen + f.active_persons, 2 * f.active_persons) AS arpu_fen,
  safe_divide(f.sharers, f.active_persons) AS sharer_rate, safe_divide(f.shared_new_persons, f.sharers) AS k_factor,
  int_div(2 * f.cost_fen + f.new_persons, 2 * f.new_persons) AS cac_person_fen, $param_version AS param_version
FROM filled AS f
