-- device_account: every person seen on a device, with the moment they were first seen there
-- grain: device_id, person_id
-- reads: identifier, identifier_pair, identifier_person
-- params: watermark int, as_of date, zone text
-- source: M-40, M-31 (same device). Devices merge nobody (M-38), so one device may stand with several persons; a device's
--         own identifier is not a person's account
WITH device AS (
  SELECT i.identifier_id FROM identifier AS i WHERE i.id_type = 'device'
),
met AS (
  SELECT p.identifier_a AS device_id, p.identifier_b AS account_id, p.first_occurred_at
  FROM identifier_pair AS p
  JOIN device AS d ON d.identifier_id = p.identifier_a
  WHERE p.first_batch_seq <= $watermark
  UNION ALL
  SELECT p.identifier_b AS device_id, p.identifier_a AS account_id, p.first_occurred_at
  FROM identifier_pair AS p
  JOIN device AS d ON d.identifier_id = p.identifier_b
  WHERE p.first_batch_seq <= $watermark
)
SELECT m.device_id, i.person_id, min(m.first_occurred_at) AS first_at
FROM met AS m
JOIN identifier_person AS i ON i.identifier_id = m.account_id
LEFT JOIN device AS d ON d.identifier_id = m.account_id
WHERE
  i.person_id IS NOT NULL AND d.identifier_id IS NULL
  AND (m.first_occurred_at IS NULL OR local_date(m.first_occurred_at, $zone) <= $as_of)
GROUP BY m.device_id, i.person_id
