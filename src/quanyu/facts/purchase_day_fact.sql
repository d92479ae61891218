-- purchase_day_fact: one row per person and local date with at least one valid order (天次)
-- grain: person_id, local_date
-- per: person
-- reads: order_fact
-- source: domain §2.0 purchase day; two orders on one day are one purchase day
WITH day AS (
  SELECT o.person_id, o.local_date, count(*) AS orders, sum(o.net_fen) AS net_fen
  FROM order_fact AS o
  WHERE o.is_valid AND o.person_id IS NOT NULL
  GROUP BY o.person_id, o.local_date
),
placed AS (
  SELECT
    d.person_id, d.local_date, d.orders, d.net_fen,
    row_number() OVER (PARTITION BY d.person_id ORDER BY d.local_date) AS purchase_day_no,
    lag(d.local_date) OVER (PARTITION BY d.person_id ORDER BY d.local_date) AS previous_local_date
  FROM day AS d
)
SELECT
  p.person_id, p.local_date, p.orders, p.net_fen, p.purchase_day_no, p.previous_local_date,
  days_between(p.previous_local_date, p.local_date) AS gap_days
FROM placed AS p
