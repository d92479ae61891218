-- fast_period: classic FAST of each period: people in AIPL, their advance, members and active members
-- grain: period_no
-- reads: stage_span, membership_fact, activity_day_fact, purchase_day_fact, fp_period
-- params: param_version text
-- source: domain M-07, E-05: F is the union of the period's days, A compares two snapshots over who was in AIPL at the
--         first, S and T are members at the end. Active: an event of a type that counts so, a visit or a purchase
WITH stage AS (
  SELECT s.person_id, s.stage_no, s.from_date, s.until_date
  FROM stage_span AS s
  WHERE s.model = 'aipl' AND s.scope = 'brand'
),
person_period AS (
  SELECT
    p.period_no, s.person_id, max(CASE WHEN s.until_date > p.period_start_date THEN 1 ELSE 0 END) AS is_inside,
    max(CASE WHEN s.from_date <= p.previous_end_date THEN s.stage_no END) AS opening_no,
    max(CASE WHEN s.until_date > p.period_end_date THEN s.stage_no END) AS closing_no
  FROM fp_period AS p
  JOIN stage AS s ON s.from_date <= p.period_end_date AND s.until_date > p.previous_end_date
  WHERE p.is_reported
  GROUP BY p.period_no, s.person_id
),
asset AS (
  SELECT
    a.period_no, sum(a.is_inside) AS fast_f, count(a.opening_no) AS opening_persons,
    sum(CASE WHEN a.closing_no > a.opening_no THEN 1 ELSE 0 END) AS advanced_persons
  FROM person_period AS a
  GROUP BY a.period_no
),
active AS (
  SELECT a.person_id, a.local_date FROM activity_day_fact AS a WHERE a.active_events > 0 OR a.visits > 0
  UNION
  SELECT d.person_id, d.local_date FROM purchase_day_fact AS d
),
acted AS (
  SELECT DISTINCT p.period_no, a.person_id
  FROM fp_period AS p
  JOIN active AS a ON a.local_date >= p.period_start_date AND a.local_date <= p.period_end_date
  WHERE p.is_reported
),
member AS (
  SELECT DISTINCT p.period_no, m.person_id
  FROM fp_period AS p
  JOIN membership_fact AS m ON m.from_date <= p.period_end_date AND m.until_date > p.period_end_date
  WHERE p.is_reported AND m.person_id IS NOT NULL
),
counted AS (
  SELECT m.period_no, count(*) AS fast_s, count(a.person_id) AS active_members
  FROM member AS m
  LEFT JOIN acted AS a ON a.period_no = m.period_no AND a.person_id = m.person_id
  GROUP BY m.period_no
),
known AS (
  SELECT count(*) AS memberships FROM membership_fact AS m
),
figure AS (
  SELECT
    p.period_no, p.period_start_date, p.period_end_date AS date, p.is_complete, COALESCE(a.fast_f, 0) AS fast_f,
    COALESCE(a.opening_persons, 0) AS opening_persons, COALESCE(a.advanced_persons, 0) AS advanced_persons,
    CASE WHEN k.memberships > 0 THEN COALESCE(c.fast_s, 0) END AS fast_s,
    CASE WHEN k.memberships > 0 THEN COALESCE(c.active_members, 0) END AS active_members
  FROM fp_period AS p
  CROSS JOIN known AS k
  LEFT JOIN asset AS a ON a.period_no = p.period_no
  LEFT JOIN counted AS c ON c.period_no = p.period_no
  WHERE p.is_reported
)
SELECT
  f.period_no, f.period_start_date, f.date, f.is_complete, f.fast_f, f.opening_persons, f.advanced_persons,
  safe_divide(f.advanced_persons, f.opening_persons) AS fast_a, f.fast_s, f.active_members,
  safe_divide(f.active_members, f.fast_s) AS fast_t, $param_version AS param_version
FROM figure AS f
