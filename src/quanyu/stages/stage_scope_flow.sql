-- stage_scope_flow: how many persons went from each stage of an item to each other, from the last snapshot to the build
-- grain: model, scope, d0, d1, from_stage, to_stage
-- reads: item_day, item_window, stage_rule, snapshot_date
-- params: as_of date
-- source: domain M-05 (product-level 5R: the same rules restricted to one item). Items are styles (SPU), categories and
--         their parents. Judged on two dates only, so that days outside every window are left out at once; a spread is
--         one of an item when its order holds a line of it. `none` is outside the item's assets
WITH listened AS (
  SELECT
    i.kind, i.item_id, i.person_id, o.condition_no, i.local_date, o.days,
    CASE WHEN i.local_date >= o.since_0_date AND i.local_date <= o.d0 THEN 1 ELSE 0 END AS in_0,
    CASE WHEN i.local_date >= o.since_1_date THEN 1 ELSE 0 END AS in_1
  FROM item_day AS i
  JOIN item_window AS o ON o.signal = i.signal
),
-- Only conditions of several days need to tell the days apart.
single AS (
  SELECT l.kind, l.item_id, l.person_id, l.condition_no, max(l.in_0) AS held_0, max(l.in_1) AS held_1
  FROM listened AS l
  WHERE l.days = 1
  GROUP BY l.kind, l.item_id, l.person_id, l.condition_no
),
several_day AS (
  SELECT
    l.kind, l.item_id, l.person_id, l.condition_no, l.local_date, max(l.days) AS days, max(l.in_0) AS in_0,
    max(l.in_1) AS in_1
  FROM listened AS l
  WHERE l.days > 1
  GROUP BY l.kind, l.item_id, l.person_id, l.condition_no, l.local_date
),
several AS (
  SELECT
    d.kind, d.item_id, d.person_id, d.condition_no, CASE WHEN sum(d.in_0) >= max(d.days) THEN 1 ELSE 0 END AS held_0,
    CASE WHEN sum(d.in_1) >= max(d.days) THEN 1 ELSE 0 END AS held_1
  FROM several_day AS d
  GROUP BY d.kind, d.item_id, d.person_id, d.condition_no
),
held AS (
  SELECT s.kind, s.item_id, s.person_id, s.condition_no, s.held_0, s.held_1
  FROM single AS s
  WHERE s.held_0 > 0 OR s.held_1 > 0
  UNION ALL
  SELECT s.kind, s.item_id, s.person_id, s.condition_no, s.held_0, s.held_1
  FROM several AS s
  WHERE s.held_0 > 0 OR s.held_1 > 0
),
ruled AS (
  SELECT
    r.model, h.kind, h.item_id, h.person_id, r.rule_no, max(r.stage_no) AS stage_no, max(r.conditions) AS conditions,
    sum(h.held_0) AS held_0, sum(h.held_1) AS held_1
  FROM held AS h
  JOIN stage_rule AS r ON r.condition_no = h.condition_no
  WHERE r.for_items
  GROUP BY r.model, h.kind, h.item_id, h.person_id, r.rule_no
),
staged AS (
  SELECT
    r.model, r.kind, r.item_id, r.person_id, max(CASE WHEN r.held_0 = r.conditions THEN r.stage_no ELSE 0 END) AS stage_0,
    max(CASE WHEN r.held_1 = r.conditions THEN r.stage_no ELSE 0 END) AS stage_1
  FROM ruled AS r
  GROUP BY r.model, r.kind, r.item_id, r.person_id
),
counted AS (
  SELECT s.model, s.kind, s.item_id, s.stage_0, s.stage_1, count(*) AS persons
  FROM staged AS s
  WHERE s.stage_0 > 0 OR s.stage_1 > 0
  GROUP BY s.model, s.kind, s.item_id, s.stage_0, s.stage_1
),
named AS (
  SELECT DISTINCT r.model, r.stage, r.stage_no FROM stage_rule AS r
),
compared AS (
  SELECT d.date AS d1, d.previous_date AS d0 FROM snapshot_date AS d WHERE d.date = $as_of
),
versioned AS (
  SELECT r.model, max(r.param_version) AS param_version FROM stage_rule AS r GROUP BY r.model
)
SELECT
  c.model, c.kind || ':' || c.item_id AS scope, COALESCE(d.d0, d.d1) AS d0, d.d1, COALESCE(f.stage, 'none') AS from_stage,
  COALESCE(t.stage, 'none') AS to_stage, c.persons, v.param_version
FROM counted AS c
CROSS JOIN compared AS d
JOIN versioned AS v ON v.model = c.model
LEFT JOIN named AS f ON f.model = c.model AND f.stage_no = c.stage_0
LEFT JOIN named AS t ON t.model = c.model AND t.stage_no = c.stage_1
