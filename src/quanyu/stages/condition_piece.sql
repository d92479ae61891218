-- condition_piece: the days on which a condition holds because of one record of a person; pieces overlap
-- grain: condition_no, person_id, from_date, signal
-- per: person
-- reads: signal_day, stage_condition, stage_rule, capital_span, membership_fact, relation_fact, identifier, identifier_person,
--        fp_period
-- params: as_of date, zone text
-- source: domain §2.0 (window of w days as of D = the dates D−w+1 … D), M-06 (30 calendar months as of D begin 30 months
--         before D+1), M-09 (purchase days of the running period), GEN-04. k different days lie in the window of D when
--         the day k−1 before the latest one does, so day d gives [d, (k−1 days before d) + w). Conditions of one day in a
--         window of days, alone in their rules, are not here: `stage_span` reads them off the signals
WITH combined AS (
  SELECT DISTINCT r.condition_no FROM stage_rule AS r WHERE r.conditions > 1
),
kept AS (
  SELECT c.condition_no, c.signal, c.shape, c.days, c.window_days, c.window_months
  FROM stage_condition AS c
  LEFT JOIN combined AS m ON m.condition_no = c.condition_no
  WHERE m.condition_no IS NOT NULL OR c.shape <> 'days' OR c.days > 1 OR c.window_days IS NULL
),
day_of AS (
  SELECT k.condition_no, k.shape, k.days, k.window_days, k.window_months, d.person_id, d.local_date, d.signal
  FROM signal_day AS d
  JOIN kept AS k ON k.signal = d.signal
  WHERE k.shape <> 'span'
),
-- Only conditions of several days need to tell the days apart and to count them.
several AS (
  SELECT
    d.condition_no, d.person_id, d.local_date, max(d.shape) AS shape, max(d.days) AS days,
    max(d.window_days) AS window_days, max(d.window_months) AS window_months, max(p.period_no) AS period_no,
    max(p.period_end_date) AS period_end_date
  FROM day_of AS d
  LEFT JOIN fp_period AS p
    ON d.shape = 'period' AND d.local_date >= p.period_start_date AND d.local_date <= p.period_end_date
  WHERE d.days > 1 OR d.shape <> 'days'
  GROUP BY d.condition_no, d.person_id, d.local_date
),
numbered AS (
  SELECT
    s.condition_no, s.person_id, s.local_date, s.shape, s.days, s.window_days, s.window_months, s.period_no,
    s.period_end_date,
    row_number() OVER (PARTITION BY s.condition_no, s.person_id, s.period_no ORDER BY s.local_date) AS day_no
  FROM several AS s
),
windowed AS (
  SELECT
    d.condition_no, d.person_id, d.signal, d.local_date AS from_date, d.local_date AS oldest_date, d.window_days,
    d.window_months
  FROM day_of AS d
  WHERE d.days = 1 AND d.shape = 'days'
  UNION ALL
  SELECT
    n.condition_no, n.person_id, 'several' AS signal, n.local_date AS from_date, o.local_date AS oldest_date,
    n.window_days, n.window_months
  FROM numbered AS n
  JOIN numbered AS o
    ON o.condition_no = n.condition_no AND o.person_id = n.person_id AND o.day_no = n.day_no - n.days + 1
  WHERE n.shape = 'days' AND o.shape = 'days'
),
lasting AS (
  SELECT p.person_id, 'capital' AS signal, p.from_date, p.until_date FROM capital_span AS p
  UNION ALL
  SELECT m.person_id, 'member' AS signal, m.from_date, m.until_date FROM membership_fact AS m
  WHERE m.person_id IS NOT NULL
  UNION ALL
  SELECT r.person_id, 'relation' AS signal, r.from_date, r.until_date FROM relation_fact AS r
  WHERE r.person_id IS NOT NULL AND r.type <> 'member'
  UNION ALL
  SELECT
    p.person_id, 'id:' || i.id_type AS signal, COALESCE(local_date(min(i.first_seen_at), $zone), DATE '1970-01-01')
      AS from_date,
    DATE '9999-12-31' AS until_date
  FROM identifier AS i
  JOIN identifier_person AS p ON p.identifier_id = i.identifier_id
  WHERE p.person_id IS NOT NULL
  GROUP BY p.person_id, i.id_type
),
held AS (
  SELECT c.condition_no, l.person_id, l.signal, l.from_date, max(l.until_date) AS until_date
  FROM lasting AS l
  JOIN kept AS c ON c.signal = l.signal
  WHERE c.shape = 'span' AND l.from_date < l.until_date AND l.from_date <= $as_of
  GROUP BY c.condition_no, l.person_id, l.signal, l.from_date
),
dated AS (
  SELECT
    w.condition_no, w.person_id, w.signal, w.from_date, w.oldest_date, add_days(w.oldest_date, w.window_days) AS until_date,
    add_days(w.oldest_date, 1) AS after_date, w.window_months
  FROM windowed AS w
),
-- A window of m months ends before the first day d with add_months(d + 1, −m) after the oldest date.  Months differ in
-- length: that is m months after the oldest date where the way back meets it, else a day later.
monthly AS (
  SELECT
    d.condition_no, d.person_id, d.signal, d.from_date, d.oldest_date, d.until_date, add_months(d.after_date, d.window_months)
      AS far_date,
    d.window_months
  FROM dated AS d
),
returned AS (
  SELECT
    m.condition_no, m.person_id, m.signal, m.from_date, m.oldest_date, m.until_date, m.far_date,
    add_months(m.far_date, -m.window_months) AS back_date, m.window_months
  FROM monthly AS m
)
SELECT
  r.condition_no, r.person_id, r.signal, r.from_date,
  CASE
    WHEN r.far_date IS NULL THEN r.until_date
    WHEN r.back_date > r.oldest_date THEN add_days(r.far_date, -1)
    ELSE r.far_date
  END AS until_date
FROM returned AS r
WHERE r.window_months IS NOT NULL OR r.until_date > r.from_date
UNION ALL
SELECT
  n.condition_no, n.person_id, 'several' AS signal, n.local_date AS from_date,
  CASE WHEN n.shape = 'period' THEN add_days(n.period_end_date, 1) ELSE DATE '9999-12-31' END AS until_date
FROM numbered AS n
WHERE n.shape <> 'days' AND n.day_no = n.days AND (n.shape <> 'period' OR n.period_no IS NOT NULL)
UNION ALL
SELECT h.condition_no, h.person_id, h.signal, h.from_date, h.until_date FROM held AS h
