-- cohort_retention: how many of each month's first-time buyers bought in their n-th month after
-- grain: cohort_month, period_no
-- reads: person_fact, purchase_day_fact, report_period
-- source: M-15 (bought in the n-th calendar month after the first purchase; month 0 is the month itself)
WITH cohort AS (
  SELECT f.cohort_month, count(*) AS persons FROM person_fact AS f WHERE f.cohort_month IS NOT NULL GROUP BY f.cohort_month
),
month AS (
  SELECT p.period_start_date AS month, p.is_complete FROM report_period AS p WHERE p.period_kind = 'month'
),
bought AS (
  SELECT
    f.cohort_month, month_start(d.local_date) AS month, count(DISTINCT d.person_id) AS buyers, sum(d.orders) AS orders,
    sum(d.net_fen) AS net_fen
  FROM purchase_day_fact AS d
  JOIN person_fact AS f ON f.person_id = d.person_id
  GROUP BY f.cohort_month, month_start(d.local_date)
)
SELECT
  c.cohort_month, month_index(m.month) - month_index(c.cohort_month) AS period_no, m.is_complete, c.persons,
  COALESCE(b.buyers, 0) AS buyers, COALESCE(b.orders, 0) AS orders, COALESCE(b.net_fen, 0) AS net_fen,
  safe_divide(COALESCE(b.buyers, 0), c.persons) AS retention_rate
FROM cohort AS c
JOIN month AS m ON m.month >= c.cohort_month
LEFT JOIN bought AS b ON b.cohort_month = c.cohort_month AND b.month = m.month
