-- fp_capital: persons in Capital at the end of each period, over all and by relation type, who came, who left
-- grain: period_no, relation_type
-- reads: capital_relation, fp_period, venue_day_fact
-- params: param_version text
-- source: domain M-08, M-08b, E-08. New are in at the end and not at the end of the period before, ended the other way
--         round; effective are those active in any private venue in the period
WITH person_type AS (
  SELECT
    p.period_no, c.person_id, c.type,
    sum(CASE WHEN c.from_date <= p.period_end_date AND c.until_date > p.period_end_date THEN 1 ELSE 0 END) AS relations,
    sum(CASE WHEN c.from_date <= p.previous_end_date THEN 1 ELSE 0 END) AS previous_relations
  FROM fp_period AS p
  JOIN capital_relation AS c ON c.from_date <= p.period_end_date AND c.until_date > p.previous_end_date
  WHERE p.is_reported
  GROUP BY p.period_no, c.person_id, c.type
),
stock AS (
  SELECT t.period_no, t.person_id, t.type, t.relations, t.previous_relations FROM person_type AS t
  UNION ALL
  SELECT
    t.period_no, t.person_id, 'all' AS type, sum(t.relations) AS relations,
    sum(t.previous_relations) AS previous_relations
  FROM person_type AS t
  GROUP BY t.period_no, t.person_id
),
effective AS (
  SELECT DISTINCT p.period_no, v.person_id
  FROM fp_period AS p
  JOIN venue_day_fact AS v ON v.local_date >= p.period_start_date AND v.local_date <= p.period_end_date
  WHERE p.is_reported AND v.is_active AND v.person_id IS NOT NULL
),
counted AS (
  SELECT
    s.period_no, s.type, sum(CASE WHEN s.relations > 0 THEN 1 ELSE 0 END) AS capital, sum(s.relations) AS relations,
    sum(CASE WHEN s.previous_relations > 0 THEN 1 ELSE 0 END) AS previous_capital,
    sum(CASE WHEN s.relations > 0 AND s.previous_relations = 0 THEN 1 ELSE 0 END) AS new_persons,
    sum(CASE WHEN s.relations = 0 AND s.previous_relations > 0 THEN 1 ELSE 0 END) AS ended_persons,
    sum(CASE WHEN s.relations > 0 AND e.person_id IS NOT NULL THEN 1 ELSE 0 END) AS effective_persons
  FROM stock AS s
  LEFT JOIN effective AS e ON e.period_no = s.period_no AND e.person_id = s.person_id
  GROUP BY s.period_no, s.type
),
kind AS (
  SELECT c.type FROM capital_relation AS c UNION SELECT 'all' AS type FROM capital_relation AS c
),
known AS (
  SELECT sum(CASE WHEN v.is_active THEN 1 ELSE 0 END) AS active_days FROM venue_day_fact AS v
),
figure AS (
  SELECT
    p.period_no, p.period_start_date, p.period_end_date AS date, p.is_complete, k.type AS relation_type,
    COALESCE(c.capital, 0) AS capital, COALESCE(c.relations, 0) AS relations,
    COALESCE(c.previous_capital, 0) AS previous_capital, COALESCE(c.new_persons, 0) AS new_persons,
    COALESCE(c.ended_persons, 0) AS ended_persons,
    CASE WHEN n.active_days > 0 THEN COALESCE(c.effective_persons, 0) END AS effective_persons
  FROM fp_period AS p
  CROSS JOIN kind AS k
  CROSS JOIN known AS n
  LEFT JOIN counted AS c ON c.period_no = p.period_no AND c.type = k.type
  WHERE p.is_reported
)
SELECT
  f.period_no, f.period_start_date, f.date, f.is_complete, f.relation_type, f.capital, f.relations, f.previous_capital,
  f.new_persons, f.ended_persons, f.capital - f.previous_capital AS net_persons, f.effective_persons,
  safe_divide(f.relations, f.capital) AS relations_per_person,
  safe_divide(f.effective_persons, f.capital) AS effective_private_rate, $param_version AS param_version
FROM figure AS f
