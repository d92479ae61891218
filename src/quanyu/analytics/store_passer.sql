-- store_passer: visitors whom stores counted without knowing them, in each longer period with a count
-- grain: period_kind, period_start_date
-- reads: report_period, store_traffic, order_fact
-- params: as_of date
-- source: M-13 (visit or store traffic): the count of a store and day less those it identified, who are told as visits, or
--         where they are more its identified buyers, whose purchase is a visit. Hours, where told, stand for the day.
--         A counter knows no keys: who comes on two days is counted twice
WITH counter AS (
  SELECT
    t.store_id, t.date AS local_date,
    COALESCE(sum(CASE WHEN t.hour IS NOT NULL THEN t.count END), sum(t.count)) AS counted,
    COALESCE(sum(CASE WHEN t.hour IS NOT NULL THEN t.identified_count END), sum(t.identified_count), 0) AS identified
  FROM store_traffic AS t
  WHERE t.date <= $as_of
  GROUP BY t.store_id, t.date
),
shopper AS (
  SELECT o.store_id, o.local_date, count(DISTINCT o.person_id) AS buyers
  FROM order_fact AS o
  WHERE o.is_valid AND o.person_id IS NOT NULL AND o.store_id IS NOT NULL
  GROUP BY o.store_id, o.local_date
)
SELECT
  p.period_kind, p.period_start_date, p.period_end_date,
  sum(GREATEST(c.counted - GREATEST(c.identified, COALESCE(s.buyers, 0)), 0)) AS visitors
FROM counter AS c
JOIN report_period AS p ON c.local_date >= p.period_start_date AND c.local_date < p.period_end_date
LEFT JOIN shopper AS s ON s.store_id = c.store_id AND s.local_date = c.local_date
WHERE p.period_kind IN ('month', 'quarter', 'year')
GROUP BY p.period_kind, p.period_start_date, p.period_end_date
