-- funnel_way: the steps of funnels that each kind of act takes; acts are told apart as far as any way asks, no further
-- grain: act_no, funnel_no, step_no
-- reads: funnel_step, channel
-- source: M-14. An act without a channel's line is offline in a store. A payment takes a step of a funnel of valid orders
--         as a valid one alone. Empty text is what no way names: it takes the steps that ask for nothing of the sort
WITH named AS (
  SELECT w.type FROM funnel_step AS w WHERE w.type IS NOT NULL
  UNION
  SELECT 'order_paid' AS type
),
done AS (
  SELECT n.type, n.type AS way_type, FALSE AS is_valid FROM named AS n
  UNION ALL
  SELECT 'order_paid' AS type, 'order_paid' AS way_type, TRUE AS is_valid
  UNION ALL
  SELECT '' AS type, NULL AS way_type, FALSE AS is_valid
),
side AS (
  SELECT FALSE AS in_store, NULL AS line UNION ALL SELECT TRUE AS in_store, 'offline' AS line
),
place AS (
  SELECT c.channel_id, s.in_store, COALESCE(c.line, s.line) AS line, c.domain, c.role
  FROM channel AS c
  CROSS JOIN side AS s
  UNION ALL
  SELECT '' AS channel_id, s.in_store, s.line, NULL AS domain, NULL AS role FROM side AS s
),
met AS (
  SELECT DISTINCT w.touchpoint_id FROM funnel_step AS w WHERE w.touchpoint_id IS NOT NULL
  UNION ALL
  SELECT '' AS touchpoint_id
),
taken AS (
  SELECT DISTINCT
    w.funnel, w.step_no, w.is_strict, w.window_days, d.type, d.is_valid, p.channel_id, p.in_store, m.touchpoint_id
  FROM funnel_step AS w
  JOIN done AS d ON w.type IS NULL OR w.type = d.way_type
  JOIN place AS p
    ON (w.line IS NULL OR w.line = p.line) AND (w.domain IS NULL OR w.domain = p.domain)
    AND (w.role IS NULL OR w.role = p.role)
  JOIN met AS m ON w.touchpoint_id IS NULL OR w.touchpoint_id = m.touchpoint_id
  WHERE d.type <> 'order_paid' OR d.is_valid OR NOT w.valid_orders
)
SELECT
  dense_rank() OVER (ORDER BY t.type, t.is_valid, t.channel_id, t.in_store, t.touchpoint_id) AS act_no,
  dense_rank() OVER (ORDER BY t.funnel) AS funnel_no, t.funnel, t.step_no, t.is_strict, t.window_days, t.type,
  t.is_valid, t.channel_id, t.in_store, t.touchpoint_id
FROM taken AS t
