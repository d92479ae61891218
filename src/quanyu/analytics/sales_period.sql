-- sales_period: sales basics of each report period, over all channels
-- grain: period_kind, period_start_date
-- reads: report_period, order_fact, purchase_day_fact
-- source: M-42, E-42; per customer divides the net sales of identified buyers by them: sales without a person have no
--         buyer to divide by and would inflate it. Rebuy: buyers of the previous period who buy again in this one
--         A purchase day is a person's first of a period when the one before it lies before the period, and not the only
--         one when the next lies inside: so each day is looked at once and persons are never grouped by period
WITH paid AS (
  SELECT o.local_date, o.person_id, o.gross_fen, o.refunded_fen, o.net_fen, o.is_valid, o.is_first_order
  FROM order_fact AS o
  WHERE COALESCE(o.invalid_reason, '') NOT IN ('unpaid', 'cancelled', 'test', 'staff')
),
paid_day AS (
  SELECT
    o.local_date, sum(o.gross_fen) AS gross_fen, sum(o.refunded_fen) AS refunded_fen, count(*) AS paid_orders,
    sum(CASE WHEN o.is_valid THEN o.net_fen ELSE 0 END) AS net_fen, sum(CASE WHEN o.is_valid THEN 1 ELSE 0 END) AS orders,
    sum(CASE WHEN o.is_first_order THEN 1 ELSE 0 END) AS first_time_buyers
  FROM paid AS o
  GROUP BY o.local_date
),
period_day AS (
  SELECT p.period_kind, p.period_start_date, p.period_end_date, p.previous_start_date, d.local_date
  FROM report_period AS p
  JOIN paid_day AS d ON d.local_date >= p.period_start_date AND d.local_date < p.period_end_date
),
sold AS (
  SELECT
    y.period_kind, y.period_start_date, sum(d.gross_fen) AS gross_fen, sum(d.refunded_fen) AS refunded_fen,
    sum(d.net_fen) AS net_fen, sum(d.paid_orders) AS paid_orders, sum(d.orders) AS orders,
    sum(d.first_time_buyers) AS first_time_buyers
  FROM paid_day AS d
  JOIN period_day AS y ON y.local_date = d.local_date
  GROUP BY y.period_kind, y.period_start_date
),
payer_day AS (
  SELECT DISTINCT o.person_id, o.local_date FROM paid AS o WHERE o.person_id IS NOT NULL
),
payer AS (
  SELECT p.local_date, lag(p.local_date) OVER (PARTITION BY p.person_id ORDER BY p.local_date) AS previous_local_date
  FROM payer_day AS p
),
paid_by AS (
  SELECT y.period_kind, y.period_start_date, count(*) AS paid_buyers
  FROM payer AS p
  JOIN period_day AS y ON y.local_date = p.local_date
  WHERE p.previous_local_date IS NULL OR p.previous_local_date < y.period_start_date
  GROUP BY y.period_kind, y.period_start_date
),
purchase AS (
  SELECT
    d.local_date, d.previous_local_date, d.net_fen,
    lead(d.local_date) OVER (PARTITION BY d.person_id ORDER BY d.local_date) AS next_local_date
  FROM purchase_day_fact AS d
),
bought AS (
  SELECT
    y.period_kind, y.period_start_date, sum(d.net_fen) AS net_fen,
    sum(CASE WHEN d.previous_local_date >= y.period_start_date THEN 0 ELSE 1 END) AS buyers,
    sum(CASE
      WHEN d.previous_local_date >= y.period_start_date THEN 0 WHEN d.next_local_date < y.period_end_date THEN 1 ELSE 0
    END) AS repeat_buyers,
    sum(CASE
      WHEN d.previous_local_date >= y.period_start_date THEN 0
      WHEN d.previous_local_date >= y.previous_start_date THEN 1 ELSE 0
    END) AS rebuyers
  FROM purchase AS d
  JOIN period_day AS y ON y.local_date = d.local_date
  GROUP BY y.period_kind, y.period_start_date
)
SELECT
  p.period_kind, p.period_start_date, p.period_end_date, p.is_complete, COALESCE(s.gross_fen, 0) AS gross_fen,
  COALESCE(s.refunded_fen, 0) AS refunded_fen, COALESCE(s.net_fen, 0) AS net_fen,
  COALESCE(s.paid_orders, 0) AS paid_orders, COALESCE(a.paid_buyers, 0) AS paid_buyers,
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
LEFT JOIN paid_by AS a ON a.period_kind = p.period_kind AND a.period_start_date = p.period_start_date
LEFT JOIN bought AS b ON b.period_kind = p.period_kind AND b.period_start_date = p.period_start_date
LEFT JOIN bought AS q ON q.period_kind = p.period_kind AND q.period_start_date = p.previous_start_date
