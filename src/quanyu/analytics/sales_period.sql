-- sales_period: sales basics of each report period, over all channels
-- grain: period_kind, period_start_date
-- reads: report_period, order_fact, purchase_day_fact
-- source: M-42, E-42; per customer divides the net sales of identified buyers by them: sales without a person have no
--         buyer to divide by and would inflate it. Rebuy: buyers of the previous period who buy again in this one
WITH sold AS (
  SELECT
    p.period_kind, p.period_start_date, sum(o.gross_fen) AS gross_fen, sum(o.refunded_fen) AS refunded_fen,
    sum(CASE WHEN o.is_valid THEN o.net_fen ELSE 0 END) AS net_fen, count(*) AS paid_orders,
    count(DISTINCT o.person_id) AS paid_buyers,
    sum(CASE WHEN o.is_valid THEN 1 ELSE 0 END) AS orders,
    sum(CASE WHEN o.is_first_order THEN 1 ELSE 0 END) AS first_time_buyers
  FROM report_period AS p
  JOIN order_fact AS o ON o.local_date >= p.period_start_date AND o.local_date < p.period_end_date
  WHERE COALESCE(o.invalid_reason, '') NOT IN ('unpaid', 'cancelled', 'test', 'staff')
  GROUP BY p.period_kind, p.period_start_date
),
buyer AS (
  SELECT
    p.period_kind, p.period_start_date, p.previous_start_date, d.person_id, count(*) AS purchase_days,
    sum(d.net_fen) AS net_fen
  FROM report_period AS p
  JOIN purchase_day_fact AS d ON d.local_date >= p.period_start_date AND d.local_date < p.period_end_date
  GROUP BY p.period_kind, p.period_start_date, p.previous_start_date, d.person_id
),
bought AS (
  SELECT
    b.period_kind, b.period_start_date, count(*) AS buyers, sum(b.net_fen) AS net_fen,
    sum(CASE WHEN b.purchase_days >= 2 THEN 1 ELSE 0 END) AS repeat_buyers, count(q.person_id) AS rebuyers
  FROM buyer AS b
  LEFT JOIN buyer AS q
    ON q.period_kind = b.period_kind AND q.period_start_date = b.previous_start_date AND q.person_id = b.person_id
  GROUP BY b.period_kind, b.period_start_date
)
SELECT
  p.period_kind, p.period_start_date, p.period_end_date, p.is_complete, COALESCE(s.gross_fen, 0) AS gross_fen,
  COALESCE(s.refunded_fen, 0) AS refunded_fen, COALESCE(s.net_fen, 0) AS net_fen,
  COALESCE(s.paid_orders, 0) AS paid_orders, COALESCE(s.paid_buyers, 0) AS paid_buyers,
  COALESCE(s.orders, 0) AS orders, COALESCE(b.buyers, 0) AS buyers,
  COALESCE(s.first_time_buyers, 0) AS first_time_buyers, COALESCE(b.repeat_buyers, 0) AS repeat_buyers,
  COALESCE(q.buyers, 0) AS previous_buyers, COALESCE(b.rebuyers, 0) AS rebuyers,
  COALESCE(b.net_fen, 0) AS identified_net_fen,
  int_div(2 * b.net_fen + b.buyers, 2 * b.buyers) AS per_buyer_fen,
  int_div(2 * s.net_fen + s.orders, 2 * s.orders) AS per_order_fen,
  safe_divide(b.repeat_buyers, b.buyers) AS repurchase_rate, safe_divide(COALESCE(b.rebuyers, 0), q.buyers) AS rebuy_rate,
  safe_divide(s.refunded_fen, s.gross_fen) AS refund_rate
FROM report_period AS p
LEFT JOIN sold AS s ON s.period_kind = p.period_kind AND s.period_start_date = p.period_start_date
LEFT JOIN bought AS b ON b.period_kind = p.period_kind AND b.period_start_date = p.period_start_date
LEFT JOIN bought AS q ON q.period_kind = p.period_kind AND q.period_start_date = p.previous_start_date
