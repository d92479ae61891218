-- funnel_reach: how deep the attempts of each month went; an attempt is a day on which somebody took step 1
-- grain: funnel_no, actor_id, month_date
-- reads: funnel_way, funnel_act
-- source: M-14, E-14 (any start). A step lies within window_days dates of the start and not before the step it follows.
--         Of the attempts of one day the earliest moment at each step reaches all that any of them reaches, so it is
--         kept; acts of one moment may be steps of one attempt, unless one act could be both. At most five steps.
--         Each step joins acts with its own ways: said once for all, the engine would keep every act of every step
WITH reached_1 AS (
  SELECT w.funnel_no, t.actor_id, t.local_date AS start_date, min(t.occurred_at) AS reached_at
  FROM funnel_act AS t
  JOIN funnel_way AS w ON w.act_no = t.act_no
  WHERE w.step_no = 1
  GROUP BY w.funnel_no, t.actor_id, t.local_date
),
reached_2 AS (
  SELECT r.funnel_no, r.actor_id, r.start_date, min(t.occurred_at) AS reached_at
  FROM reached_1 AS r
  JOIN (
    SELECT w.funnel_no, w.is_strict, w.window_days, a.actor_id, a.occurred_at, a.local_date
    FROM funnel_act AS a
    JOIN funnel_way AS w ON w.act_no = a.act_no
    WHERE w.step_no = 2
  ) AS t ON t.funnel_no = r.funnel_no AND t.actor_id = r.actor_id
  WHERE
    t.local_date <= add_days(r.start_date, t.window_days)
    AND (t.occurred_at > r.reached_at OR (t.occurred_at = r.reached_at AND NOT t.is_strict))
  GROUP BY r.funnel_no, r.actor_id, r.start_date
),
reached_3 AS (
  SELECT r.funnel_no, r.actor_id, r.start_date, min(t.occurred_at) AS reached_at
  FROM reached_2 AS r
  JOIN (
    SELECT w.funnel_no, w.is_strict, w.window_days, a.actor_id, a.occurred_at, a.local_date
    FROM funnel_act AS a
    JOIN funnel_way AS w ON w.act_no = a.act_no
    WHERE w.step_no = 3
  ) AS t ON t.funnel_no = r.funnel_no AND t.actor_id = r.actor_id
  WHERE
    t.local_date <= add_days(r.start_date, t.window_days)
    AND (t.occurred_at > r.reached_at OR (t.occurred_at = r.reached_at AND NOT t.is_strict))
  GROUP BY r.funnel_no, r.actor_id, r.start_date
),
reached_4 AS (
  SELECT r.funnel_no, r.actor_id, r.start_date, min(t.occurred_at) AS reached_at
  FROM reached_3 AS r
  JOIN (
    SELECT w.funnel_no, w.is_strict, w.window_days, a.actor_id, a.occurred_at, a.local_date
    FROM funnel_act AS a
    JOIN funnel_way AS w ON w.act_no = a.act_no
    WHERE w.step_no = 4
  ) AS t ON t.funnel_no = r.funnel_no AND t.actor_id = r.actor_id
  WHERE
    t.local_date <= add_days(r.start_date, t.window_days)
    AND (t.occurred_at > r.reached_at OR (t.occurred_at = r.reached_at AND NOT t.is_strict))
  GROUP BY r.funnel_no, r.actor_id, r.start_date
),
reached_5 AS (
  SELECT r.funnel_no, r.actor_id, r.start_date, min(t.occurred_at) AS reached_at
  FROM reached_4 AS r
  JOIN (
    SELECT w.funnel_no, w.is_strict, w.window_days, a.actor_id, a.occurred_at, a.local_date
    FROM funnel_act AS a
    JOIN funnel_way AS w ON w.act_no = a.act_no
    WHERE w.step_no = 5
  ) AS t ON t.funnel_no = r.funnel_no AND t.actor_id = r.actor_id
  WHERE
    t.local_date <= add_days(r.start_date, t.window_days)
    AND (t.occurred_at > r.reached_at OR (t.occurred_at = r.reached_at AND NOT t.is_strict))
  GROUP BY r.funnel_no, r.actor_id, r.start_date
),
reached AS (
  SELECT r.funnel_no, r.actor_id, r.start_date, 1 AS step_no FROM reached_1 AS r
  UNION ALL
  SELECT r.funnel_no, r.actor_id, r.start_date, 2 AS step_no FROM reached_2 AS r
  UNION ALL
  SELECT r.funnel_no, r.actor_id, r.start_date, 3 AS step_no FROM reached_3 AS r
  UNION ALL
  SELECT r.funnel_no, r.actor_id, r.start_date, 4 AS step_no FROM reached_4 AS r
  UNION ALL
  SELECT r.funnel_no, r.actor_id, r.start_date, 5 AS step_no FROM reached_5 AS r
)
SELECT r.funnel_no, r.actor_id, month_start(r.start_date) AS month_date, max(r.step_no) AS steps
FROM reached AS r
GROUP BY r.funnel_no, r.actor_id, month_start(r.start_date)
