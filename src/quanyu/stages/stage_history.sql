-- stage_history: the stages that a person had in a model on the snapshot dates, side by side; 0 is none
-- grain: model_no, person_id
-- reads: stage_span, lifecycle, rfm, value_tier, snapshot_date, stage_code
-- source: ours, for `flow`: side by side, the flow between any two dates is one grouping of small numbers. Column n is the
--         snapshot date of number n; 25 dates at most, two years of months and the opening
WITH turning AS (
  SELECT s.from_date AS date FROM stage_span AS s
  UNION
  SELECT s.until_date AS date FROM stage_span AS s
),
-- The number of the first snapshot on or after each day on which a span begins or ends.
placed AS (
  SELECT t.date, count(d.date) + 1 AS next_no
  FROM turning AS t
  LEFT JOIN snapshot_date AS d ON d.date < t.date
  GROUP BY t.date
),
held AS (
  SELECT k.model_no, s.person_id, k.stage_code, f.next_no AS first_no, u.next_no - 1 AS last_no
  FROM stage_span AS s
  JOIN stage_code AS k ON k.model = s.model AND k.scope = s.scope AND k.stage = s.stage
  JOIN placed AS f ON f.date = s.from_date
  JOIN placed AS u ON u.date = s.until_date
  WHERE u.next_no > f.next_no
  UNION ALL
  SELECT k.model_no, l.person_id, k.stage_code, d.date_no AS first_no, d.date_no AS last_no
  FROM lifecycle AS l
  JOIN snapshot_date AS d ON d.date = l.date
  JOIN stage_code AS k ON k.model = 'lifecycle' AND k.scope = 'brand' AND k.stage = l.stage
  UNION ALL
  SELECT k.model_no, r.person_id, k.stage_code, d.date_no AS first_no, d.date_no AS last_no
  FROM rfm AS r
  JOIN snapshot_date AS d ON d.date = r.date
  JOIN stage_code AS k ON k.model = 'rfm' AND k.scope = 'brand' AND k.stage = r.code
  UNION ALL
  SELECT k.model_no, t.person_id, k.stage_code, d.date_no AS first_no, d.date_no AS last_no
  FROM value_tier AS t
  JOIN snapshot_date AS d ON d.date = t.date
  JOIN stage_code AS k ON k.model = 'value_tier' AND k.scope = 'brand' AND k.stage = t.tier
),
digit AS (
  SELECT 0 AS place, 1 AS weight UNION ALL SELECT 1 AS place, 64 AS weight UNION ALL SELECT 2 AS place, 4096 AS weight
  UNION ALL SELECT 3 AS place, 262144 AS weight UNION ALL SELECT 4 AS place, 16777216 AS weight
  UNION ALL SELECT 5 AS place, 1073741824 AS weight UNION ALL SELECT 6 AS place, 68719476736 AS weight
  UNION ALL SELECT 7 AS place, 4398046511104 AS weight UNION ALL SELECT 8 AS place, 281474976710656 AS weight
  UNION ALL SELECT 9 AS place, 18014398509481984 AS weight
),
-- Six bits a snapshot and ten snapshots a number: three sums cost a third of 25 conditional maxima.
weighed AS (
  SELECT
    s.date_no, CASE WHEN s.date_no <= 10 THEN w.weight ELSE 0 END AS weight_1,
    CASE WHEN s.date_no > 10 AND s.date_no <= 20 THEN w.weight ELSE 0 END AS weight_2,
    CASE WHEN s.date_no > 20 THEN w.weight ELSE 0 END AS weight_3
  FROM snapshot_date AS s
  JOIN digit AS w ON w.place = (s.date_no - 1) % 10
),
-- The weights of the snapshots from one to another, for every two.
covered AS (
  SELECT
    f.date_no AS first_no, l.date_no AS last_no, sum(w.weight_1) AS weight_1, sum(w.weight_2) AS weight_2,
    sum(w.weight_3) AS weight_3
  FROM snapshot_date AS f
  JOIN snapshot_date AS l ON l.date_no >= f.date_no
  JOIN weighed AS w ON w.date_no >= f.date_no AND w.date_no <= l.date_no
  GROUP BY f.date_no, l.date_no
)
SELECT
  h.model_no, h.person_id,
  int_div(CAST(sum(h.stage_code * c.weight_1) AS BIGINT), 1) % 64 AS stage_1,
  int_div(CAST(sum(h.stage_code * c.weight_1) AS BIGINT), 64) % 64 AS stage_2,
  int_div(CAST(sum(h.stage_code * c.weight_1) AS BIGINT), 4096) % 64 AS stage_3,
  int_div(CAST(sum(h.stage_code * c.weight_1) AS BIGINT), 262144) % 64 AS stage_4,
  int_div(CAST(sum(h.stage_code * c.weight_1) AS BIGINT), 16777216) % 64 AS stage_5,
  int_div(CAST(sum(h.stage_code * c.weight_1) AS BIGINT), 1073741824) % 64 AS stage_6,
  int_div(CAST(sum(h.stage_code * c.weight_1) AS BIGINT), 68719476736) % 64 AS stage_7,
  int_div(CAST(sum(h.stage_code * c.weight_1) AS BIGINT), 4398046511104) % 64 AS stage_8,
  int_div(CAST(sum(h.stage_code * c.weight_1) AS BIGINT), 281474976710656) % 64 AS stage_9,
  int_div(CAST(sum(h.stage_code * c.weight_1) AS BIGINT), 18014398509481984) % 64 AS stage_10,
  int_div(CAST(sum(h.stage_code * c.weight_2) AS BIGINT), 1) % 64 AS stage_11,
  int_div(CAST(sum(h.stage_code * c.weight_2) AS BIGINT), 64) % 64 AS stage_12,
  int_div(CAST(sum(h.stage_code * c.weight_2) AS BIGINT), 4096) % 64 AS stage_13,
  int_div(CAST(sum(h.stage_code * c.weight_2) AS BIGINT), 262144) % 64 AS stage_14,
  int_div(CAST(sum(h.stage_code * c.weight_2) AS BIGINT), 16777216) % 64 AS stage_15,
  int_div(CAST(sum(h.stage_code * c.weight_2) AS BIGINT), 1073741824) % 64 AS stage_16,
  int_div(CAST(sum(h.stage_code * c.weight_2) AS BIGINT), 68719476736) % 64 AS stage_17,
  int_div(CAST(sum(h.stage_code * c.weight_2) AS BIGINT), 4398046511104) % 64 AS stage_18,
  int_div(CAST(sum(h.stage_code * c.weight_2) AS BIGINT), 281474976710656) % 64 AS stage_19,
  int_div(CAST(sum(h.stage_code * c.weight_2) AS BIGINT), 18014398509481984) % 64 AS stage_20,
  int_div(CAST(sum(h.stage_code * c.weight_3) AS BIGINT), 1) % 64 AS stage_21,
  int_div(CAST(sum(h.stage_code * c.weight_3) AS BIGINT), 64) % 64 AS stage_22,
  int_div(CAST(sum(h.stage_code * c.weight_3) AS BIGINT), 4096) % 64 AS stage_23,
  int_div(CAST(sum(h.stage_code * c.weight_3) AS BIGINT), 262144) % 64 AS stage_24,
  int_div(CAST(sum(h.stage_code * c.weight_3) AS BIGINT), 16777216) % 64 AS stage_25
FROM held AS h
JOIN covered AS c ON c.first_no = h.first_no AND c.last_no = h.last_no
GROUP BY h.model_no, h.person_id
