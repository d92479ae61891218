-- person_fact: one row per person known as of the build date, buyer or not; purchases are valid orders, money is net
-- grain: person_id, as_of
-- per: person
-- reads: person, order_fact, purchase_day_fact, activity_day_fact
-- params: as_of date, zone text
-- source: domain §2.0, §3.8 (person_daily); windows of 365 days end on the date. Who was seen only after the date does
--         not exist yet; who was never seen on a date (a bare list) does
WITH bought AS (
  SELECT
    d.person_id, min(d.local_date) AS first_purchase_date, max(d.local_date) AS last_purchase_date,
    count(*) AS purchase_days, sum(d.orders) AS orders, sum(d.net_fen) AS net_fen,
    sum(CASE WHEN d.local_date > add_days($as_of, -365) THEN 1 ELSE 0 END) AS purchase_days_365,
    sum(CASE WHEN d.local_date > add_days($as_of, -365) THEN d.orders ELSE 0 END) AS orders_365,
    sum(CASE WHEN d.local_date > add_days($as_of, -365) THEN d.net_fen ELSE 0 END) AS net_365_fen
  FROM purchase_day_fact AS d
  GROUP BY d.person_id
),
first_order AS (
  SELECT o.person_id, o.ordered_channel_id FROM order_fact AS o WHERE o.is_first_order
),
acted AS (
  SELECT a.person_id, min(a.local_date) AS first_act_date, max(a.local_date) AS last_act_date
  FROM activity_day_fact AS a
  GROUP BY a.person_id
),
seen AS (
  SELECT
    p.person_id, LEAST(local_date(p.first_seen_at, $zone), a.first_act_date, b.first_purchase_date) AS first_seen_date,
    GREATEST(a.last_act_date, b.last_purchase_date) AS last_active_date, b.first_purchase_date, b.last_purchase_date,
    b.purchase_days, b.orders, b.net_fen, b.purchase_days_365, b.orders_365, b.net_365_fen
  FROM person AS p
  LEFT JOIN bought AS b ON b.person_id = p.person_id
  LEFT JOIN acted AS a ON a.person_id = p.person_id
)
SELECT
  s.person_id, $as_of AS as_of, s.first_seen_date, s.last_active_date, s.first_purchase_date, s.last_purchase_date,
  month_start(s.first_purchase_date) AS cohort_month,
  f.ordered_channel_id AS first_channel_id, COALESCE(s.orders, 0) AS orders, COALESCE(s.orders_365, 0) AS orders_365,
  COALESCE(s.purchase_days, 0) AS purchase_days, COALESCE(s.purchase_days_365, 0) AS purchase_days_365,
  COALESCE(s.net_fen, 0) AS net_fen, COALESCE(s.net_365_fen, 0) AS net_365_fen,
  days_between(s.last_purchase_date, $as_of) AS recency_days
FROM seen AS s
LEFT JOIN first_order AS f ON f.person_id = s.person_id
WHERE s.first_seen_date IS NULL OR s.first_seen_date <= $as_of
