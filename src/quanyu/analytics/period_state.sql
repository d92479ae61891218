-- period_state: persons new, retained, lost and returned between each period and the natural one before it
-- grain: period_kind, period_start_date, state
-- reads: report_period, active_period
-- source: M-15, V19. New: active now and never before; retained: in both; lost: before and not now; returned: now, not
--         in the period before, some time earlier. In a running period the lost may still come: is_complete says so
WITH longer AS (
  SELECT p.period_kind, p.period_start_date, p.period_end_date, p.previous_start_date, p.is_complete
  FROM report_period AS p
  WHERE p.period_kind IN ('month', 'quarter', 'year')
),
counted AS (
  SELECT
    p.period_kind, p.period_start_date, count(*) AS persons,
    sum(CASE WHEN a.previous_start_date IS NULL THEN 1 ELSE 0 END) AS new_persons,
    sum(CASE WHEN a.previous_start_date = p.previous_start_date THEN 1 ELSE 0 END) AS retained_persons
  FROM longer AS p
  JOIN active_period AS a ON a.period_kind = p.period_kind AND a.period_start_date = p.period_start_date
  GROUP BY p.period_kind, p.period_start_date
),
before AS (
  SELECT p.period_kind, p.period_start_date, count(*) AS persons
  FROM longer AS p
  JOIN active_period AS a ON a.period_kind = p.period_kind AND a.period_start_date = p.previous_start_date
  GROUP BY p.period_kind, p.period_start_date
),
known AS (
  SELECT
    p.period_kind, p.period_start_date, p.period_end_date, p.is_complete, COALESCE(c.persons, 0) AS persons,
    COALESCE(c.new_persons, 0) AS new_persons, COALESCE(c.retained_persons, 0) AS retained_persons,
    COALESCE(b.persons, 0) AS previous_persons
  FROM longer AS p
  LEFT JOIN counted AS c ON c.period_kind = p.period_kind AND c.period_start_date = p.period_start_date
  LEFT JOIN before AS b ON b.period_kind = p.period_kind AND b.period_start_date = p.period_start_date
)
SELECT k.period_kind, k.period_start_date, k.period_end_date, k.is_complete, 'new' AS state, k.new_persons AS persons
FROM known AS k
UNION ALL
SELECT
  k.period_kind, k.period_start_date, k.period_end_date, k.is_complete, 'retained' AS state,
  k.retained_persons AS persons
FROM known AS k
UNION ALL
SELECT
  k.period_kind, k.period_start_date, k.period_end_date, k.is_complete, 'lost' AS state,
  k.previous_persons - k.retained_persons AS persons
FROM known AS k
UNION ALL
SELECT
  k.period_kind, k.period_start_date, k.period_end_date, k.is_complete, 'returned' AS state,
  k.persons - k.new_persons - k.retained_persons AS persons
FROM known AS k
