-- star_unidentified: visitors of whom no person is known, on each snapshot date, over all and by channel and touchpoint
-- grain: date, split, split_id
-- reads: event_fact, snapshot_date, stage_signal, stage_condition, stage_rule
-- params: param_version text
-- source: M-01 (anonymous keys are a separate line and move when identified). What a visitor did counts as long as one
--         such act holds a person in a 5R stage; a key that ever came with a person is that person's
WITH held AS (
  SELECT s.type, max(c.window_days) AS days
  FROM stage_signal AS s
  JOIN stage_condition AS c ON c.signal = s.signal
  JOIN stage_rule AS r ON r.condition_no = c.condition_no
  WHERE r.model = '5r' AND c.shape = 'days' AND c.days = 1 AND c.window_days IS NOT NULL
  GROUP BY s.type
),
identified AS (
  SELECT DISTINCT e.visitor_key FROM event_fact AS e WHERE e.person_id IS NOT NULL AND e.visitor_key IS NOT NULL
),
act AS (
  SELECT DISTINCT e.visitor_key, e.channel_id, e.touchpoint_id, e.local_date, h.days
  FROM event_fact AS e
  JOIN held AS h ON h.type = e.type
  LEFT JOIN identified AS i ON i.visitor_key = e.visitor_key
  WHERE e.person_id IS NULL AND e.visitor_key IS NOT NULL AND i.visitor_key IS NULL
),
alive AS (
  SELECT DISTINCT s.date, a.visitor_key, a.channel_id, a.touchpoint_id
  FROM act AS a
  JOIN snapshot_date AS s ON s.date >= a.local_date AND s.date < add_days(a.local_date, a.days)
),
counted AS (
  SELECT a.date, 'all' AS split, 'all' AS split_id, count(DISTINCT a.visitor_key) AS visitors
  FROM alive AS a
  GROUP BY a.date
  UNION ALL
  SELECT a.date, 'channel' AS split, a.channel_id AS split_id, count(DISTINCT a.visitor_key) AS visitors
  FROM alive AS a
  WHERE a.channel_id IS NOT NULL
  GROUP BY a.date, a.channel_id
  UNION ALL
  SELECT a.date, 'touchpoint' AS split, a.touchpoint_id AS split_id, count(DISTINCT a.visitor_key) AS visitors
  FROM alive AS a
  WHERE a.touchpoint_id IS NOT NULL
  GROUP BY a.date, a.touchpoint_id
)
SELECT c.date, c.split, c.split_id, c.visitors, $param_version AS param_version
FROM counted AS c
