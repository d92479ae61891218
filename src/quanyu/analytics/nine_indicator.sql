-- nine_indicator: traffic, conversion and value per customer of new, old and dormant persons in each longer period
-- grain: period_kind, period_start_date, segment
-- reads: report_period, purchase_day_fact, visit_fact, lifecycle_cut
-- params: as_of date, param_version text
-- source: M-13, E-13; status is fixed before the period begins. A purchase implies a visit. In a period of which no
--         visit is known, traffic of new and old is null (a buyer count is not traffic) and so is their conversion
WITH longer AS (
  SELECT p.period_kind, p.period_start_date, p.period_end_date, c.q_dormant_days AS dormant_days
  FROM report_period AS p
  JOIN lifecycle_cut AS c ON c.date = $as_of
  WHERE p.period_kind IN ('month', 'quarter', 'year')
),
visited AS (
  SELECT p.period_kind, p.period_start_date, count(*) AS visits
  FROM longer AS p
  JOIN visit_fact AS v ON v.local_date >= p.period_start_date AND v.local_date < p.period_end_date
  GROUP BY p.period_kind, p.period_start_date
),
before AS (
  SELECT p.period_kind, p.period_start_date, d.person_id, max(d.local_date) AS last_purchase_date
  FROM longer AS p
  JOIN purchase_day_fact AS d ON d.local_date < p.period_start_date
  GROUP BY p.period_kind, p.period_start_date, d.person_id
),
status AS (
  SELECT
    b.period_kind, b.period_start_date, b.person_id,
    CASE WHEN days_between(b.last_purchase_date, p.period_start_date) <= p.dormant_days THEN 'old' ELSE 'dormant' END
      AS segment
  FROM before AS b
  JOIN longer AS p ON p.period_kind = b.period_kind AND p.period_start_date = b.period_start_date
),
buyer AS (
  SELECT p.period_kind, p.period_start_date, d.person_id, sum(d.net_fen) AS net_fen
  FROM longer AS p
  JOIN purchase_day_fact AS d ON d.local_date >= p.period_start_date AND d.local_date < p.period_end_date
  GROUP BY p.period_kind, p.period_start_date, d.person_id
),
present AS (
  SELECT b.period_kind, b.period_start_date, b.person_id, 'p' || CAST(b.person_id AS VARCHAR) AS visitor FROM buyer AS b
  UNION
  SELECT
    p.period_kind, p.period_start_date, v.person_id,
    COALESCE('p' || CAST(v.person_id AS VARCHAR), 'v' || v.visitor_key) AS visitor
  FROM longer AS p
  JOIN visit_fact AS v ON v.local_date >= p.period_start_date AND v.local_date < p.period_end_date
),
traffic AS (
  SELECT p.period_kind, p.period_start_date, COALESCE(s.segment, 'new') AS segment, count(*) AS visitors
  FROM present AS p
  LEFT JOIN status AS s
    ON s.period_kind = p.period_kind AND s.period_start_date = p.period_start_date AND s.person_id = p.person_id
  WHERE p.visitor IS NOT NULL
  GROUP BY p.period_kind, p.period_start_date, COALESCE(s.segment, 'new')
),
stock AS (
  SELECT s.period_kind, s.period_start_date, count(*) AS persons
  FROM status AS s
  WHERE s.segment = 'dormant'
  GROUP BY s.period_kind, s.period_start_date
),
bought AS (
  SELECT
    b.period_kind, b.period_start_date, COALESCE(s.segment, 'new') AS segment, count(*) AS buyers, sum(b.net_fen) AS net_fen
  FROM buyer AS b
  LEFT JOIN status AS s
    ON s.period_kind = b.period_kind AND s.period_start_date = b.period_start_date AND s.person_id = b.person_id
  GROUP BY b.period_kind, b.period_start_date, COALESCE(s.segment, 'new')
),
segment AS (
  SELECT p.period_kind, p.period_start_date, p.period_end_date, p.dormant_days, 'new' AS segment FROM longer AS p
  UNION ALL
  SELECT p.period_kind, p.period_start_date, p.period_end_date, p.dormant_days, 'old' AS segment FROM longer AS p
  UNION ALL
  SELECT p.period_kind, p.period_start_date, p.period_end_date, p.dormant_days, 'dormant' AS segment FROM longer AS p
),
filled AS (
  SELECT
    g.period_kind, g.period_start_date, g.period_end_date, g.segment, g.dormant_days,
    CASE
      WHEN g.segment = 'dormant' THEN COALESCE(k.persons, 0)
      WHEN n.visits > 0 THEN COALESCE(t.visitors, 0)
    END AS base,
    COALESCE(b.buyers, 0) AS buyers, COALESCE(b.net_fen, 0) AS net_fen
  FROM segment AS g
  LEFT JOIN visited AS n ON n.period_kind = g.period_kind AND n.period_start_date = g.period_start_date
  LEFT JOIN traffic AS t
    ON t.period_kind = g.period_kind AND t.period_start_date = g.period_start_date AND t.segment = g.segment
  LEFT JOIN stock AS k ON k.period_kind = g.period_kind AND k.period_start_date = g.period_start_date
  LEFT JOIN bought AS b
    ON b.period_kind = g.period_kind AND b.period_start_date = g.period_start_date AND b.segment = g.segment
)
SELECT
  f.period_kind, f.period_start_date, f.period_end_date, f.segment, f.base, f.buyers, f.net_fen,
  safe_divide(f.buyers, f.base) AS conversion_rate, int_div(2 * f.net_fen + f.buyers, 2 * f.buyers) AS per_buyer_fen,
  f.dormant_days, $param_version AS param_version
FROM filled AS f
