-- referral_period: sharers, invited visits and the chain from new person to repurchase of each longer period
-- grain: period_kind, period_start_date
-- reads: report_period, share, identifier_person, referral_fact, share_order_fact, sales_period
-- params: as_of date, param_version text
-- source: M-31, E-31. Who was invited in the period is followed to the build date; each step of the chain counts those of
--         the step before. Referrals that do not count are in none of them. Sales through shares are those of the period
WITH longer AS (
  SELECT p.period_kind, p.period_start_date, p.period_end_date
  FROM report_period AS p
  WHERE p.period_kind IN ('month', 'quarter', 'year')
),
sharing AS (
  SELECT p.period_kind, p.period_start_date, count(*) AS shares, count(DISTINCT i.person_id) AS sharers
  FROM share AS s
  JOIN longer AS p ON s.local_date >= p.period_start_date AND s.local_date < p.period_end_date
  LEFT JOIN identifier_person AS i ON i.identifier_id = s.identifier_id
  WHERE s.local_date <= $as_of
  GROUP BY p.period_kind, p.period_start_date
),
chain AS (
  SELECT
    r.local_date, CASE WHEN r.is_valid THEN 1 ELSE 0 END AS is_valid, CASE WHEN r.is_new THEN 1 ELSE 0 END AS is_new,
    CASE WHEN r.is_new AND r.joined_date IS NOT NULL THEN 1 ELSE 0 END AS is_joined,
    CASE WHEN r.is_new AND r.joined_date IS NOT NULL AND r.purchase_days > 0 THEN 1 ELSE 0 END AS is_buyer,
    CASE WHEN r.is_new AND r.joined_date IS NOT NULL AND r.purchase_days > 1 THEN 1 ELSE 0 END AS is_repeat_buyer,
    r.first_order_net_fen
  FROM referral_fact AS r
),
invited AS (
  SELECT
    p.period_kind, p.period_start_date, sum(c.is_valid) AS invited_visits, sum(1 - c.is_valid) AS void_referrals,
    sum(c.is_new) AS new_persons, sum(c.is_joined) AS joined_persons, sum(c.is_buyer) AS first_buyers,
    sum(c.is_repeat_buyer) AS repeat_buyers,
    sum(CASE WHEN c.is_buyer = 1 THEN c.first_order_net_fen ELSE 0 END) AS first_order_net_fen
  FROM chain AS c
  JOIN longer AS p ON c.local_date >= p.period_start_date AND c.local_date < p.period_end_date
  GROUP BY p.period_kind, p.period_start_date
),
spread AS (
  SELECT p.period_kind, p.period_start_date, sum(o.net_fen) AS net_fen
  FROM share_order_fact AS o
  JOIN longer AS p ON o.local_date >= p.period_start_date AND o.local_date < p.period_end_date
  GROUP BY p.period_kind, p.period_start_date
)
SELECT
  p.period_kind, p.period_start_date, p.period_end_date, COALESCE(h.sharers, 0) AS sharers,
  COALESCE(h.shares, 0) AS shares, COALESCE(i.invited_visits, 0) AS invited_visits,
  COALESCE(i.void_referrals, 0) AS void_referrals, COALESCE(i.new_persons, 0) AS new_persons,
  COALESCE(i.joined_persons, 0) AS joined_persons, COALESCE(i.first_buyers, 0) AS first_buyers,
  COALESCE(i.repeat_buyers, 0) AS repeat_buyers, COALESCE(i.first_order_net_fen, 0) AS first_order_net_fen,
  COALESCE(o.net_fen, 0) AS spread_net_fen, t.net_fen,
  safe_divide(COALESCE(i.new_persons, 0), h.sharers) AS k_factor,
  safe_divide(i.new_persons, i.invited_visits) AS acceptance_rate,
  safe_divide(i.joined_persons, i.new_persons) AS join_rate, safe_divide(i.first_buyers, i.joined_persons) AS order_rate,
  safe_divide(i.repeat_buyers, i.first_buyers) AS repurchase_rate,
  safe_divide(COALESCE(o.net_fen, 0), t.net_fen) AS spread_share, $param_version AS param_version
FROM longer AS p
JOIN sales_period AS t ON t.period_kind = p.period_kind AND t.period_start_date = p.period_start_date
LEFT JOIN sharing AS h ON h.period_kind = p.period_kind AND h.period_start_date = p.period_start_date
LEFT JOIN invited AS i ON i.period_kind = p.period_kind AND i.period_start_date = p.period_start_date
LEFT JOIN spread AS o ON o.period_kind = p.period_kind AND o.period_start_date = p.period_start_date
