-- piece: persons with identifier ids
INSERT INTO landing.person_attribute BY NAME
SELECT
  a.attribute, a.value, p.joined_at AS observed_at, p.primary_id AS identifier_id, 1 AS batch_seq,
  'members' AS source, p.person + 1 AS source_row, CAST(p.person AS VARCHAR) AS source_id, p.person AS fingerprint,
  TIMESTAMP '2026-01-01' AS recorded_at
FROM piece AS p,
  LATERAL (
    SELECT 'city' AS attribute, CAST(p.city AS VARCHAR) AS value
    UNION ALL
    SELECT 'gender' AS attribute, CAST(p.gender AS VARCHAR) AS value
  ) AS a
WHERE a.value IS NOT NULL
