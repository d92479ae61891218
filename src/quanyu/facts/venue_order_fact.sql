-- venue_order_fact: one row per valid order that a private venue brought
-- grain: order_id
-- reads: order_fact, venue_day_fact, channel
-- params: venue_window_days int
-- source: domain M-11 (促成成交: buyers attributed to the venue), §2.0 attribution. An order placed in a venue is its own;
--         any other belongs to the last venue the buyer was in within P.attr.venue days, active days before passive ones
WITH candidate AS (
  SELECT
    o.order_id, o.person_id, c.fp_venue AS venue, o.local_date, o.local_date AS touch_date, o.net_fen, 1 AS place,
    1 AS acted
  FROM order_fact AS o
  JOIN channel AS c ON c.channel_id = o.ordered_channel_id
  WHERE o.is_valid AND o.person_id IS NOT NULL AND c.fp_venue IS NOT NULL
  UNION ALL
  SELECT
    o.order_id, o.person_id, v.venue, o.local_date, v.local_date AS touch_date, o.net_fen, 2 AS place,
    CASE WHEN v.is_active THEN 1 ELSE 0 END AS acted
  FROM order_fact AS o
  JOIN venue_day_fact AS v
    ON v.person_id = o.person_id AND v.local_date <= o.local_date
    AND v.local_date > add_days(o.local_date, -$venue_window_days)
  WHERE o.is_valid
),
chosen AS (
  SELECT
    c.order_id, c.person_id, c.venue, c.local_date, c.touch_date, c.net_fen,
    row_number() OVER (PARTITION BY c.order_id ORDER BY c.place, c.touch_date DESC, c.acted DESC, c.venue) AS choice
  FROM candidate AS c
)
SELECT c.order_id, c.person_id, c.venue, c.local_date, c.touch_date, c.net_fen
FROM chosen AS c
WHERE c.choice = 1
