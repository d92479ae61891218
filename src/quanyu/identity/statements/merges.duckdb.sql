-- merges: published persons that came apart (undone) and that became one (a new record)
-- grain: event_id in person_merge
-- source: reliability I8; a person's id is an identifier, so identifier_person says where that person went
CREATE OR REPLACE TEMP TABLE identity_undone AS
SELECT m.event_id, m.loser_id, loser.person_id
FROM identity.person_merge AS m
LEFT JOIN identity.identifier_person AS loser ON loser.identifier_id = m.loser_id
LEFT JOIN identity.identifier_person AS survivor ON survivor.identifier_id = m.survivor_id
WHERE m.undone_at IS NULL AND loser.person_id IS DISTINCT FROM survivor.person_id;

UPDATE identity.person_merge AS m SET undone_at = s.at
FROM identity_undone AS u, identity_span AS s
WHERE m.event_id = u.event_id;

CREATE OR REPLACE TEMP TABLE identity_merged AS
SELECT c.identifier_id AS loser_id, c.person_id AS survivor_id
FROM identity_changed AS c
WHERE c.old_person_id = c.identifier_id AND c.person_id <> c.identifier_id
UNION
SELECT u.loser_id, u.person_id FROM identity_undone AS u WHERE u.person_id <> u.loser_id;

INSERT INTO identity.person_merge BY NAME
WITH decided AS (
  SELECT c.old_person_id AS loser_id, min(c.decision_id) AS decision_id
  FROM identity_changed AS c WHERE c.decision_id IS NOT NULL GROUP BY c.old_person_id
),
last AS (SELECT COALESCE(max(m.event_id), 0) AS event_id FROM identity.person_merge AS m)
SELECT
  last.event_id + row_number() OVER (ORDER BY m.loser_id) AS event_id, m.loser_id, m.survivor_id,
  COALESCE('decision ' || CAST(d.decision_id AS VARCHAR), p.rule) AS rule, s.until_seq AS batch_seq, s.at AS merged_at,
  CAST(NULL AS TIMESTAMP) AS undone_at
FROM identity_merged AS m
JOIN identity.identifier_person AS p ON p.identifier_id = m.loser_id
LEFT JOIN decided AS d ON d.loser_id = m.loser_id
CROSS JOIN last CROSS JOIN identity_span AS s;
