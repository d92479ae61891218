-- experience_period: median, 90th percentile and share within the promise of the times of service cases
-- grain: period_kind, period_start_date, kind, measure
-- reads: report_period, service_case
-- params: as_of date, zone text, sla_first_reply_min int, sla_proposal_min int, sla_done_min int, param_version text
-- source: M-39, E-39; nearest rank: the value at place ⌈share × cases⌉. A case belongs to the period it was opened in; a
--         step that had not happened by the build date has no time yet. `all` are the cases of every kind
WITH opened AS (
  SELECT
    c.case_id, COALESCE(c.kind, 'unknown') AS kind, local_date(c.opened_at, $zone) AS local_date, c.opened_at,
    CASE WHEN local_date(c.first_reply_at, $zone) <= $as_of THEN c.first_reply_at END AS first_reply_at,
    CASE WHEN local_date(c.proposal_at, $zone) <= $as_of THEN c.proposal_at END AS proposal_at,
    CASE WHEN local_date(c.done_at, $zone) <= $as_of THEN c.done_at END AS done_at
  FROM service_case AS c
  WHERE local_date(c.opened_at, $zone) <= $as_of
),
kinded AS (
  SELECT o.case_id, o.kind, o.local_date, o.opened_at, o.first_reply_at, o.proposal_at, o.done_at FROM opened AS o
  UNION ALL
  SELECT o.case_id, 'all' AS kind, o.local_date, o.opened_at, o.first_reply_at, o.proposal_at, o.done_at
  FROM opened AS o
),
timed AS (
  SELECT
    k.case_id, k.kind, k.local_date, 'first_reply' AS measure, seconds_between(k.opened_at, k.first_reply_at) AS time_s,
    60 * $sla_first_reply_min AS sla_s
  FROM kinded AS k
  UNION ALL
  SELECT
    k.case_id, k.kind, k.local_date, 'proposal' AS measure, seconds_between(k.opened_at, k.proposal_at) AS time_s,
    60 * $sla_proposal_min AS sla_s
  FROM kinded AS k
  UNION ALL
  SELECT
    k.case_id, k.kind, k.local_date, 'done' AS measure, seconds_between(k.opened_at, k.done_at) AS time_s,
    60 * $sla_done_min AS sla_s
  FROM kinded AS k
),
placed AS (
  SELECT
    p.period_kind, p.period_start_date, p.period_end_date, t.kind, t.measure, t.sla_s,
    CASE WHEN t.time_s >= 0 THEN t.time_s END AS time_s,
    row_number() OVER (
      PARTITION BY p.period_kind, p.period_start_date, t.kind, t.measure
      ORDER BY CASE WHEN t.time_s >= 0 THEN t.time_s END, t.case_id
    ) AS place,
    count(CASE WHEN t.time_s >= 0 THEN 1 END) OVER (
      PARTITION BY p.period_kind, p.period_start_date, t.kind, t.measure
    ) AS measured_cases
  FROM timed AS t
  JOIN report_period AS p ON t.local_date >= p.period_start_date AND t.local_date < p.period_end_date
  WHERE p.period_kind IN ('month', 'quarter', 'year')
),
summed AS (
  SELECT
    a.period_kind, a.period_start_date, a.period_end_date, a.kind, a.measure, count(*) AS cases,
    max(a.measured_cases) AS measured_cases, sum(CASE WHEN a.time_s <= a.sla_s THEN 1 ELSE 0 END) AS sla_cases,
    max(CASE WHEN a.place = int_div(50 * a.measured_cases + 99, 100) THEN a.time_s END) AS median_s,
    max(CASE WHEN a.place = int_div(90 * a.measured_cases + 99, 100) THEN a.time_s END) AS p90_s, max(a.sla_s) AS sla_s
  FROM placed AS a
  GROUP BY a.period_kind, a.period_start_date, a.period_end_date, a.kind, a.measure
)
SELECT
  s.period_kind, s.period_start_date, s.period_end_date, s.kind, s.measure, s.cases, s.measured_cases, s.sla_cases,
  s.median_s, s.p90_s, s.sla_s, safe_divide(s.median_s, 60) AS median_min, safe_divide(s.p90_s, 60) AS p90_min,
  safe_divide(s.sla_cases, s.measured_cases) AS sla_share, $param_version AS param_version
FROM summed AS s
