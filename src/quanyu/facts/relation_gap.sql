-- relation_gap: the days on which a person who had relations on a channel has none there, and how the last one ended
-- grain: person_id, channel_id, from_date
-- per: person
-- reads: relation_fact
-- source: domain M-08 (not unsubscribed, blocked, deleted). Of relations that ended on one day the gravest reason
--         holds: blocked, contact deleted, unsubscribed, else relation ended
WITH related AS (
  SELECT
    r.person_id, COALESCE(r.channel_id, 'type:' || r.type) AS channel_id, r.relation_id, r.from_date, r.until_date,
    CASE r.end_reason WHEN 'blocked' THEN 1 WHEN 'contact_deleted' THEN 2 WHEN 'unsubscribed' THEN 3 ELSE 4 END AS place
  FROM relation_fact AS r
  WHERE r.person_id IS NOT NULL
),
followed AS (
  SELECT
    r.person_id, r.channel_id, r.from_date, r.until_date,
    max(r.until_date) OVER (
      PARTITION BY r.person_id, r.channel_id ORDER BY r.from_date, r.relation_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS covered_until,
    lead(r.from_date) OVER (PARTITION BY r.person_id, r.channel_id ORDER BY r.from_date, r.relation_id) AS next_date
  FROM related AS r
),
gap AS (
  SELECT
    f.person_id, f.channel_id, f.covered_until AS from_date, COALESCE(f.next_date, DATE '9999-12-31') AS until_date
  FROM followed AS f
  WHERE f.covered_until < COALESCE(f.next_date, DATE '9999-12-31')
),
ended AS (
  SELECT r.person_id, r.channel_id, r.until_date, min(r.place) AS place
  FROM related AS r
  GROUP BY r.person_id, r.channel_id, r.until_date
)
SELECT
  g.person_id, g.channel_id, g.from_date, g.until_date,
  CASE e.place
    WHEN 1 THEN 'blocked' WHEN 2 THEN 'contact_deleted' WHEN 3 THEN 'unsubscribed' ELSE 'relation_ended'
  END AS reason
FROM gap AS g
JOIN ended AS e ON e.person_id = g.person_id AND e.channel_id = g.channel_id AND e.until_date = g.from_date
