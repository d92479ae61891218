-- link_summary: persons in two or more quadrants, buyers on both lines, orders served on the other line
-- grain: period_kind, period_start_date
-- reads: report_period, quadrant_day, order_fact, channel_dim
-- source: M-37, E-37 (贯通率). Where an order is served: the line of its fulfilling channel; without one pickup, in-store
--         and service say offline. Orders whose lines are not both known are in neither number
WITH longer AS (
  SELECT p.period_kind, p.period_start_date, p.period_end_date
  FROM report_period AS p
  WHERE p.period_kind IN ('month', 'quarter', 'year')
),
month AS (
  SELECT
    d.person_id, month_start(d.local_date) AS start_date,
    max(CASE WHEN d.quadrant = 'public_traffic' THEN 1 ELSE 0 END) AS traffic,
    max(CASE WHEN d.quadrant = 'public_store' THEN 1 ELSE 0 END) AS shop,
    max(CASE WHEN d.quadrant = 'private_pool' THEN 1 ELSE 0 END) AS pool,
    max(CASE WHEN d.quadrant = 'private_store' THEN 1 ELSE 0 END) AS counter
  FROM quadrant_day AS d
  GROUP BY d.person_id, month_start(d.local_date)
),
quarter AS (
  SELECT
    m.person_id, quarter_start(m.start_date) AS start_date, max(m.traffic) AS traffic, max(m.shop) AS shop,
    max(m.pool) AS pool, max(m.counter) AS counter
  FROM month AS m
  GROUP BY m.person_id, quarter_start(m.start_date)
),
year AS (
  SELECT
    q.person_id, year_start(q.start_date) AS start_date, max(q.traffic) AS traffic, max(q.shop) AS shop,
    max(q.pool) AS pool, max(q.counter) AS counter
  FROM quarter AS q
  GROUP BY q.person_id, year_start(q.start_date)
),
crossed AS (
  SELECT
    'month' AS period_kind, m.start_date AS period_start_date, count(*) AS persons,
    sum(CASE WHEN m.traffic + m.shop + m.pool + m.counter > 1 THEN 1 ELSE 0 END) AS cross_persons
  FROM month AS m
  GROUP BY m.start_date
  UNION ALL
  SELECT
    'quarter' AS period_kind, q.start_date AS period_start_date, count(*) AS persons,
    sum(CASE WHEN q.traffic + q.shop + q.pool + q.counter > 1 THEN 1 ELSE 0 END) AS cross_persons
  FROM quarter AS q
  GROUP BY q.start_date
  UNION ALL
  SELECT
    'year' AS period_kind, y.start_date AS period_start_date, count(*) AS persons,
    sum(CASE WHEN y.traffic + y.shop + y.pool + y.counter > 1 THEN 1 ELSE 0 END) AS cross_persons
  FROM year AS y
  GROUP BY y.start_date
),
lined AS (
  SELECT
    o.order_id, o.person_id, o.local_date, c.line AS ordered_line,
    COALESCE(f.line, CASE WHEN o.fulfil_type IN ('pickup', 'instore', 'service') THEN 'offline' END) AS fulfil_line
  FROM order_fact AS o
  JOIN channel_dim AS c ON c.channel_id = o.ordered_channel_id AND c.line IS NOT NULL
  LEFT JOIN channel_dim AS f ON f.channel_id = o.fulfil_channel_id
  WHERE o.is_valid
),
buyer AS (
  SELECT p.period_kind, p.period_start_date, o.person_id, count(DISTINCT o.ordered_line) AS order_lines
  FROM lined AS o
  JOIN longer AS p ON o.local_date >= p.period_start_date AND o.local_date < p.period_end_date
  WHERE o.person_id IS NOT NULL
  GROUP BY p.period_kind, p.period_start_date, o.person_id
),
bought AS (
  SELECT
    b.period_kind, b.period_start_date, count(*) AS buyers,
    sum(CASE WHEN b.order_lines > 1 THEN 1 ELSE 0 END) AS cross_line_buyers
  FROM buyer AS b
  GROUP BY b.period_kind, b.period_start_date
),
served AS (
  SELECT
    p.period_kind, p.period_start_date, count(*) AS orders,
    sum(CASE WHEN o.ordered_line <> o.fulfil_line THEN 1 ELSE 0 END) AS cross_orders
  FROM lined AS o
  JOIN longer AS p ON o.local_date >= p.period_start_date AND o.local_date < p.period_end_date
  WHERE o.fulfil_line IS NOT NULL
  GROUP BY p.period_kind, p.period_start_date
)
SELECT
  p.period_kind, p.period_start_date, p.period_end_date, COALESCE(c.persons, 0) AS persons,
  COALESCE(c.cross_persons, 0) AS cross_persons, COALESCE(b.buyers, 0) AS buyers,
  COALESCE(b.cross_line_buyers, 0) AS cross_line_buyers, COALESCE(s.orders, 0) AS service_orders,
  COALESCE(s.cross_orders, 0) AS cross_service_orders, safe_divide(c.cross_persons, c.persons) AS cross_domain_rate,
  safe_divide(b.cross_line_buyers, b.buyers) AS cross_line_buyer_rate,
  safe_divide(s.cross_orders, s.orders) AS cross_service_rate
FROM longer AS p
LEFT JOIN crossed AS c ON c.period_kind = p.period_kind AND c.period_start_date = p.period_start_date
LEFT JOIN bought AS b ON b.period_kind = p.period_kind AND b.period_start_date = p.period_start_date
LEFT JOIN served AS s ON s.period_kind = p.period_kind AND s.period_start_date = p.period_start_date
