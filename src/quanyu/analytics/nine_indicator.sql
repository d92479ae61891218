-- nine_indicator: traffic, conversion and value per customer of new, old and dormant persons in each longer period
-- grain: period_kind, period_start_date, segment
-- reads: report_period, purchase_day_fact, visit_fact, store_passer, lifecycle_cut
-- params: as_of date, param_version text
-- source: M-13, E-13; status is fixed before the period begins. A purchase implies a visit. In a period of which no
--         visit is known, traffic of new and old is null (a buyer count is not traffic) and so is their conversion.
--         Whom a store counted without knowing them is new (store_passer).
--         A day of presence is the first of a period when the one before it lies before the period; the last purchase
--         before that first day is then the last one before the period, so persons are not joined by period
WITH longer AS (
  SELECT p.period_kind, p.period_start_date, p.period_end_date, c.q_dormant_days AS dormant_days
  FROM report_period AS p
  JOIN lifecycle_cut AS c ON c.date = $as_of
  WHERE p.period_kind IN ('month', 'quarter', 'year')
),
purchase AS (
  SELECT
    d.person_id, d.local_date, d.previous_local_date, d.net_fen,
    lead(d.local_date) OVER (PARTITION BY d.person_id ORDER BY d.local_date) AS next_local_date
  FROM purchase_day_fact AS d
),
presence_day AS (
  SELECT p.person_id, p.visitor_key, p.local_date, max(p.purchase_date) AS purchase_date, sum(p.visits) AS visits
  FROM (
    SELECT d.person_id, NULL AS visitor_key, d.local_date, d.local_date AS purchase_date, 0 AS visits
    FROM purchase_day_fact AS d
    UNION ALL
    SELECT v.person_id, CASE WHEN v.person_id IS NULL THEN v.visitor_key END AS visitor_key, v.local_date,
      NULL AS purchase_date, 1 AS visits
    FROM visit_fact AS v
  ) AS p
  GROUP BY p.person_id, p.visitor_key, p.local_date
),
followed AS (
  SELECT
    p.local_date, p.visits, p.person_id IS NULL AND p.visitor_key IS NULL AS is_nobody,
    lag(p.local_date) OVER (PARTITION BY p.person_id, p.visitor_key ORDER BY p.local_date) AS previous_local_date,
    max(p.purchase_date) OVER (
      PARTITION BY p.person_id, p.visitor_key ORDER BY p.local_date ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS last_purchase_date
  FROM presence_day AS p
),
known_day AS (
  SELECT DISTINCT p.local_date FROM presence_day AS p
),
period_day AS (
  SELECT p.period_kind, p.period_start_date, p.dormant_days, d.local_date
  FROM longer AS p
  JOIN known_day AS d ON d.local_date >= p.period_start_date AND d.local_date < p.period_end_date
),
present AS (
  SELECT
    y.period_kind, y.period_start_date, f.visits,
    CASE WHEN f.is_nobody OR f.previous_local_date >= y.period_start_date THEN 0 ELSE 1 END AS visitors,
    CASE
      WHEN f.last_purchase_date IS NULL THEN 'new'
      WHEN days_between(f.last_purchase_date, y.period_start_date) <= y.dormant_days THEN 'old' ELSE 'dormant'
    END AS segment
  FROM followed AS f
  JOIN period_day AS y ON y.local_date = f.local_date
),
traffic AS (
  SELECT p.period_kind, p.period_start_date, p.segment, sum(p.visitors) AS visitors
  FROM present AS p
  GROUP BY p.period_kind, p.period_start_date, p.segment
),
visited AS (
  SELECT p.period_kind, p.period_start_date, sum(p.visits) AS visits
  FROM present AS p
  GROUP BY p.period_kind, p.period_start_date
),
pause AS (
  SELECT d.local_date, d.next_local_date, count(*) AS persons FROM purchase AS d GROUP BY d.local_date, d.next_local_date
),
stock AS (
  SELECT p.period_kind, p.period_start_date, sum(d.persons) AS persons
  FROM longer AS p
  JOIN pause AS d
    ON d.local_date < p.period_start_date AND COALESCE(d.next_local_date, p.period_start_date) >= p.period_start_date
  WHERE days_between(d.local_date, p.period_start_date) > p.dormant_days
  GROUP BY p.period_kind, p.period_start_date
),
buyer AS (
  SELECT
    y.period_kind, y.period_start_date, d.person_id, sum(d.net_fen) AS net_fen,
    CASE
      WHEN COALESCE(min(d.previous_local_date), y.period_start_date) >= y.period_start_date THEN 'new'
      WHEN days_between(min(d.previous_local_date), y.period_start_date) <= y.dormant_days THEN 'old' ELSE 'dormant'
    END AS segment
  FROM purchase AS d
  JOIN period_day AS y ON y.local_date = d.local_date
  GROUP BY y.period_kind, y.period_start_date, y.dormant_days, d.person_id
),
bought AS (
  SELECT b.period_kind, b.period_start_date, b.segment, count(*) AS buyers, sum(b.net_fen) AS net_fen
  FROM buyer AS b
  GROUP BY b.period_kind, b.period_start_date, b.segment
),
segment AS (
  SELECT p.period_kind, p.period_start_date, p.period_end_date, p.dormant_days, n.segment
  FROM longer AS p
  CROSS JOIN (
    SELECT 'new' AS segment UNION ALL SELECT 'old' AS segment UNION ALL SELECT 'dormant' AS segment
  ) AS n
),
filled AS (
  SELECT
    g.period_kind, g.period_start_date, g.period_end_date, g.segment, g.dormant_days,
    CASE
      WHEN g.segment = 'dormant' THEN COALESCE(k.persons, 0)
      WHEN n.visits > 0 OR u.visitors IS NOT NULL
        THEN COALESCE(t.visitors, 0) + CASE WHEN g.segment = 'new' THEN COALESCE(u.visitors, 0) ELSE 0 END
    END AS base,
    COALESCE(b.buyers, 0) AS buyers, COALESCE(b.net_fen, 0) AS net_fen
  FROM segment AS g
  LEFT JOIN visited AS n ON n.period_kind = g.period_kind AND n.period_start_date = g.period_start_date
  LEFT JOIN store_passer AS u ON u.period_kind = g.period_kind AND u.period_start_date = g.period_start_date
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
