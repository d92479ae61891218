-- group_period: members, activity and credited sales of each group in each longer period
-- grain: period_kind, period_start_date, group_id
-- reads: group_person, report_period, sales_period
-- params: param_version text
-- source: M-29, E-29; active_rate = active / members at the end, conversion = buyers credited / clickers
WITH summed AS (
  SELECT
    g.period_kind, g.period_start_date, g.group_id, g.level, sum(CASE WHEN g.is_member THEN 1 ELSE 0 END) AS members,
    sum(CASE WHEN g.is_joined THEN 1 ELSE 0 END) AS joined, sum(CASE WHEN g.is_departed THEN 1 ELSE 0 END) AS departed,
    sum(CASE WHEN g.is_active THEN 1 ELSE 0 END) AS active, sum(CASE WHEN g.is_clicker THEN 1 ELSE 0 END) AS clickers,
    sum(CASE WHEN g.orders > 0 THEN 1 ELSE 0 END) AS buyers, sum(g.orders) AS orders, sum(g.net_fen) AS net_fen
  FROM group_person AS g
  GROUP BY g.period_kind, g.period_start_date, g.group_id, g.level
)
SELECT
  p.period_kind, p.period_start_date, p.period_end_date, s.group_id, s.level, s.members, s.joined, s.departed, s.active,
  s.clickers, s.buyers, s.orders, s.net_fen, safe_divide(s.active, s.members) AS active_rate,
  safe_divide(s.buyers, s.clickers) AS group_conversion,
  int_div(2 * s.net_fen + s.buyers, 2 * s.buyers) AS per_buyer_fen, safe_divide(s.net_fen, t.net_fen) AS shop_share,
  $param_version AS param_version
FROM summed AS s
JOIN report_period AS p ON p.period_kind = s.period_kind AND p.period_start_date = s.period_start_date
LEFT JOIN sales_period AS t ON t.period_kind = s.period_kind AND t.period_start_date = s.period_start_date
