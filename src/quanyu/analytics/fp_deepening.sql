-- fp_deepening: of each period, the persons who deepened against the Capital at the end of the period before
-- grain: period_no
-- reads: fp_layer_period, fp_period
-- params: param_version text
-- source: domain M-10, E-06: to the letter newcomers who deepen count too, so that the rate may exceed 1; the cohort rate
--         counts the previous Capital alone. Without a previous Capital both are null
WITH counted AS (
  SELECT
    l.period_no, sum(CASE WHEN l.previous_no > 0 THEN 1 ELSE 0 END) AS previous_capital,
    sum(CASE WHEN l.closing_no > 0 THEN 1 ELSE 0 END) AS closing_capital,
    sum(CASE WHEN l.deepened THEN 1 ELSE 0 END) AS deepened,
    sum(CASE WHEN l.deepened AND l.previous_no > 0 THEN 1 ELSE 0 END) AS deepened_cohort
  FROM fp_layer_period AS l
  GROUP BY l.period_no
)
SELECT
  p.period_no, p.period_start_date, p.period_end_date AS date, p.is_complete, c.previous_capital, c.closing_capital,
  c.deepened, c.deepened_cohort, safe_divide(c.deepened, c.previous_capital) AS deepening_rate,
  safe_divide(c.deepened_cohort, c.previous_capital) AS deepening_cohort_rate, $param_version AS param_version
FROM counted AS c
JOIN fp_period AS p ON p.period_no = c.period_no
