-- share_node: every share with the first share of its chain and its level below it
-- grain: share_id
-- reads: share, identifier_person
-- params: as_of date
-- source: M-31 (depth and breadth of the tree). Each round doubles how far a share sees up its chain: six see 64 levels. A
--         chain that bites its own tail has no first share and is left out, so is one deeper than that
WITH given AS (
  SELECT s.share_id, s.parent_share_id, i.person_id, s.local_date
  FROM share AS s
  LEFT JOIN identifier_person AS i ON i.identifier_id = s.identifier_id
  WHERE s.local_date <= $as_of
),
known AS (
  SELECT
    g.share_id, g.person_id, g.local_date, p.share_id AS parent_share_id, COALESCE(p.share_id, g.share_id) AS upper_id,
    CASE WHEN p.share_id IS NULL OR p.person_id = g.person_id THEN 0 ELSE 1 END AS levels
  FROM given AS g
  LEFT JOIN given AS p ON p.share_id = g.parent_share_id
),
seen_2 AS (
  SELECT a.share_id, b.upper_id, a.levels + b.levels AS levels FROM known AS a JOIN known AS b ON b.share_id = a.upper_id
),
seen_4 AS (
  SELECT a.share_id, b.upper_id, a.levels + b.levels AS levels FROM seen_2 AS a JOIN seen_2 AS b ON b.share_id = a.upper_id
),
seen_8 AS (
  SELECT a.share_id, b.upper_id, a.levels + b.levels AS levels FROM seen_4 AS a JOIN seen_4 AS b ON b.share_id = a.upper_id
),
seen_16 AS (
  SELECT a.share_id, b.upper_id, a.levels + b.levels AS levels FROM seen_8 AS a JOIN seen_8 AS b ON b.share_id = a.upper_id
),
seen_32 AS (
  SELECT a.share_id, b.upper_id, a.levels + b.levels AS levels
  FROM seen_16 AS a
  JOIN seen_16 AS b ON b.share_id = a.upper_id
),
seen_64 AS (
  SELECT a.share_id, b.upper_id, a.levels + b.levels AS levels
  FROM seen_32 AS a
  JOIN seen_32 AS b ON b.share_id = a.upper_id
)
SELECT k.share_id, k.person_id, s.upper_id AS root_share_id, s.levels AS depth, k.local_date
FROM seen_64 AS s
JOIN known AS r ON r.share_id = s.upper_id AND r.parent_share_id IS NULL
JOIN known AS k ON k.share_id = s.share_id
