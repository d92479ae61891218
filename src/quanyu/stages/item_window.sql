-- item_window: the first day of the window of each condition that items have too, at the last snapshot and at the build
-- grain: condition_no, signal
-- reads: stage_condition, stage_rule, snapshot_date
-- params: as_of date
-- source: domain §2.0, M-05. A lifetime has no first day; without a snapshot before the build since_0_date is null
SELECT
  c.condition_no, c.signal, c.days, d.previous_date AS d0, d.date AS d1,
  CASE
    WHEN d.previous_date IS NULL THEN NULL
    WHEN c.window_days IS NOT NULL THEN add_days(d.previous_date, 1 - c.window_days)
    WHEN c.window_months IS NOT NULL THEN add_months(add_days(d.previous_date, 1), -c.window_months)
    ELSE DATE '0001-01-01'
  END AS since_0_date,
  CASE
    WHEN c.window_days IS NOT NULL THEN add_days(d.date, 1 - c.window_days)
    WHEN c.window_months IS NOT NULL THEN add_months(add_days(d.date, 1), -c.window_months)
    ELSE DATE '0001-01-01'
  END AS since_1_date
FROM stage_condition AS c
CROSS JOIN snapshot_date AS d
WHERE d.date = $as_of AND c.condition_no IN (SELECT r.condition_no FROM stage_rule AS r WHERE r.for_items)
