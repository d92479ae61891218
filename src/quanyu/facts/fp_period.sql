-- fp_period: the periods in which relation layers are counted (M-09), numbered; the running one ends on the build date
-- grain: period_no
-- reads: report_period
-- params: as_of date, fp_period text, fp_periods int
-- source: domain M-09, M-10 (the previous period is the natural one before), §2.10 P.fp.period
WITH placed AS (
  SELECT
    p.period_no, p.period_start_date, p.period_end_date, p.is_complete,
    row_number() OVER (ORDER BY p.period_no DESC) AS place
  FROM report_period AS p
  WHERE p.period_kind = $fp_period
)
SELECT
  p.period_no, p.period_start_date, LEAST(add_days(p.period_end_date, -1), $as_of) AS period_end_date,
  add_days(p.period_start_date, -1) AS previous_end_date, p.is_complete, p.place <= $fp_periods AS is_reported
FROM placed AS p
