-- activity_retention: how many of those who first acted on a date acted again on the n-th day after, and by that day
-- grain: cohort_date, day_no
-- reads: activity_day_fact
-- params: as_of date
-- source: M-15, E-15 (day n exact, and within n: at least once on the days 1 to n); the cohort is the first day with an
--         event, day 0 is that day itself; days 0 to 30, and only days that are known
WITH placed AS (
  SELECT
    a.local_date,
    min(a.local_date) OVER (
      PARTITION BY a.person_id ORDER BY a.local_date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS cohort_date,
    row_number() OVER (PARTITION BY a.person_id ORDER BY a.local_date) AS place
  FROM activity_day_fact AS a
),
counted AS (
  SELECT
    p.cohort_date, days_between(p.cohort_date, p.local_date) AS day_no, count(*) AS active,
    sum(CASE WHEN p.place = 2 THEN 1 ELSE 0 END) AS returned
  FROM placed AS p
  GROUP BY p.cohort_date, days_between(p.cohort_date, p.local_date)
),
bit AS (
  SELECT 0 AS n UNION ALL SELECT 1 AS n
),
day AS (
  SELECT a.n + 2 * b.n + 4 * c.n + 8 * d.n + 16 * e.n AS day_no
  FROM bit AS a CROSS JOIN bit AS b CROSS JOIN bit AS c CROSS JOIN bit AS d CROSS JOIN bit AS e
),
cell AS (
  SELECT c.cohort_date, d.day_no, c.active AS persons
  FROM counted AS c
  JOIN day AS d ON d.day_no <= 30 AND d.day_no <= days_between(c.cohort_date, $as_of)
  WHERE c.day_no = 0
),
summed AS (
  SELECT
    g.cohort_date, g.day_no, g.persons, COALESCE(c.active, 0) AS active,
    sum(COALESCE(c.returned, 0)) OVER (
      PARTITION BY g.cohort_date ORDER BY g.day_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS returned
  FROM cell AS g
  LEFT JOIN counted AS c ON c.cohort_date = g.cohort_date AND c.day_no = g.day_no
)
SELECT
  s.cohort_date, s.day_no, s.persons, s.active, s.returned, safe_divide(s.active, s.persons) AS retention_rate,
  CASE WHEN s.day_no > 0 THEN safe_divide(s.returned, s.persons) END AS within_rate
FROM summed AS s
