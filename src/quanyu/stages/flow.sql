-- flow: how many persons went from each stage to each other between consecutive snapshots
-- grain: model, scope, d0, d1, from_stage, to_stage
-- reads: stage_snapshot, snapshot_date
-- source: M-03 (two snapshots of today's canonical persons; `none` is outside the model at that date). A person's stages
--         are packed into one number, six bits a snapshot and ten snapshots a number, so that all flows cost one
--         grouping by person instead of one per pair of dates; code 0 is `none`, and more than 63 stages of one model
--         are refused (d0 would be null, which the contract forbids)
WITH digit AS (
  SELECT 0 AS place, 1 AS weight UNION ALL SELECT 1 AS place, 64 AS weight UNION ALL SELECT 2 AS place, 4096 AS weight
  UNION ALL SELECT 3 AS place, 262144 AS weight UNION ALL SELECT 4 AS place, 16777216 AS weight
  UNION ALL SELECT 5 AS place, 1073741824 AS weight UNION ALL SELECT 6 AS place, 68719476736 AS weight
  UNION ALL SELECT 7 AS place, 4398046511104 AS weight UNION ALL SELECT 8 AS place, 281474976710656 AS weight
  UNION ALL SELECT 9 AS place, 18014398509481984 AS weight
),
pair AS (
  SELECT
    s.previous_date AS d0, s.date AS d1, int_div(s.date_no - 2, 9) AS pack_no,
    s.date_no - 2 - 9 * int_div(s.date_no - 2, 9) AS place
  FROM snapshot_date AS s
  WHERE s.previous_date IS NOT NULL
),
-- Every pair of dates stands in one pack, so the last date of a pack is the first of the next one too.
slot AS (
  SELECT p.d0 AS date, p.pack_no, w.weight FROM pair AS p JOIN digit AS w ON w.place = p.place
  UNION
  SELECT p.d1 AS date, p.pack_no, w.weight FROM pair AS p JOIN digit AS w ON w.place = p.place + 1
),
present AS (
  SELECT DISTINCT c.model, c.scope, c.stage FROM stage_snapshot AS c
),
coded AS (
  SELECT p.model, p.scope, p.stage, row_number() OVER (PARTITION BY p.model, p.scope ORDER BY p.stage) AS code
  FROM present AS p
),
packed AS (
  SELECT c.model, c.scope, o.pack_no, c.person_id, sum(k.code * o.weight) AS pack, max(c.param_version) AS param_version
  FROM stage_snapshot AS c
  JOIN coded AS k ON k.model = c.model AND k.scope = c.scope AND k.stage = c.stage
  JOIN slot AS o ON o.date = c.date
  GROUP BY c.model, c.scope, o.pack_no, c.person_id
),
alike AS (
  SELECT p.model, p.scope, p.pack_no, p.pack, count(*) AS persons, max(p.param_version) AS param_version
  FROM packed AS p
  GROUP BY p.model, p.scope, p.pack_no, p.pack
),
moved AS (
  SELECT
    a.model, a.scope, p.d0, p.d1, int_div(a.pack, w.weight) % 64 AS from_code,
    int_div(int_div(a.pack, w.weight), 64) % 64 AS to_code, a.persons, a.param_version
  FROM alike AS a
  JOIN pair AS p ON p.pack_no = a.pack_no
  JOIN digit AS w ON w.place = p.place
),
stages AS (
  SELECT k.model, k.scope, max(k.code) AS stages FROM coded AS k GROUP BY k.model, k.scope
)
SELECT
  m.model, m.scope, CASE WHEN g.stages <= 63 THEN m.d0 END AS d0, m.d1, COALESCE(f.stage, 'none') AS from_stage,
  COALESCE(t.stage, 'none') AS to_stage, sum(m.persons) AS persons, max(m.param_version) AS param_version
FROM moved AS m
JOIN stages AS g ON g.model = m.model AND g.scope = m.scope
LEFT JOIN coded AS f ON f.model = m.model AND f.scope = m.scope AND f.code = m.from_code
LEFT JOIN coded AS t ON t.model = m.model AND t.scope = m.scope AND t.code = m.to_code
WHERE m.from_code > 0 OR m.to_code > 0
GROUP BY
  m.model, m.scope, CASE WHEN g.stages <= 63 THEN m.d0 END, m.d1, COALESCE(f.stage, 'none'), COALESCE(t.stage, 'none')
