-- feature_trait: what is told of a person, the latest word on each attribute as of the build's date
-- grain: person_id
-- per: person
-- reads: person_attribute, identifier_person
-- params: as_of date, zone text
-- source: domain §2.9 (one value per person, latest wins), TAG-15; a birthday is only believed when it is written as a
--         date from 1900 up to the build's; dates written so are ordered as texts are
WITH told AS (
  SELECT
    i.person_id, a.attribute, trim(a.value) AS value,
    row_number() OVER (
      PARTITION BY i.person_id, a.attribute
      ORDER BY a.observed_at DESC, a.batch_seq DESC, a.source_row DESC, a.source, a.identifier_id
    ) AS place
  FROM person_attribute AS a
  JOIN identifier_person AS i ON i.identifier_id = a.identifier_id
  WHERE i.person_id IS NOT NULL AND a.value IS NOT NULL AND trim(a.value) <> ''
    AND (a.observed_at IS NULL OR local_date(a.observed_at, $zone) <= $as_of)
),
latest AS (
  SELECT
    t.person_id,
    max(CASE WHEN t.attribute = 'gender' THEN lower(t.value) END) AS gender,
    max(CASE WHEN t.attribute = 'birthday' AND t.value LIKE '____-__-__' THEN t.value END) AS birthday,
    max(CASE WHEN t.attribute = 'age' THEN t.value END) AS age,
    max(CASE WHEN t.attribute = 'city' THEN t.value END) AS city,
    max(CASE WHEN t.attribute = 'region' THEN t.value END) AS region,
    max(CASE WHEN t.attribute = 'occupation' THEN t.value END) AS occupation,
    max(CASE WHEN t.attribute = 'income' THEN t.value END) AS income,
    max(CASE WHEN t.attribute = 'marital_status' THEN t.value END) AS marital_status,
    max(CASE WHEN t.attribute = 'household_size' THEN t.value END) AS household_size,
    max(CASE WHEN t.attribute = 'children' THEN t.value END) AS children,
    max(CASE WHEN t.attribute = 'home_ownership' THEN t.value END) AS home_ownership,
    max(CASE WHEN t.attribute = 'household_composition' THEN t.value END) AS household_composition,
    max(CASE WHEN t.attribute = 'card_level' THEN t.value END) AS card_level,
    max(CASE WHEN t.attribute = 'tmall_bound' THEN lower(t.value) END) AS tmall_bound
  FROM told AS t
  WHERE t.place = 1
  GROUP BY t.person_id
),
today AS (
  SELECT CAST($as_of AS VARCHAR) AS day, substr(CAST($as_of AS VARCHAR), 6, 5) AS md,
    substr(CAST(add_days($as_of, 30) AS VARCHAR), 6, 5) AS until_md
),
born AS (
  SELECT
    l.person_id,
    CASE
      WHEN l.birthday >= '1900-01-01' AND l.birthday <= CAST($as_of AS VARCHAR)
        AND substr(l.birthday, 6, 5) >= '01-01' AND substr(l.birthday, 6, 5) <= '12-31' THEN l.birthday
    END AS birthday
  FROM latest AS l
)
SELECT
  l.person_id,
  CASE
    WHEN l.gender IN ('female', 'f', 'woman', '女', '女性') THEN 'female'
    WHEN l.gender IN ('male', 'm', 'man', '男', '男性') THEN 'male'
    WHEN l.gender IS NOT NULL THEN 'other'
  END AS gender,
  b.birthday,
  CASE
    WHEN b.birthday > CAST(add_months($as_of, -216) AS VARCHAR) THEN 'under_18'
    WHEN b.birthday > CAST(add_months($as_of, -300) AS VARCHAR) THEN '18_24'
    WHEN b.birthday > CAST(add_months($as_of, -420) AS VARCHAR) THEN '25_34'
    WHEN b.birthday > CAST(add_months($as_of, -540) AS VARCHAR) THEN '35_44'
    WHEN b.birthday > CAST(add_months($as_of, -660) AS VARCHAR) THEN '45_54'
    WHEN b.birthday > CAST(add_months($as_of, -780) AS VARCHAR) THEN '55_64'
    WHEN b.birthday IS NOT NULL THEN '65_plus'
    WHEN l.age LIKE '19-%' OR l.age LIKE '18-%' THEN '18_24'
    WHEN l.age LIKE '25-%' THEN '25_34'
    WHEN l.age LIKE '35-%' THEN '35_44'
    WHEN l.age LIKE '45-%' THEN '45_54'
    WHEN l.age LIKE '55-%' THEN '55_64'
    WHEN l.age LIKE '65%' THEN '65_plus'
  END AS age_group,
  l.city, l.region, l.occupation, l.income, l.marital_status, l.household_size, l.children, l.home_ownership,
  l.household_composition, l.card_level, l.tmall_bound,
  CASE
    WHEN b.birthday IS NULL THEN NULL
    WHEN t.md <= t.until_md THEN substr(b.birthday, 6, 5) > t.md AND substr(b.birthday, 6, 5) <= t.until_md
    ELSE substr(b.birthday, 6, 5) > t.md OR substr(b.birthday, 6, 5) <= t.until_md
  END AS birthday_in_30_days
FROM latest AS l
JOIN born AS b ON b.person_id = l.person_id
CROSS JOIN today AS t
