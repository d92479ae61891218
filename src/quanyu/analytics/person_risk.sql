-- person_risk: the risk score of every person for whom a rule fires, and what follows from it
-- grain: person_id
-- reads: risk_signal, risk_event, identifier_person
-- params: as_of date, zone text, risk_block int, risk_review int, param_version text
-- source: M-40, E-40: the sum of the weights, between 0 and 100. The last decision of a reviewer holds over the score
WITH reviewed AS (
  SELECT
    i.person_id, e.decision,
    row_number() OVER (PARTITION BY i.person_id ORDER BY e.occurred_at DESC, e.risk_id DESC) AS place
  FROM risk_event AS e
  JOIN identifier_person AS i ON i.identifier_id = e.identifier_id
  WHERE
    i.person_id IS NOT NULL AND e.reviewer IS NOT NULL AND e.decision IS NOT NULL
    AND local_date(e.occurred_at, $zone) <= $as_of
),
scored AS (
  SELECT
    s.person_id, LEAST(GREATEST(sum(s.weight), 0), 100) AS score,
    sum(CASE WHEN s.rule = 'known_good' THEN 0 ELSE 1 END) AS rules,
    min(CASE WHEN s.rule = 'known_good' THEN NULL ELSE s.first_date END) AS first_date
  FROM risk_signal AS s
  GROUP BY s.person_id
)
SELECT
  s.person_id, s.score,
  COALESCE(
    r.decision,
    CASE WHEN s.score >= $risk_block THEN 'blocked' WHEN s.score >= $risk_review THEN 'review' ELSE 'none' END
  ) AS decision,
  s.rules, r.person_id IS NOT NULL AS is_reviewed, s.first_date, $param_version AS param_version
FROM scored AS s
LEFT JOIN reviewed AS r ON r.person_id = s.person_id AND r.place = 1
