-- person_dim: one row per person known as of the build date, with the latest attributes learnt until then
-- grain: person_id
-- per: person
-- reads: person_fact, person_attribute, identifier_person
-- params: as_of date, zone text
-- source: domain §2.9 (one value per person, latest wins), §3.1; what no attribute tells is null. Deletion and
--         restriction do not exist yet, so every person is active
WITH told AS (
  SELECT
    i.person_id, a.attribute, a.value,
    row_number() OVER (
      PARTITION BY i.person_id, a.attribute
      ORDER BY a.observed_at DESC, a.batch_seq DESC, a.source_row DESC, a.source, a.identifier_id
    ) AS place
  FROM person_attribute AS a
  JOIN identifier_person AS i ON i.identifier_id = a.identifier_id
  WHERE i.person_id IS NOT NULL AND a.value IS NOT NULL AND a.attribute IN ('gender', 'city')
    AND (a.observed_at IS NULL OR local_date(a.observed_at, $zone) <= $as_of)
),
latest AS (
  SELECT
    t.person_id, max(CASE WHEN t.attribute = 'gender' THEN lower(t.value) END) AS gender,
    max(CASE WHEN t.attribute = 'city' THEN t.value END) AS city_id
  FROM told AS t
  WHERE t.place = 1
  GROUP BY t.person_id
)
SELECT
  p.person_id,
  CASE
    WHEN l.gender IN ('female', 'f', 'woman', '女', '女性') THEN 'female'
    WHEN l.gender IN ('male', 'm', 'man', '男', '男性') THEN 'male'
    WHEN l.gender IS NOT NULL THEN 'other'
  END AS gender,
  CAST(NULL AS DATE) AS birth_date, CAST(NULL AS VARCHAR) AS birth_md, l.city_id,
  CAST(NULL AS VARCHAR) AS home_store_id, CAST(NULL AS VARCHAR) AS household_event,
  CAST(NULL AS VARCHAR) AS acquisition_channel_id, CAST(NULL AS VARCHAR) AS acquisition_touchpoint_id,
  CAST(NULL AS BIGINT) AS acquired_by_person_id, CAST(NULL AS VARCHAR) AS acquired_by_associate_id,
  'active' AS status
FROM person_fact AS p
LEFT JOIN latest AS l ON l.person_id = p.person_id
