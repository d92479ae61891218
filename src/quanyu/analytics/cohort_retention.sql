-- cohort_retention: how many of each month's first-time buyers bought in their n-th month after, and within n months
-- grain: cohort_month, period_no
-- reads: person_fact, purchase_day_fact, report_period
-- source: M-15, E-15: both readings. retention_rate: bought in the n-th calendar month after the first purchase (month 0
--         is the month itself); within_rate: bought again in any of the months 1 to n, null for month 0
WITH cohort AS (
  SELECT f.cohort_month, count(*) AS persons
  FROM person_fact AS f
  WHERE f.cohort_month IS NOT NULL
  GROUP BY f.cohort_month
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
),
first_return AS (
  SELECT f.cohort_month, d.person_id, min(month_start(d.local_date)) AS month
  FROM purchase_day_fact AS d
  JOIN person_fact AS f ON f.person_id = d.person_id
  WHERE month_start(d.local_date) > f.cohort_month
  GROUP BY f.cohort_month, d.person_id
),
returned AS (
  SELECT r.cohort_month, r.month, count(*) AS persons FROM first_return AS r GROUP BY r.cohort_month, r.month
),
filled AS (
  SELECT
    c.cohort_month, m.month, month_index(m.month) - month_index(c.cohort_month) AS period_no, m.is_complete, c.persons,
    COALESCE(b.buyers, 0) AS buyers, COALESCE(b.orders, 0) AS orders, COALESCE(b.net_fen, 0) AS net_fen,
    COALESCE(r.persons, 0) AS returned
  FROM cohort AS c
  JOIN month AS m ON m.month >= c.cohort_month
  LEFT JOIN bought AS b ON b.cohort_month = c.cohort_month AND b.month = m.month
  LEFT JOIN returned AS r ON r.cohort_month = c.cohort_month AND r.month = m.month
),
summed AS (
  SELECT
    f.cohort_month, f.period_no, f.is_complete, f.persons, f.buyers, f.orders, f.net_fen,
    CASE WHEN f.period_no > 0 THEN sum(f.returned) OVER (
      PARTITION BY f.cohort_month ORDER BY f.month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) END AS buyers_within
  FROM filled AS f
)
SELECT
  s.cohort_month, s.period_no, s.is_complete, s.persons, s.buyers, s.orders, s.net_fen, s.buyers_within,
  safe_divide(s.buyers, s.persons) AS retention_rate, safe_divide(s.buyers_within, s.persons) AS within_rate
FROM summed AS s
