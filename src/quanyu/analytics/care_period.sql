-- care_period: members whose birthday lies in a period, and those of them who were cared for
-- grain: period_kind, period_start_date
-- reads: report_period, membership_fact, person_attribute, identifier_person, message_fact, campaign
-- params: as_of date, zone text
-- source: M-39 (care coverage). A birthday counts once its day has come; care is a message delivered in the period by a
--         campaign of the node birthday. Of two birthdays of one person the one learnt last holds; 29 February is the 28th
WITH longer AS (
  SELECT
    p.period_kind, p.period_start_date, p.period_end_date,
    substr(CAST(p.period_start_date AS VARCHAR), 6, 5) AS first_md,
    substr(CAST(LEAST(add_days(p.period_end_date, -1), $as_of) AS VARCHAR), 6, 5) AS last_md
  FROM report_period AS p
  WHERE p.period_kind IN ('month', 'quarter', 'year')
),
told AS (
  SELECT
    i.person_id, substr(a.value, length(a.value) - 4, 5) AS birth_md,
    row_number() OVER (
      PARTITION BY i.person_id
      ORDER BY COALESCE(a.observed_at, a.recorded_at) DESC, a.batch_seq DESC, a.source_row DESC, a.source, a.attribute
    ) AS place
  FROM person_attribute AS a
  JOIN identifier_person AS i ON i.identifier_id = a.identifier_id
  WHERE
    i.person_id IS NOT NULL AND a.attribute IN ('birthday', 'birth_date', 'birth_md')
    AND (a.value LIKE '____-__-__' OR a.value LIKE '__-__')
    AND (a.observed_at IS NULL OR local_date(a.observed_at, $zone) <= $as_of)
),
birthday AS (
  SELECT t.person_id, CASE WHEN t.birth_md = '02-29' THEN '02-28' ELSE t.birth_md END AS birth_md
  FROM told AS t
  WHERE t.place = 1
),
due AS (
  SELECT DISTINCT p.period_kind, p.period_start_date, p.period_end_date, b.person_id
  FROM birthday AS b
  JOIN longer AS p ON b.birth_md >= p.first_md AND b.birth_md <= p.last_md
  JOIN membership_fact AS m
    ON m.person_id = b.person_id AND m.from_date < p.period_end_date AND m.until_date > p.period_start_date
),
care AS (
  SELECT DISTINCT m.person_id, local_date(m.delivered_at, $zone) AS local_date
  FROM message_fact AS m
  JOIN campaign AS c ON c.campaign_id = m.campaign_id AND lower(c.node) = 'birthday'
  WHERE m.delivered_at IS NOT NULL AND m.person_id IS NOT NULL
),
cared AS (
  SELECT d.period_kind, d.period_start_date, d.person_id, max(CASE WHEN c.person_id IS NULL THEN 0 ELSE 1 END) AS cared
  FROM due AS d
  LEFT JOIN care AS c
    ON c.person_id = d.person_id AND c.local_date >= d.period_start_date AND c.local_date < d.period_end_date
  GROUP BY d.period_kind, d.period_start_date, d.person_id
),
summed AS (
  SELECT c.period_kind, c.period_start_date, count(*) AS members, sum(c.cared) AS cared
  FROM cared AS c
  GROUP BY c.period_kind, c.period_start_date
)
SELECT
  p.period_kind, p.period_start_date, p.period_end_date, COALESCE(s.members, 0) AS birthday_members,
  COALESCE(s.cared, 0) AS cared_members, safe_divide(s.cared, s.members) AS care_coverage
FROM longer AS p
LEFT JOIN summed AS s ON s.period_kind = p.period_kind AND s.period_start_date = p.period_start_date
