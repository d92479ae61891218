-- stage_turn: the days on which a person's stage of a model becomes another, or ends (stage 0)
-- grain: model, person_id, from_date
-- per: person
-- reads: rule_piece
-- source: domain §2.0 (the highest stage wins). Of pieces that overlap, one holds on a day exactly when the latest end of
--         those begun is after it: so no rule's spans are joined, the latest end of each stage runs along with the days,
--         and only the days on which the highest of them becomes another are kept. Packed into one number with the
--         beginning of its piece and the rule, an end says too what the stage rests on: the record by which it holds
--         longest. Days count from 1900
WITH packed AS (
  SELECT
    p.model, p.person_id, p.stage_no, days_between(DATE '1900-01-01', p.from_date) AS day,
    days_between(DATE '1900-01-01', p.until_date) * 4294967296
      + days_between(DATE '1900-01-01', p.from_date) * 1024 + 1023 - p.rule_no AS pack
  FROM rule_piece AS p
),
begun AS (
  SELECT
    p.model, p.person_id, p.day,
    max(CASE WHEN p.stage_no = 1 THEN p.pack ELSE 0 END) AS begun_1,
    max(CASE WHEN p.stage_no = 2 THEN p.pack ELSE 0 END) AS begun_2,
    max(CASE WHEN p.stage_no = 3 THEN p.pack ELSE 0 END) AS begun_3,
    max(CASE WHEN p.stage_no = 4 THEN p.pack ELSE 0 END) AS begun_4,
    max(CASE WHEN p.stage_no = 5 THEN p.pack ELSE 0 END) AS begun_5,
    max(CASE WHEN p.stage_no = 6 THEN p.pack ELSE 0 END) AS begun_6
  FROM packed AS p
  GROUP BY p.model, p.person_id, p.day
),
earlier AS (
  SELECT
    b.model, b.person_id, b.day, b.begun_1, b.begun_2, b.begun_3, b.begun_4, b.begun_5, b.begun_6,
    COALESCE(lead(b.day) OVER (PARTITION BY b.model, b.person_id ORDER BY b.day), 4194303) AS next_day,
    COALESCE(max(b.begun_1) OVER (
      PARTITION BY b.model, b.person_id ORDER BY b.day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0) AS pack_1,
    COALESCE(max(b.begun_2) OVER (
      PARTITION BY b.model, b.person_id ORDER BY b.day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0) AS pack_2,
    COALESCE(max(b.begun_3) OVER (
      PARTITION BY b.model, b.person_id ORDER BY b.day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0) AS pack_3,
    COALESCE(max(b.begun_4) OVER (
      PARTITION BY b.model, b.person_id ORDER BY b.day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0) AS pack_4,
    COALESCE(max(b.begun_5) OVER (
      PARTITION BY b.model, b.person_id ORDER BY b.day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0) AS pack_5,
    COALESCE(max(b.begun_6) OVER (
      PARTITION BY b.model, b.person_id ORDER BY b.day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0) AS pack_6
  FROM begun AS b
),
-- The stage of the day before is the highest that ends on this day or later.
running AS (
  SELECT
    e.model, e.person_id, e.day, e.next_day, (e.day + 1) * 4294967296 AS tomorrow_pack,
    CASE
      WHEN e.pack_6 >= e.day * 4294967296 THEN 6 WHEN e.pack_5 >= e.day * 4294967296 THEN 5
      WHEN e.pack_4 >= e.day * 4294967296 THEN 4 WHEN e.pack_3 >= e.day * 4294967296 THEN 3
      WHEN e.pack_2 >= e.day * 4294967296 THEN 2 WHEN e.pack_1 >= e.day * 4294967296 THEN 1
      ELSE 0
    END AS stage_before,
    GREATEST(e.pack_1, e.begun_1) AS pack_1, GREATEST(e.pack_2, e.begun_2) AS pack_2,
    GREATEST(e.pack_3, e.begun_3) AS pack_3, GREATEST(e.pack_4, e.begun_4) AS pack_4,
    GREATEST(e.pack_5, e.begun_5) AS pack_5, GREATEST(e.pack_6, e.begun_6) AS pack_6
  FROM earlier AS e
),
-- A day matters when the stage is another than the day before, or ends before the next day with a record.
held AS (
  SELECT
    r.model, r.person_id, r.day, r.next_day, r.stage_before, r.pack_1, r.pack_2, r.pack_3, r.pack_4, r.pack_5, r.pack_6,
    CASE
      WHEN r.pack_6 >= r.tomorrow_pack THEN 6 WHEN r.pack_5 >= r.tomorrow_pack THEN 5
      WHEN r.pack_4 >= r.tomorrow_pack THEN 4 WHEN r.pack_3 >= r.tomorrow_pack THEN 3
      WHEN r.pack_2 >= r.tomorrow_pack THEN 2 WHEN r.pack_1 >= r.tomorrow_pack THEN 1
      ELSE 0
    END AS stage_no,
    CASE
      WHEN r.pack_6 >= r.tomorrow_pack THEN r.pack_6 WHEN r.pack_5 >= r.tomorrow_pack THEN r.pack_5
      WHEN r.pack_4 >= r.tomorrow_pack THEN r.pack_4 WHEN r.pack_3 >= r.tomorrow_pack THEN r.pack_3
      WHEN r.pack_2 >= r.tomorrow_pack THEN r.pack_2 WHEN r.pack_1 >= r.tomorrow_pack THEN r.pack_1
      ELSE 0
    END AS pack
  FROM running AS r
),
level AS (
  SELECT 0 AS stage_no UNION ALL SELECT 1 AS stage_no UNION ALL SELECT 2 AS stage_no UNION ALL SELECT 3 AS stage_no
  UNION ALL SELECT 4 AS stage_no UNION ALL SELECT 5 AS stage_no UNION ALL SELECT 6 AS stage_no
),
-- A stage shows where every higher one has ended.
shown AS (
  SELECT
    h.model, h.person_id, h.day, h.next_day, h.stage_before, l.stage_no,
    CASE l.stage_no
      WHEN 1 THEN h.pack_1 WHEN 2 THEN h.pack_2 WHEN 3 THEN h.pack_3 WHEN 4 THEN h.pack_4 WHEN 5 THEN h.pack_5
      WHEN 6 THEN h.pack_6
      ELSE 0
    END AS pack,
    CASE l.stage_no
      WHEN 0 THEN GREATEST(h.pack_1, h.pack_2, h.pack_3, h.pack_4, h.pack_5, h.pack_6)
      WHEN 1 THEN GREATEST(h.pack_2, h.pack_3, h.pack_4, h.pack_5, h.pack_6)
      WHEN 2 THEN GREATEST(h.pack_3, h.pack_4, h.pack_5, h.pack_6)
      WHEN 3 THEN GREATEST(h.pack_4, h.pack_5, h.pack_6)
      WHEN 4 THEN GREATEST(h.pack_5, h.pack_6)
      WHEN 5 THEN h.pack_6
      ELSE 0
    END AS higher_pack
  FROM held AS h
  CROSS JOIN level AS l
  WHERE h.stage_no <> h.stage_before OR h.pack < h.next_day * 4294967296
),
turned AS (
  SELECT
    s.model, s.person_id, s.day, s.stage_before, s.stage_no, s.pack,
    GREATEST(s.day, int_div(s.higher_pack, 4294967296)) AS start_day
  FROM shown AS s
  WHERE s.higher_pack < s.next_day * 4294967296
    AND (s.stage_no = 0 OR (s.pack > s.higher_pack AND s.pack >= (s.day + 1) * 4294967296))
)
SELECT
  t.model, t.person_id, add_days(DATE '1900-01-01', t.start_day) AS from_date, t.stage_no, t.pack
FROM turned AS t
WHERE (t.stage_no = 0 OR t.pack >= (t.start_day + 1) * 4294967296)
  AND (t.start_day > t.day OR t.stage_no <> t.stage_before)
