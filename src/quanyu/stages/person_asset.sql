-- person_asset: the first day on which each person was in a 5R stage, the only new day of M-01
-- grain: scope, person_id
-- per: person
-- reads: stage_span
-- source: domain M-01, §3.1 (person.first_asset_date)
SELECT s.scope, s.person_id, min(s.from_date) AS first_asset_date, max(s.param_version) AS param_version
FROM stage_span AS s
WHERE s.model = '5r'
GROUP BY s.scope, s.person_id
