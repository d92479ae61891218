-- star_scaling_channel: persons of each 5R stage in every channel and touchpoint they met inside their stage's window
-- grain: date, split, split_id, stage
-- reads: stage_snapshot, snapshot_date, stage_rule, stage_condition, person_asset, contact_span
-- params: param_version text
-- source: M-01, E-01b. Channels overlap: `star_overlap` says by how much. The window of a stage is the longest of its
--         rules; new, old and returned as in `star_scaling`
WITH stage_window AS (
  SELECT r.stage, max(c.window_days) AS days
  FROM stage_rule AS r
  JOIN stage_condition AS c ON c.condition_no = r.condition_no
  WHERE r.model = '5r'
  GROUP BY r.stage
),
staged AS (
  SELECT c.date, c.person_id, c.stage FROM stage_snapshot AS c WHERE c.model = '5r' AND c.scope = 'brand'
),
placed AS (
  SELECT
    c.date, s.date_no, c.person_id, c.stage, add_days(c.date, -w.days) AS before_date,
    CASE
      WHEN s.previous_date IS NULL THEN NULL
      WHEN a.first_asset_date > s.previous_date THEN 'new'
      WHEN o.person_id IS NOT NULL THEN 'old' ELSE 'returned'
    END AS newness
  FROM staged AS c
  JOIN snapshot_date AS s ON s.date = c.date
  JOIN stage_window AS w ON w.stage = c.stage
  LEFT JOIN person_asset AS a ON a.person_id = c.person_id AND a.scope = 'brand'
  LEFT JOIN staged AS o ON o.date = s.previous_date AND o.person_id = c.person_id
)
SELECT
  p.date, t.split, t.split_id, p.stage, count(*) AS persons,
  CASE WHEN count(p.newness) > 0 THEN sum(CASE WHEN p.newness = 'new' THEN 1 ELSE 0 END) END AS new_persons,
  CASE WHEN count(p.newness) > 0 THEN sum(CASE WHEN p.newness = 'old' THEN 1 ELSE 0 END) END AS old_persons,
  CASE WHEN count(p.newness) > 0 THEN sum(CASE WHEN p.newness = 'returned' THEN 1 ELSE 0 END) END AS returned_persons,
  $param_version AS param_version
FROM placed AS p
JOIN contact_span AS t
  ON t.person_id = p.person_id AND t.from_no <= p.date_no AND t.until_no > p.date_no AND t.last_date > p.before_date
GROUP BY p.date, t.split, t.split_id, p.stage
