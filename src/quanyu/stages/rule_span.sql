-- rule_span: one row per maximal span of days on which all conditions of a rule of several conditions hold for a person
-- grain: model, rule_no, person_id, from_date
-- per: person
-- reads: condition_span, stage_rule
-- source: domain M-05, M-09; a rule holds while as many of its conditions hold as it has
WITH turn AS (
  SELECT r.model, r.rule_no, s.person_id, s.from_date AS date, 1 AS step
  FROM condition_span AS s
  JOIN stage_rule AS r ON r.condition_no = s.condition_no
  WHERE r.conditions > 1
  UNION ALL
  SELECT r.model, r.rule_no, s.person_id, s.until_date AS date, -1 AS step
  FROM condition_span AS s
  JOIN stage_rule AS r ON r.condition_no = s.condition_no
  WHERE r.conditions > 1
),
turned AS (
  SELECT t.model, t.rule_no, t.person_id, t.date, sum(t.step) AS step
  FROM turn AS t
  GROUP BY t.model, t.rule_no, t.person_id, t.date
),
together AS (
  SELECT
    t.model, t.rule_no, t.person_id, t.date AS from_date,
    sum(t.step) OVER (
      PARTITION BY t.model, t.rule_no, t.person_id ORDER BY t.date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS held,
    lead(t.date) OVER (PARTITION BY t.model, t.rule_no, t.person_id ORDER BY t.date) AS until_date
  FROM turned AS t
),
combined AS (
  SELECT DISTINCT r.model, r.rule_no, r.stage_no, r.conditions FROM stage_rule AS r WHERE r.conditions > 1
)
SELECT c.model, c.rule_no, c.stage_no, t.person_id, t.from_date, t.until_date
FROM together AS t
JOIN combined AS c ON c.model = t.model AND c.rule_no = t.rule_no
WHERE t.held = c.conditions
