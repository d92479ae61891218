-- risk_signal: every risk rule that fires for a person, ours and those that other systems told
-- grain: person_id, rule
-- reads: device_account, membership_fact, coupon, identifier_person, order_fact, person_fact, referral_fact,
--        risk_event
-- params: as_of date, zone text, risk_device_accounts int, risk_registrations int, risk_virtual_number int,
--         risk_fast_claim int, risk_idle_claims int, risk_referral_device int, risk_known_good int
-- source: M-40, E-40. Numbers are hashed before they are stored, so that a virtual operator's prefix is for another system
--         to tell (rule virtual_number). Known good counts only for whom another rule fires
WITH on_device AS (
  SELECT
    d.person_id, d.first_at,
    lag(d.first_at, 2) OVER (PARTITION BY d.device_id ORDER BY d.first_at, d.person_id) AS second_before_at,
    lag(d.first_at) OVER (PARTITION BY d.device_id ORDER BY d.first_at, d.person_id) AS before_at,
    lead(d.first_at) OVER (PARTITION BY d.device_id ORDER BY d.first_at, d.person_id) AS after_at,
    lead(d.first_at, 2) OVER (PARTITION BY d.device_id ORDER BY d.first_at, d.person_id) AS second_after_at
  FROM device_account AS d
  WHERE d.first_at IS NOT NULL
),
registered AS (
  SELECT f.person_id, min(f.joined_at) AS joined_at, min(f.from_date) AS joined_date
  FROM membership_fact AS f
  WHERE f.joined_at IS NOT NULL AND f.person_id IS NOT NULL
  GROUP BY f.person_id
),
device_registration AS (
  SELECT
    d.person_id, r.joined_at, r.joined_date,
    lag(r.joined_at) OVER (PARTITION BY d.device_id ORDER BY r.joined_at, d.person_id) AS before_at,
    lead(r.joined_at) OVER (PARTITION BY d.device_id ORDER BY r.joined_at, d.person_id) AS after_at,
    count(*) OVER (PARTITION BY d.device_id, r.joined_date) AS day_registrations
  FROM device_account AS d
  JOIN registered AS r ON r.person_id = d.person_id
),
claimed AS (
  SELECT c.coupon_id, i.person_id, c.claimed_at, COALESCE(c.claimed_date, local_date(c.claimed_at, $zone)) AS claimed_date
  FROM coupon AS c
  JOIN identifier_person AS i ON i.identifier_id = c.identifier_id
  WHERE i.person_id IS NOT NULL AND COALESCE(c.claimed_date, local_date(c.claimed_at, $zone)) <= $as_of
),
buyer AS (
  SELECT DISTINCT o.person_id FROM order_fact AS o WHERE o.is_valid AND o.person_id IS NOT NULL
),
fired AS (
  SELECT o.person_id, 'device_accounts' AS rule, $risk_device_accounts AS weight,
    local_date(o.first_at, $zone) AS fired_date
  FROM on_device AS o
  WHERE
    seconds_between(o.second_before_at, o.first_at) <= 86400 OR seconds_between(o.first_at, o.second_after_at) <= 86400
    OR seconds_between(o.before_at, o.after_at) <= 86400
  UNION ALL
  SELECT d.person_id, 'device_registrations' AS rule, $risk_registrations AS weight, d.joined_date AS fired_date
  FROM device_registration AS d
  WHERE
    d.day_registrations > 5 OR seconds_between(d.before_at, d.joined_at) < 60
    OR seconds_between(d.joined_at, d.after_at) < 60
  UNION ALL
  SELECT c.person_id, 'claim_after_registration' AS rule, $risk_fast_claim AS weight, c.claimed_date AS fired_date
  FROM claimed AS c
  JOIN registered AS r ON r.person_id = c.person_id
  WHERE seconds_between(r.joined_at, c.claimed_at) BETWEEN 0 AND 5
  UNION ALL
  SELECT c.person_id, 'claims_without_order' AS rule, $risk_idle_claims AS weight, max(c.claimed_date) AS fired_date
  FROM claimed AS c
  LEFT JOIN buyer AS b ON b.person_id = c.person_id
  WHERE b.person_id IS NULL
  GROUP BY c.person_id
  HAVING count(*) >= 5
  UNION ALL
  SELECT r.person_id, 'referral_same_device' AS rule, $risk_referral_device AS weight, r.local_date AS fired_date
  FROM referral_fact AS r
  WHERE r.invalid_reason = 'same_device'
  UNION ALL
  SELECT r.sharer_person_id AS person_id, 'referral_same_device' AS rule, $risk_referral_device AS weight,
    r.local_date AS fired_date
  FROM referral_fact AS r
  WHERE r.invalid_reason = 'same_device'
  UNION ALL
  SELECT
    i.person_id, e.rule,
    CASE e.rule
      WHEN 'device_accounts' THEN $risk_device_accounts WHEN 'device_registrations' THEN $risk_registrations
      WHEN 'virtual_number' THEN $risk_virtual_number WHEN 'claim_after_registration' THEN $risk_fast_claim
      WHEN 'claims_without_order' THEN $risk_idle_claims WHEN 'referral_same_device' THEN $risk_referral_device
      ELSE COALESCE(e.weight, 0)
    END AS weight,
    local_date(e.occurred_at, $zone) AS fired_date
  FROM risk_event AS e
  JOIN identifier_person AS i ON i.identifier_id = e.identifier_id
  WHERE i.person_id IS NOT NULL AND e.rule <> 'known_good' AND local_date(e.occurred_at, $zone) <= $as_of
),
told AS (
  SELECT f.person_id, f.rule, max(f.weight) AS weight, min(f.fired_date) AS first_date
  FROM fired AS f
  GROUP BY f.person_id, f.rule
)
SELECT t.person_id, t.rule, t.weight, t.first_date FROM told AS t
UNION ALL
SELECT f.person_id, 'known_good' AS rule, $risk_known_good AS weight, f.first_purchase_date AS first_date
FROM person_fact AS f
JOIN (SELECT DISTINCT t.person_id FROM told AS t) AS s ON s.person_id = f.person_id
WHERE f.purchase_days >= 2 AND days_between(f.first_purchase_date, $as_of) > 90
