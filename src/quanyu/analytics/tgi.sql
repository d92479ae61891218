-- tgi: how each attribute of persons stands out in each value tier and life-cycle stage, against all persons who have it
-- grain: date, group_code, dimension, feature
-- reads: person_attribute, identifier_person, value_tier, lifecycle
-- params: as_of date, zone text
-- source: M-20, E-20; the base is all persons whose attribute is known, the group those of it in the group;
--         of a person's values the latest learnt by the date
WITH known AS (
  SELECT
    i.person_id, a.attribute, a.value,
    row_number() OVER (
      PARTITION BY i.person_id, a.attribute ORDER BY a.observed_at DESC, a.batch_seq DESC, a.source_row DESC, a.source
    ) AS place
  FROM person_attribute AS a
  JOIN identifier_person AS i ON i.identifier_id = a.identifier_id
  WHERE i.person_id IS NOT NULL AND a.value IS NOT NULL
    AND (a.observed_at IS NULL OR local_date(a.observed_at, $zone) <= $as_of)
),
feature AS (
  SELECT k.person_id, k.attribute AS dimension, k.value AS feature FROM known AS k WHERE k.place = 1
),
member AS (
  SELECT t.person_id, 'value_tier:' || t.tier AS group_code FROM value_tier AS t WHERE t.date = $as_of
  UNION ALL
  SELECT l.person_id, 'lifecycle:' || l.stage AS group_code FROM lifecycle AS l WHERE l.date = $as_of
),
base AS (
  SELECT f.dimension, count(*) AS persons FROM feature AS f GROUP BY f.dimension
),
base_feature AS (
  SELECT f.dimension, f.feature, count(*) AS persons FROM feature AS f GROUP BY f.dimension, f.feature
),
group_base AS (
  SELECT m.group_code, f.dimension, count(*) AS persons
  FROM feature AS f
  JOIN member AS m ON m.person_id = f.person_id
  GROUP BY m.group_code, f.dimension
),
group_feature AS (
  SELECT m.group_code, f.dimension, f.feature, count(*) AS persons
  FROM feature AS f
  JOIN member AS m ON m.person_id = f.person_id
  GROUP BY m.group_code, f.dimension, f.feature
)
SELECT
  $as_of AS date, g.group_code, g.dimension, b.feature, g.persons AS group_persons,
  COALESCE(h.persons, 0) AS group_feature_persons, a.persons AS base_persons, b.persons AS base_feature_persons,
  safe_divide(COALESCE(h.persons, 0), g.persons) AS group_share, safe_divide(b.persons, a.persons) AS base_share,
  safe_divide(100 * COALESCE(h.persons, 0) * a.persons, g.persons * b.persons) AS tgi
FROM group_base AS g
JOIN base AS a ON a.dimension = g.dimension
JOIN base_feature AS b ON b.dimension = g.dimension
LEFT JOIN group_feature AS h ON h.group_code = g.group_code AND h.dimension = g.dimension AND h.feature = b.feature
