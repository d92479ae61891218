-- value_lorenz: the Lorenz curve of value at every twentieth of the persons, from least to most valuable
-- grain: date, point_no
-- reads: value_tier
-- source: M-25 (the curve whose area gives the Gini coefficient)
WITH placed AS (
  SELECT
    t.date, t.value_fen, count(*) OVER (PARTITION BY t.date) + 1 - t.rank AS place,
    count(*) OVER (PARTITION BY t.date) AS persons, sum(t.value_fen) OVER (PARTITION BY t.date) AS total_fen
  FROM value_tier AS t
),
banded AS (
  SELECT p.date, int_div(20 * p.place + p.persons - 1, p.persons) AS point_no, count(*) AS persons, sum(p.value_fen) AS value_fen,
    max(p.persons) AS all_persons, max(p.total_fen) AS total_fen
  FROM placed AS p
  GROUP BY p.date, int_div(20 * p.place + p.persons - 1, p.persons)
),
running AS (
  SELECT
    b.date, b.point_no, b.all_persons, b.total_fen,
    sum(b.persons) OVER (PARTITION BY b.date ORDER BY b.point_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS persons,
    sum(b.value_fen) OVER (PARTITION BY b.date ORDER BY b.point_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS value_fen
  FROM banded AS b
)
SELECT
  r.date, r.point_no, safe_divide(r.persons, r.all_persons) AS person_share,
  safe_divide(r.value_fen, r.total_fen) AS value_share
FROM running AS r
