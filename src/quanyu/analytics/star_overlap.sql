-- star_overlap: how many persons the channels count together, and how many they are
-- grain: date, split, stage
-- reads: stage_snapshot, snapshot_date, stage_rule, stage_condition, contact_span
-- params: param_version text
-- source: M-01, E-01b (overlap = sum of channels − persons); `total` is all stages
WITH stage_window AS (
  SELECT r.stage, max(c.window_days) AS days
  FROM stage_rule AS r
  JOIN stage_condition AS c ON c.condition_no = r.condition_no
  WHERE r.model = '5r'
  GROUP BY r.stage
),
met AS (
  SELECT c.date, t.split, c.stage, c.person_id, count(*) AS places
  FROM stage_snapshot AS c
  JOIN snapshot_date AS s ON s.date = c.date
  JOIN stage_window AS w ON w.stage = c.stage
  JOIN contact_span AS t
    ON t.person_id = c.person_id AND t.from_no <= s.date_no AND t.until_no > s.date_no
    AND t.last_date > add_days(c.date, -w.days)
  WHERE c.model = '5r' AND c.scope = 'brand'
  GROUP BY c.date, t.split, c.stage, c.person_id
),
staged AS (
  SELECT m.date, m.split, m.stage, count(*) AS persons, sum(m.places) AS places
  FROM met AS m
  GROUP BY m.date, m.split, m.stage
),
summed AS (
  SELECT s.date, s.split, s.stage, s.persons, s.places FROM staged AS s
  UNION ALL
  SELECT s.date, s.split, 'total' AS stage, sum(s.persons) AS persons, sum(s.places) AS places
  FROM staged AS s
  GROUP BY s.date, s.split
)
SELECT
  u.date, u.split, u.stage, u.persons AS dedup_total, u.places AS sum_of_channels, u.places - u.persons AS overlap,
  $param_version AS param_version
FROM summed AS u
