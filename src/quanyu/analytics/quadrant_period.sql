-- quadrant_period: persons, events, sales, cost and margin of each quadrant and its halves in each longer period
-- grain: period_kind, period_start_date, quadrant, line
-- reads: report_period, quadrant_day, event_fact, order_fact, order_line, channel_cost, channel_dim
-- params: as_of date
-- source: M-37. Events are those of anybody, known or not. Margin is net sales less the cost of the goods and of the
--         channels; where the goods' cost of an order is not known it is null. Goods that came back keep their cost
WITH longer AS (
  SELECT p.period_kind, p.period_start_date, p.period_end_date
  FROM report_period AS p
  WHERE p.period_kind IN ('month', 'quarter', 'year')
),
goods AS (
  SELECT l.order_id, CASE WHEN count(l.cost_fen) = count(*) THEN sum(l.cost_fen) END AS goods_fen
  FROM order_line AS l
  GROUP BY l.order_id
),
happened AS (
  SELECT
    e.local_date, e.channel_id, count(*) AS events, 0 AS orders, 0 AS net_fen, 0 AS goods_fen, 0 AS unknown_orders,
    CAST(NULL AS BIGINT) AS cost_fen
  FROM event_fact AS e
  WHERE e.channel_id IS NOT NULL
  GROUP BY e.local_date, e.channel_id
  UNION ALL
  SELECT
    o.local_date, o.ordered_channel_id AS channel_id, 0 AS events, count(*) AS orders, sum(o.net_fen) AS net_fen,
    sum(COALESCE(g.goods_fen, 0)) AS goods_fen, sum(CASE WHEN g.goods_fen IS NULL THEN 1 ELSE 0 END) AS unknown_orders,
    CAST(NULL AS BIGINT) AS cost_fen
  FROM order_fact AS o
  LEFT JOIN goods AS g ON g.order_id = o.order_id
  WHERE o.is_valid AND o.ordered_channel_id IS NOT NULL
  GROUP BY o.local_date, o.ordered_channel_id
  UNION ALL
  SELECT
    c.date AS local_date, c.channel_id, 0 AS events, 0 AS orders, 0 AS net_fen, 0 AS goods_fen, 0 AS unknown_orders,
    sum(c.cost_fen) AS cost_fen
  FROM channel_cost AS c
  WHERE c.date <= $as_of
  GROUP BY c.date, c.channel_id
),
half AS (
  SELECT
    p.period_kind, p.period_start_date, c.quadrant, COALESCE(c.line, 'unknown') AS line, sum(h.events) AS events,
    sum(h.orders) AS orders, sum(h.net_fen) AS net_fen, sum(h.goods_fen) AS goods_fen,
    sum(h.unknown_orders) AS unknown_orders, sum(h.cost_fen) AS cost_fen
  FROM happened AS h
  JOIN channel_dim AS c ON c.channel_id = h.channel_id
  JOIN longer AS p ON h.local_date >= p.period_start_date AND h.local_date < p.period_end_date
  WHERE c.quadrant IS NOT NULL
  GROUP BY p.period_kind, p.period_start_date, c.quadrant, COALESCE(c.line, 'unknown')
),
figure AS (
  SELECT
    f.period_kind, f.period_start_date, f.quadrant, f.line, f.events, f.orders, f.net_fen, f.goods_fen,
    f.unknown_orders, f.cost_fen
  FROM half AS f
  UNION ALL
  SELECT
    f.period_kind, f.period_start_date, f.quadrant, 'all' AS line, sum(f.events) AS events, sum(f.orders) AS orders,
    sum(f.net_fen) AS net_fen, sum(f.goods_fen) AS goods_fen, sum(f.unknown_orders) AS unknown_orders,
    sum(f.cost_fen) AS cost_fen
  FROM half AS f
  GROUP BY f.period_kind, f.period_start_date, f.quadrant
),
month AS (
  SELECT
    d.person_id, d.quadrant, month_start(d.local_date) AS start_date,
    max(CASE WHEN d.line = 'online' THEN 1 ELSE 0 END) AS online,
    max(CASE WHEN d.line = 'offline' THEN 1 ELSE 0 END) AS offline,
    max(CASE WHEN d.line = 'unknown' THEN 1 ELSE 0 END) AS other
  FROM quadrant_day AS d
  GROUP BY d.person_id, d.quadrant, month_start(d.local_date)
),
quarter AS (
  SELECT
    m.person_id, m.quadrant, quarter_start(m.start_date) AS start_date, max(m.online) AS online,
    max(m.offline) AS offline, max(m.other) AS other
  FROM month AS m
  GROUP BY m.person_id, m.quadrant, quarter_start(m.start_date)
),
year AS (
  SELECT
    q.person_id, q.quadrant, year_start(q.start_date) AS start_date, max(q.online) AS online,
    max(q.offline) AS offline, max(q.other) AS other
  FROM quarter AS q
  GROUP BY q.person_id, q.quadrant, year_start(q.start_date)
),
counted AS (
  SELECT
    'month' AS period_kind, m.start_date, m.quadrant, count(*) AS persons, sum(m.online) AS online,
    sum(m.offline) AS offline, sum(m.other) AS other
  FROM month AS m
  GROUP BY m.start_date, m.quadrant
  UNION ALL
  SELECT
    'quarter' AS period_kind, q.start_date, q.quadrant, count(*) AS persons, sum(q.online) AS online,
    sum(q.offline) AS offline, sum(q.other) AS other
  FROM quarter AS q
  GROUP BY q.start_date, q.quadrant
  UNION ALL
  SELECT
    'year' AS period_kind, y.start_date, y.quadrant, count(*) AS persons, sum(y.online) AS online,
    sum(y.offline) AS offline, sum(y.other) AS other
  FROM year AS y
  GROUP BY y.start_date, y.quadrant
),
seen AS (
  SELECT c.period_kind, c.start_date, c.quadrant, 'all' AS line, c.persons FROM counted AS c
  UNION ALL
  SELECT c.period_kind, c.start_date, c.quadrant, 'online' AS line, c.online AS persons FROM counted AS c
  UNION ALL
  SELECT c.period_kind, c.start_date, c.quadrant, 'offline' AS line, c.offline AS persons FROM counted AS c
  UNION ALL
  SELECT c.period_kind, c.start_date, c.quadrant, 'unknown' AS line, c.other AS persons FROM counted AS c
)
SELECT
  p.period_kind, p.period_start_date, p.period_end_date, f.quadrant, f.line, COALESCE(s.persons, 0) AS persons, f.events,
  f.orders, f.net_fen, f.cost_fen,
  CASE WHEN f.unknown_orders = 0 THEN f.net_fen - f.goods_fen - COALESCE(f.cost_fen, 0) END AS margin_fen
FROM figure AS f
JOIN longer AS p ON p.period_kind = f.period_kind AND p.period_start_date = f.period_start_date
LEFT JOIN seen AS s
  ON s.period_kind = f.period_kind AND s.start_date = f.period_start_date AND s.quadrant = f.quadrant
  AND s.line = f.line
