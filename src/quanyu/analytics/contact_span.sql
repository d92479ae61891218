-- contact_span: the last contact of each person on each channel and touchpoint, as every snapshot knows it
-- grain: split, split_id, person_id, from_no
-- reads: event_fact, order_fact, snapshot_date
-- source: M-01 (by channel and touchpoint). A contact is anything a person did or received but leaving, or a valid
--         order; snapshots number n with from_no ≤ n < until_no see this date as the last one
WITH slot AS (
  SELECT s.date_no, COALESCE(s.previous_date, DATE '1900-01-01') AS after_date, s.date AS last_day
  FROM snapshot_date AS s
),
contact AS (
  SELECT e.person_id, e.channel_id, e.touchpoint_id, e.local_date
  FROM event_fact AS e
  WHERE e.person_id IS NOT NULL AND e.activity IN ('passive', 'shallow', 'deep', 'transaction')
  UNION ALL
  SELECT o.person_id, o.ordered_channel_id AS channel_id, NULL AS touchpoint_id, o.local_date
  FROM order_fact AS o
  WHERE o.person_id IS NOT NULL AND o.is_valid
),
-- Snapshots are joined with days, and days with contacts by equality.
contact_day AS (
  SELECT DISTINCT c.local_date FROM contact AS c
),
slot_day AS (
  SELECT d.local_date, s.date_no
  FROM contact_day AS d
  JOIN slot AS s ON d.local_date > s.after_date AND d.local_date <= s.last_day
),
known AS (
  SELECT c.person_id, c.channel_id, c.touchpoint_id, s.date_no AS from_no, max(c.local_date) AS last_date
  FROM contact AS c
  JOIN slot_day AS s ON s.local_date = c.local_date
  GROUP BY c.person_id, c.channel_id, c.touchpoint_id, s.date_no
),
placed AS (
  SELECT 'channel' AS split, k.channel_id AS split_id, k.person_id, k.from_no, max(k.last_date) AS last_date
  FROM known AS k
  WHERE k.channel_id IS NOT NULL
  GROUP BY k.channel_id, k.person_id, k.from_no
  UNION ALL
  SELECT 'touchpoint' AS split, k.touchpoint_id AS split_id, k.person_id, k.from_no, max(k.last_date) AS last_date
  FROM known AS k
  WHERE k.touchpoint_id IS NOT NULL
  GROUP BY k.touchpoint_id, k.person_id, k.from_no
)
SELECT
  p.split, p.split_id, p.person_id, p.from_no,
  COALESCE(
    lead(p.from_no) OVER (PARTITION BY p.split, p.split_id, p.person_id ORDER BY p.from_no), e.last_no + 1
  ) AS until_no,
  p.last_date
FROM placed AS p
CROSS JOIN (SELECT max(s.date_no) AS last_no FROM snapshot_date AS s) AS e
