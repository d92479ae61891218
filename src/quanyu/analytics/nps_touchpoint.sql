-- nps_touchpoint: promoters, passives and detractors at each touchpoint in each longer period
-- grain: period_kind, period_start_date, touchpoint_id
-- reads: report_period, survey_answer, identifier_person, touchpoint
-- params: as_of date, zone text
-- source: M-39, E-39: 9–10 promote, 0–6 detract; the last answer of a person per touchpoint and period counts (domain
--         §2.9), an anonymous answer stands for itself. Scores beyond 0–10 are on another scale and in data_quality
WITH answered AS (
  SELECT
    a.answer_id, COALESCE(a.touchpoint_id, 'unknown') AS touchpoint_id, a.score, a.occurred_at,
    local_date(a.occurred_at, $zone) AS local_date,
    COALESCE('p' || CAST(i.person_id AS VARCHAR), 'a' || a.answer_id) AS answerer
  FROM survey_answer AS a
  LEFT JOIN identifier_person AS i ON i.identifier_id = a.identifier_id
  WHERE a.score >= 0 AND a.score <= 10 AND local_date(a.occurred_at, $zone) <= $as_of
),
placed AS (
  SELECT
    p.period_kind, p.period_start_date, p.period_end_date, a.touchpoint_id, a.score,
    row_number() OVER (
      PARTITION BY p.period_kind, p.period_start_date, a.touchpoint_id, a.answerer
      ORDER BY a.occurred_at DESC, a.answer_id DESC
    ) AS place
  FROM answered AS a
  JOIN report_period AS p ON a.local_date >= p.period_start_date AND a.local_date < p.period_end_date
  WHERE p.period_kind IN ('month', 'quarter', 'year')
),
summed AS (
  SELECT
    a.period_kind, a.period_start_date, a.period_end_date, a.touchpoint_id, count(*) AS answers,
    sum(CASE WHEN a.score >= 9 THEN 1 ELSE 0 END) AS promoters,
    sum(CASE WHEN a.score IN (7, 8) THEN 1 ELSE 0 END) AS passives,
    sum(CASE WHEN a.score <= 6 THEN 1 ELSE 0 END) AS detractors
  FROM placed AS a
  WHERE a.place = 1
  GROUP BY a.period_kind, a.period_start_date, a.period_end_date, a.touchpoint_id
)
SELECT
  s.period_kind, s.period_start_date, s.period_end_date, s.touchpoint_id, t.journey_phase, s.answers, s.promoters,
  s.passives, s.detractors, s.promoters - s.detractors AS net_promoters,
  safe_divide(100 * (s.promoters - s.detractors), s.answers) AS nps
FROM summed AS s
LEFT JOIN touchpoint AS t ON t.touchpoint_id = s.touchpoint_id
