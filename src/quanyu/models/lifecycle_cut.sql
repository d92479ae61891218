-- lifecycle_cut: when a buyer counts as dormant and as lost, from the gaps between purchase days before each snapshot date
-- grain: date
-- reads: snapshot_date, purchase_day_fact
-- params: life_gap_days int, life_min_gaps int, life_dormant_pct int, life_lost_pct int, life_dormant_fallback_days int,
--         life_lost_fallback_days int, life_mature_days int, param_version text
-- source: M-23; nearest-rank quantiles over gaps whose later day lies in the window, exact in integers; with fewer gaps
--         than the minimum the industry's fallback
WITH counted AS (
  SELECT s.date, d.gap_days, count(*) AS n
  FROM snapshot_date AS s
  JOIN purchase_day_fact AS d ON d.local_date <= s.date AND d.local_date > add_days(s.date, -$life_gap_days)
  WHERE d.gap_days IS NOT NULL
  GROUP BY s.date, d.gap_days
),
running AS (
  SELECT
    c.date, c.gap_days,
    sum(c.n) OVER (PARTITION BY c.date ORDER BY c.gap_days ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS upto,
    sum(c.n) OVER (PARTITION BY c.date) AS total
  FROM counted AS c
),
quantile AS (
  SELECT
    r.date, max(r.total) AS gaps, min(CASE WHEN 100 * r.upto >= $life_dormant_pct * r.total THEN r.gap_days END) AS dormant,
    min(CASE WHEN 100 * r.upto >= $life_lost_pct * r.total THEN r.gap_days END) AS lost
  FROM running AS r
  GROUP BY r.date
)
SELECT
  s.date,
  CASE WHEN q.gaps >= $life_min_gaps THEN q.dormant ELSE $life_dormant_fallback_days END AS q_dormant_days,
  CASE WHEN q.gaps >= $life_min_gaps THEN q.lost ELSE $life_lost_fallback_days END AS q_lost_days,
  $life_mature_days AS mature_days, COALESCE(q.gaps, 0) AS gaps,
  CASE WHEN q.gaps >= $life_min_gaps THEN 'measured' ELSE 'fallback' END AS source, $param_version AS param_version
FROM snapshot_date AS s
LEFT JOIN quantile AS q ON q.date = s.date
