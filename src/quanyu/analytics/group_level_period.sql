-- group_level_period: the groups of each kind beside one another in each longer period
-- grain: period_kind, period_start_date, level
-- reads: group_person, report_period, sales_period
-- params: param_version text
-- source: M-29, E-29 (members' groups against ordinary ones). Shares are of the members and sales of all groups; a person in
--         groups of two kinds counts in both kinds and once in the whole. index = 100 × share of sales / share of people
WITH level_person AS (
  SELECT
    g.period_kind, g.period_start_date, g.level, g.person_id, max(CASE WHEN g.is_member THEN 1 ELSE 0 END) AS is_member,
    max(CASE WHEN g.is_joined THEN 1 ELSE 0 END) AS is_joined,
    max(CASE WHEN g.is_departed THEN 1 ELSE 0 END) AS is_departed,
    max(CASE WHEN g.is_active THEN 1 ELSE 0 END) AS is_active,
    max(CASE WHEN g.is_clicker THEN 1 ELSE 0 END) AS is_clicker, sum(g.orders) AS orders, sum(g.net_fen) AS net_fen
  FROM group_person AS g
  GROUP BY g.period_kind, g.period_start_date, g.level, g.person_id
),
summed AS (
  SELECT
    g.period_kind, g.period_start_date, g.level, sum(g.is_member) AS members, sum(g.is_joined) AS joined,
    sum(g.is_departed) AS departed, sum(g.is_active) AS active, sum(g.is_clicker) AS clickers,
    sum(CASE WHEN g.orders > 0 THEN 1 ELSE 0 END) AS buyers, sum(g.orders) AS orders, sum(g.net_fen) AS net_fen
  FROM level_person AS g
  GROUP BY g.period_kind, g.period_start_date, g.level
),
whole AS (
  SELECT
    g.period_kind, g.period_start_date, count(DISTINCT CASE WHEN g.is_member = 1 THEN g.person_id END) AS members,
    sum(g.net_fen) AS net_fen
  FROM level_person AS g
  GROUP BY g.period_kind, g.period_start_date
)
SELECT
  p.period_kind, p.period_start_date, p.period_end_date, s.level, s.members, s.joined, s.departed, s.active, s.clickers,
  s.buyers, s.orders, s.net_fen, safe_divide(s.active, s.members) AS active_rate,
  safe_divide(s.buyers, s.clickers) AS group_conversion,
  int_div(2 * s.net_fen + s.buyers, 2 * s.buyers) AS per_buyer_fen, safe_divide(s.net_fen, t.net_fen) AS shop_share,
  safe_divide(s.members, w.members) AS people_share, safe_divide(s.net_fen, w.net_fen) AS sales_share,
  safe_divide(safe_divide(100 * s.net_fen, w.net_fen), safe_divide(s.members, w.members)) AS value_index,
  $param_version AS param_version
FROM summed AS s
JOIN whole AS w ON w.period_kind = s.period_kind AND w.period_start_date = s.period_start_date
JOIN report_period AS p ON p.period_kind = s.period_kind AND p.period_start_date = s.period_start_date
LEFT JOIN sales_period AS t ON t.period_kind = s.period_kind AND t.period_start_date = s.period_start_date
