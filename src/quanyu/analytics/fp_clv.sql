-- fp_clv: own and spread value of all persons, in each period and over their lifetime to its end; never GMV
-- grain: period_no, horizon
-- reads: order_fact, share_order_fact, fp_period
-- params: param_version text
-- source: domain M-12, E-08b: an order that a share brought is own value of its buyer and spread value of the sharer, so
--         the sum exceeds net sales; M-31 (share of net sales that shares brought)
WITH span AS (
  SELECT p.period_no, 'period' AS horizon, p.period_start_date AS from_date, p.period_end_date AS to_date
  FROM fp_period AS p
  WHERE p.is_reported
  UNION ALL
  SELECT p.period_no, 'lifetime' AS horizon, DATE '1900-01-01' AS from_date, p.period_end_date AS to_date
  FROM fp_period AS p
  WHERE p.is_reported
),
sale AS (
  SELECT
    o.local_date, sum(CASE WHEN o.person_id IS NOT NULL THEN o.net_fen ELSE 0 END) AS own_fen, sum(o.net_fen) AS net_fen
  FROM order_fact AS o
  WHERE o.is_valid
  GROUP BY o.local_date
),
owned AS (
  SELECT n.period_no, n.horizon, sum(s.own_fen) AS own_fen, sum(s.net_fen) AS net_fen
  FROM span AS n
  JOIN sale AS s ON s.local_date >= n.from_date AND s.local_date <= n.to_date
  GROUP BY n.period_no, n.horizon
),
brought AS (
  SELECT
    n.period_no, n.horizon, sum(s.net_fen) AS spread_fen, count(*) AS spread_orders,
    count(DISTINCT s.sharer_person_id) AS sharers
  FROM span AS n
  JOIN share_order_fact AS s ON s.local_date >= n.from_date AND s.local_date <= n.to_date
  GROUP BY n.period_no, n.horizon
)
SELECT
  p.period_no, p.period_start_date, p.period_end_date AS date, p.is_complete, n.horizon,
  COALESCE(o.own_fen, 0) AS own_fen, COALESCE(b.spread_fen, 0) AS spread_fen,
  COALESCE(o.own_fen, 0) + COALESCE(b.spread_fen, 0) AS clv_fen, COALESCE(o.net_fen, 0) AS net_fen,
  COALESCE(b.spread_orders, 0) AS spread_orders, COALESCE(b.sharers, 0) AS sharers,
  safe_divide(COALESCE(b.spread_fen, 0), o.net_fen) AS spread_sales_share, $param_version AS param_version
FROM span AS n
JOIN fp_period AS p ON p.period_no = n.period_no
LEFT JOIN owned AS o ON o.period_no = n.period_no AND o.horizon = n.horizon
LEFT JOIN brought AS b ON b.period_no = n.period_no AND b.horizon = n.horizon
