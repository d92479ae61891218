-- share_order_fact: one row per valid order that a share of another person brought, with that share
-- grain: order_id
-- reads: order_fact, order, share, event, referral, identifier_person
-- params: as_of date, zone text, share_window_days int
-- source: domain M-12 (last share before the order, window P.fp.share_window, depth 1), M-31. A share reached the
--         buyer when an order or event of theirs names it, or a referral does; the last such touch by a share of somebody
--         else counts. Sharer and buyer are compared after merges; a pair that a referral calls invalid brings nothing
WITH shared AS (
  SELECT s.share_id, i.person_id AS sharer_person_id, s.occurred_at AS shared_at, s.local_date AS shared_date
  FROM share AS s
  JOIN identifier_person AS i ON i.identifier_id = s.identifier_id
  WHERE i.person_id IS NOT NULL AND s.local_date <= $as_of
),
referred AS (
  SELECT
    f.referral_id, f.share_id, i.person_id, COALESCE(f.visited_at, f.joined_at) AS touched_at, f.first_order_id,
    f.valid
  FROM referral AS f
  LEFT JOIN identifier_person AS i ON i.identifier_id = f.identifier_id
  WHERE f.share_id IS NOT NULL
),
refused AS (
  SELECT DISTINCT r.share_id, r.person_id FROM referred AS r WHERE r.valid = FALSE AND r.person_id IS NOT NULL
),
touch AS (
  SELECT o.person_id, r.share_id, o.paid_at AS touched_at, o.local_date AS touched_date
  FROM order_fact AS o
  JOIN "order" AS r ON r.order_id = o.order_id
  WHERE o.person_id IS NOT NULL AND r.share_id IS NOT NULL
  UNION
  SELECT o.person_id, r.share_id, o.paid_at AS touched_at, o.local_date AS touched_date
  FROM referred AS r
  JOIN order_fact AS o ON o.order_id = r.first_order_id
  WHERE o.person_id IS NOT NULL AND COALESCE(r.valid, TRUE)
  UNION
  SELECT r.person_id, r.share_id, r.touched_at, local_date(r.touched_at, $zone) AS touched_date
  FROM referred AS r
  WHERE r.person_id IS NOT NULL AND r.touched_at IS NOT NULL AND COALESCE(r.valid, TRUE)
  UNION
  SELECT i.person_id, e.share_id, e.occurred_at AS touched_at, e.local_date AS touched_date
  FROM event AS e
  JOIN identifier_person AS i ON i.identifier_id = e.identifier_id
  WHERE e.share_id IS NOT NULL AND e.local_date <= $as_of AND i.person_id IS NOT NULL
),
shown AS (
  SELECT DISTINCT
    t.person_id, t.touched_at, t.touched_date, s.share_id, s.sharer_person_id, s.shared_at, s.shared_date
  FROM touch AS t
  JOIN shared AS s ON s.share_id = t.share_id AND s.sharer_person_id <> t.person_id
  LEFT JOIN refused AS f ON f.share_id = t.share_id AND f.person_id = t.person_id
  WHERE f.share_id IS NULL
),
candidate AS (
  SELECT
    o.order_id, o.person_id, s.share_id, s.sharer_person_id, s.shared_at, o.local_date, o.net_fen,
    row_number() OVER (
      PARTITION BY o.order_id
      ORDER BY s.touched_date DESC, COALESCE(s.touched_at, s.shared_at) DESC, s.shared_at DESC, s.share_id
    ) AS place
  FROM shown AS s
  JOIN order_fact AS o
    ON o.person_id = s.person_id AND s.touched_date <= o.local_date AND COALESCE(s.touched_at <= o.paid_at, TRUE)
    AND s.shared_date <= o.local_date AND s.shared_date > add_days(o.local_date, -$share_window_days)
    AND COALESCE(s.shared_at <= o.paid_at, TRUE)
  WHERE o.is_valid
)
SELECT c.order_id, c.person_id, c.share_id, c.sharer_person_id, c.shared_at, c.local_date, c.net_fen
FROM candidate AS c
WHERE c.place = 1
