-- reach_reason: how many persons of each channel are reachable as of the build date, and why the others are not
-- grain: date, channel_id, reason
-- reads: reach_span
-- params: as_of date
-- source: domain M-08, GEN-02: reachability is a computed state, with its reason
WITH stood AS (
  SELECT s.channel_id, COALESCE(s.reason, 'reachable') AS reason, count(*) AS persons
  FROM reach_span AS s
  WHERE s.from_date <= $as_of AND s.until_date > $as_of
  GROUP BY s.channel_id, COALESCE(s.reason, 'reachable')
),
total AS (
  SELECT s.channel_id, sum(s.persons) AS channel_persons FROM stood AS s GROUP BY s.channel_id
)
SELECT
  $as_of AS date, s.channel_id, s.reason, s.persons, t.channel_persons,
  safe_divide(s.persons, t.channel_persons) AS share
FROM stood AS s
JOIN total AS t ON t.channel_id = s.channel_id
