-- referral_fact: one row per referral, whether it counts, and how far the person it brought has come
-- grain: referral_id
-- reads: referral, share, identifier_person, device_account, person_fact, membership_fact, order_fact, purchase_day_fact
-- params: as_of date, zone text
-- source: M-31, M-40, domain §2.9 (void if same canonical person). A pair of one identifier is a self-referral, of two that
--         are one person today a merged one. New: the person's first valid referral, and nothing known of them before it
WITH told AS (
  SELECT
    f.referral_id, f.share_id, f.identifier_id, f.visitor_key, i.person_id,
    local_date(COALESCE(f.visited_at, f.joined_at, f.recorded_at), $zone) AS local_date,
    local_date(f.joined_at, $zone) AS told_join_date, f.valid, s.share_id AS known_share_id,
    s.identifier_id AS sharer_identifier_id, h.person_id AS sharer_person_id
  FROM referral AS f
  LEFT JOIN identifier_person AS i ON i.identifier_id = f.identifier_id
  LEFT JOIN share AS s ON s.share_id = f.share_id AND s.local_date <= $as_of
  LEFT JOIN identifier_person AS h ON h.identifier_id = s.identifier_id
),
shared_device AS (
  SELECT DISTINCT t.referral_id
  FROM told AS t
  JOIN device_account AS a ON a.person_id = t.person_id
  JOIN device_account AS b ON b.device_id = a.device_id AND b.person_id = t.sharer_person_id
),
judged AS (
  SELECT
    t.referral_id, t.share_id, t.visitor_key, t.person_id, t.sharer_person_id, t.local_date, t.told_join_date,
    CASE
      WHEN t.identifier_id = t.sharer_identifier_id THEN 'self_referral'
      WHEN t.person_id = t.sharer_person_id THEN 'merged_person'
      WHEN d.referral_id IS NOT NULL THEN 'same_device'
      WHEN t.valid = FALSE THEN 'refused'
      WHEN t.known_share_id IS NULL THEN 'unknown_share'
      WHEN t.sharer_person_id IS NULL THEN 'unknown_sharer'
    END AS invalid_reason
  FROM told AS t
  LEFT JOIN shared_device AS d ON d.referral_id = t.referral_id
  WHERE t.local_date <= $as_of
),
placed AS (
  SELECT
    j.referral_id, row_number() OVER (PARTITION BY j.person_id ORDER BY j.local_date, j.referral_id) AS place
  FROM judged AS j
  WHERE j.invalid_reason IS NULL AND j.person_id IS NOT NULL
),
member AS (
  SELECT m.person_id, min(m.from_date) AS joined_date FROM membership_fact AS m GROUP BY m.person_id
),
bought AS (
  SELECT d.person_id, min(d.local_date) AS first_date, count(*) AS purchase_days
  FROM purchase_day_fact AS d
  GROUP BY d.person_id
),
first_order AS (
  SELECT o.person_id, o.net_fen FROM order_fact AS o WHERE o.is_first_order
),
seen AS (
  SELECT
    j.referral_id, j.share_id, j.sharer_person_id, j.person_id, j.visitor_key, j.local_date, j.invalid_reason,
    COALESCE(p.place, 0) = 1 AND COALESCE(f.first_seen_date, j.local_date) >= j.local_date AS is_new,
    COALESCE(CASE WHEN j.told_join_date <= $as_of THEN j.told_join_date END, m.joined_date) AS joined_date,
    b.first_date, b.purchase_days, o.net_fen
  FROM judged AS j
  LEFT JOIN placed AS p ON p.referral_id = j.referral_id
  LEFT JOIN person_fact AS f ON f.person_id = j.person_id
  LEFT JOIN member AS m ON m.person_id = j.person_id
  LEFT JOIN bought AS b ON b.person_id = j.person_id
  LEFT JOIN first_order AS o ON o.person_id = j.person_id
)
SELECT
  s.referral_id, s.share_id, s.sharer_person_id, s.person_id, s.visitor_key, s.local_date,
  s.invalid_reason IS NULL AS is_valid, s.invalid_reason, s.is_new, CASE WHEN s.is_new THEN s.joined_date END AS joined_date,
  CASE WHEN s.is_new THEN s.first_date END AS first_order_date,
  CASE WHEN s.is_new THEN COALESCE(s.purchase_days, 0) ELSE 0 END AS purchase_days,
  CASE WHEN s.is_new THEN s.net_fen END AS first_order_net_fen
FROM seen AS s
