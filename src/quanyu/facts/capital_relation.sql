-- capital_relation: the days on which one relation puts its person in Capital: it holds, counts and reaches the person
-- grain: relation_id, from_date
-- per: person
-- reads: relation_fact, reach_span
-- params: capital_subscription text, capital_mini_program text
-- source: domain M-08: every relation type counts; subscription and mini_program_user are switchable
SELECT
  r.person_id, r.relation_id, r.type, GREATEST(r.from_date, s.from_date) AS from_date,
  LEAST(r.until_date, s.until_date) AS until_date
FROM relation_fact AS r
JOIN reach_span AS s
  ON s.person_id = r.person_id AND s.channel_id = COALESCE(r.channel_id, 'type:' || r.type) AND s.reachable
  AND s.from_date < r.until_date AND s.until_date > r.from_date
WHERE
  r.from_date < r.until_date AND (r.type <> 'subscription' OR $capital_subscription = 'included')
  AND (r.type <> 'mini_program_user' OR $capital_mini_program = 'included')
