-- referral_tree: every chain of shares with its depth, its breadth and what it brought
-- grain: root_share_id
-- reads: share_node, share, referral_fact, share_order_fact
-- source: M-31. Depth: levels below the first share. Breadth: persons on the widest level. An order belongs to the share
--         that brought it (M-12)
WITH level AS (
  SELECT n.root_share_id, n.depth, count(*) AS shares, count(DISTINCT n.person_id) AS persons
  FROM share_node AS n
  GROUP BY n.root_share_id, n.depth
),
shape AS (
  SELECT l.root_share_id, max(l.depth) AS depth, max(l.persons) AS breadth, sum(l.shares) AS shares
  FROM level AS l
  GROUP BY l.root_share_id
),
people AS (
  SELECT n.root_share_id, count(DISTINCT n.person_id) AS persons FROM share_node AS n GROUP BY n.root_share_id
),
brought AS (
  SELECT n.root_share_id, count(*) AS new_persons
  FROM referral_fact AS r
  JOIN share_node AS n ON n.share_id = r.share_id
  WHERE r.is_new
  GROUP BY n.root_share_id
),
sold AS (
  SELECT n.root_share_id, count(*) AS orders, sum(o.net_fen) AS net_fen
  FROM share_order_fact AS o
  JOIN share_node AS n ON n.share_id = o.share_id
  GROUP BY n.root_share_id
)
SELECT
  h.root_share_id, r.person_id AS root_person_id, s.campaign_id, r.local_date, h.shares, p.persons, h.depth, h.breadth,
  COALESCE(b.new_persons, 0) AS new_persons, COALESCE(o.orders, 0) AS orders, COALESCE(o.net_fen, 0) AS net_fen
FROM shape AS h
JOIN share_node AS r ON r.share_id = h.root_share_id
JOIN share AS s ON s.share_id = h.root_share_id
JOIN people AS p ON p.root_share_id = h.root_share_id
LEFT JOIN brought AS b ON b.root_share_id = h.root_share_id
LEFT JOIN sold AS o ON o.root_share_id = h.root_share_id
