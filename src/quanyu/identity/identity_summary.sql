-- identity_summary: how far identities, touchpoints and behaviour are joined, as of a date (三通)
-- grain: date, figure
-- reads: event, touchpoint, order_fact, identifier_person, person, identity_conflict
-- params: as_of date, alarm_identifiers int
-- source: M-38, E-38; a strong person has an identifier of a merging type; a suspected duplicate is a strong person kept
--   apart from another one by a limit although evidence joins them; over_merge counts persons with more identifiers than
--   alarm_identifiers
WITH strong AS (
  SELECT p.person_id FROM person AS p WHERE p.merging_identifier_count > 0
),
happened AS (
  SELECT e.touchpoint_id, e.local_date, i.person_id, s.person_id AS strong_person_id
  FROM event AS e
  LEFT JOIN identifier_person AS i ON i.identifier_id = e.identifier_id
  LEFT JOIN strong AS s ON s.person_id = i.person_id
  WHERE e.local_date <= $as_of
),
registered AS (
  SELECT t.touchpoint_id FROM touchpoint AS t
  WHERE (t.active_from_date IS NULL OR t.active_from_date <= $as_of)
    AND (t.active_to_date IS NULL OR t.active_to_date >= $as_of)
  GROUP BY t.touchpoint_id
),
lively AS (
  SELECT h.touchpoint_id FROM happened AS h WHERE h.local_date > add_days($as_of, -7) GROUP BY h.touchpoint_id
),
buyer AS (
  SELECT o.person_id FROM order_fact AS o WHERE o.is_valid AND o.person_id IS NOT NULL GROUP BY o.person_id
),
behaving AS (
  SELECT h.person_id FROM happened AS h WHERE h.person_id IS NOT NULL GROUP BY h.person_id
),
suspected AS (
  SELECT p.person_id FROM identity_conflict AS c JOIN identifier_person AS p ON p.identifier_id = c.identifier_a
  WHERE c.reason = 'limit'
  UNION
  SELECT p.person_id FROM identity_conflict AS c JOIN identifier_person AS p ON p.identifier_id = c.identifier_b
  WHERE c.reason = 'limit'
),
figure AS (
  SELECT 'identified_event_rate' AS figure, count(h.strong_person_id) AS part, count(*) AS whole FROM happened AS h
  UNION ALL
  SELECT 'touchpoint_coverage' AS figure, count(l.touchpoint_id) AS part, count(*) AS whole
  FROM registered AS r LEFT JOIN lively AS l ON l.touchpoint_id = r.touchpoint_id
  UNION ALL
  SELECT 'buyer_behaviour_rate' AS figure, count(a.person_id) AS part, count(*) AS whole
  FROM buyer AS b LEFT JOIN behaving AS a ON a.person_id = b.person_id
  UNION ALL
  SELECT 'suspected_duplicate_rate' AS figure, count(d.person_id) AS part, count(*) AS whole
  FROM strong AS s LEFT JOIN suspected AS d ON d.person_id = s.person_id
  UNION ALL
  SELECT 'over_merge' AS figure,
    COALESCE(sum(CASE WHEN p.identifier_count > $alarm_identifiers THEN 1 ELSE 0 END), 0) AS part, count(*) AS whole
  FROM person AS p
  UNION ALL
  SELECT 'inert_identifier_rate' AS figure, COALESCE(sum(CASE WHEN i.inert THEN 1 ELSE 0 END), 0) AS part,
    count(*) AS whole
  FROM identifier_person AS i
)
SELECT $as_of AS date, f.figure, f.part, f.whole, safe_divide(f.part, f.whole) AS ratio
FROM figure AS f
