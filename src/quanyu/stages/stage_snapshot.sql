-- stage_snapshot: the label of each person in each stage model on each snapshot date, with its evidence
-- grain: model, scope, date, person_id
-- per: person
-- reads: stage_span, snapshot_date, lifecycle, rfm, value_tier
-- kept: view
-- source: domain §2.0 (one label per person and model per date), §3.8; evidence is the record that decides: of an event
--         its id, of a purchase `purchase_day:<date>`, of a spread or a relation its id with the kind before it
SELECT
  s.model, s.scope, d.date, s.person_id, s.stage, s.evidence_event_id, s.param_version
FROM stage_span AS s
JOIN snapshot_date AS d ON d.date >= s.from_date AND d.date < s.until_date
UNION ALL
SELECT
  'lifecycle' AS model, 'brand' AS scope, l.date, l.person_id, l.stage,
  CASE WHEN l.never_purchased THEN NULL ELSE 'purchase_day:' || CAST(add_days(l.date, -l.recency_days) AS VARCHAR) END
    AS evidence_event_id,
  l.param_version
FROM lifecycle AS l
UNION ALL
SELECT
  'rfm' AS model, 'brand' AS scope, r.date, r.person_id, r.code AS stage,
  'purchase_day:' || CAST(add_days(r.date, -r.recency_days) AS VARCHAR) AS evidence_event_id, r.param_version
FROM rfm AS r
UNION ALL
SELECT
  'value_tier' AS model, 'brand' AS scope, t.date, t.person_id, t.tier AS stage, 'rank:' || CAST(t.rank AS VARCHAR)
    AS evidence_event_id,
  t.param_version
FROM value_tier AS t
