-- feature_contact: visits, messages, coupons, reviews, shares, service and surveys of each person, as of the build's date
-- grain: person_id
-- per: person
-- reads: visit_fact, message_fact, coupon, coupon_batch, review, share, referral_fact, service_case, survey_answer,
--        identifier_person
-- params: as_of date, zone text, review_positive int
-- source: domain §3.3 to §3.6, M-17, M-27, M-31, M-39; each source is counted by itself before they meet. A coupon is held
--         when claimed and neither redeemed nor past its end; a review is bad when its sentiment or its stars say so
WITH visited AS (
  SELECT
    v.person_id, count(*) FILTER (WHERE v.local_date > add_days($as_of, -30)) AS visits_30, count(*) AS visits_90,
    count(*) FILTER (WHERE v.is_bounce) AS bounces_90
  FROM visit_fact AS v
  WHERE v.person_id IS NOT NULL AND v.local_date > add_days($as_of, -90)
  GROUP BY v.person_id
),
told AS (
  SELECT
    m.person_id, count(m.sent_at) FILTER (WHERE m.local_date > add_days($as_of, -90)) AS sent_90,
    count(m.opened_at) FILTER (WHERE m.local_date > add_days($as_of, -90)) AS opened_90,
    count(m.clicked_at) FILTER (WHERE m.local_date > add_days($as_of, -90)) AS clicked_90,
    count(m.fail_reason) FILTER (WHERE m.local_date > add_days($as_of, -90)) AS failed_90,
    count(m.unsub_at) AS unsubscribed
  FROM message_fact AS m
  WHERE m.person_id IS NOT NULL
  GROUP BY m.person_id
),
ended AS (
  SELECT b.batch_id, max(b.ends_on) AS ends_on FROM coupon_batch AS b GROUP BY b.batch_id
),
given AS (
  SELECT
    i.person_id, COALESCE(c.expires_on, e.ends_on, DATE '9999-12-31') AS last_day,
    c.redeemed_date <= $as_of AND c.state <> 'returned' AS is_redeemed,
    c.state IN ('expired', 'void') AS is_void
  FROM coupon AS c
  JOIN identifier_person AS i ON i.identifier_id = c.identifier_id
  LEFT JOIN ended AS e ON e.batch_id = c.batch_id
  WHERE i.person_id IS NOT NULL AND c.claimed_date <= $as_of
),
coupons AS (
  SELECT
    g.person_id, count(*) AS coupons_claimed, count(*) FILTER (WHERE COALESCE(g.is_redeemed, FALSE)) AS coupons_redeemed,
    count(*) FILTER (
      WHERE NOT COALESCE(g.is_redeemed, FALSE) AND NOT g.is_void AND g.last_day >= $as_of
    ) AS coupons_held,
    count(*) FILTER (
      WHERE NOT COALESCE(g.is_redeemed, FALSE) AND NOT g.is_void AND g.last_day >= $as_of
        AND g.last_day <= add_days($as_of, 7)
    ) AS coupons_expiring
  FROM given AS g
  GROUP BY g.person_id
),
judged AS (
  SELECT
    i.person_id, count(*) AS reviews,
    count(*) FILTER (
      WHERE r.sentiment = 'negative' OR (r.sentiment IS NULL AND r.rating < $review_positive - 1)
    ) AS bad_reviews,
    count(*) FILTER (WHERE r.has_photo) AS photo_reviews
  FROM review AS r
  JOIN identifier_person AS i ON i.identifier_id = r.identifier_id
  WHERE i.person_id IS NOT NULL AND r.local_date <= $as_of
  GROUP BY i.person_id
),
shared AS (
  SELECT
    i.person_id, count(*) AS shares, count(*) FILTER (WHERE s.local_date > add_days($as_of, -90)) AS shares_90
  FROM share AS s
  JOIN identifier_person AS i ON i.identifier_id = s.identifier_id
  WHERE i.person_id IS NOT NULL AND s.local_date <= $as_of
  GROUP BY i.person_id
),
invited AS (
  SELECT f.sharer_person_id AS person_id, count(DISTINCT f.person_id) AS invited
  FROM referral_fact AS f
  WHERE f.is_valid AND f.is_new AND f.sharer_person_id IS NOT NULL
  GROUP BY f.sharer_person_id
),
served AS (
  SELECT
    i.person_id,
    count(*) FILTER (WHERE local_date(c.opened_at, $zone) > add_days($as_of, -365)) AS cases_365,
    count(*) FILTER (WHERE c.done_at IS NULL OR local_date(c.done_at, $zone) > $as_of) AS open_cases
  FROM service_case AS c
  JOIN identifier_person AS i ON i.identifier_id = c.identifier_id
  WHERE i.person_id IS NOT NULL AND local_date(c.opened_at, $zone) <= $as_of
  GROUP BY i.person_id
),
answered AS (
  SELECT
    i.person_id, a.score,
    row_number() OVER (PARTITION BY i.person_id ORDER BY a.occurred_at DESC, a.answer_id) AS place
  FROM survey_answer AS a
  JOIN identifier_person AS i ON i.identifier_id = a.identifier_id
  WHERE i.person_id IS NOT NULL AND a.score IS NOT NULL AND local_date(a.occurred_at, $zone) <= $as_of
),
met AS (
  SELECT v.person_id FROM visited AS v
  UNION
  SELECT t.person_id FROM told AS t
  UNION
  SELECT c.person_id FROM coupons AS c
  UNION
  SELECT j.person_id FROM judged AS j
  UNION
  SELECT s.person_id FROM shared AS s
  UNION
  SELECT n.person_id FROM invited AS n
  UNION
  SELECT d.person_id FROM served AS d
  UNION
  SELECT a.person_id FROM answered AS a
)
SELECT
  p.person_id, v.visits_30, v.visits_90, v.bounces_90, t.sent_90, t.opened_90, t.clicked_90, t.failed_90,
  t.unsubscribed, c.coupons_held, c.coupons_expiring, c.coupons_redeemed, c.coupons_claimed, j.reviews, j.bad_reviews,
  j.photo_reviews, s.shares_90, s.shares, n.invited, d.cases_365, d.open_cases, a.score AS last_score
FROM met AS p
LEFT JOIN visited AS v ON v.person_id = p.person_id
LEFT JOIN told AS t ON t.person_id = p.person_id
LEFT JOIN coupons AS c ON c.person_id = p.person_id
LEFT JOIN judged AS j ON j.person_id = p.person_id
LEFT JOIN shared AS s ON s.person_id = p.person_id
LEFT JOIN invited AS n ON n.person_id = p.person_id
LEFT JOIN served AS d ON d.person_id = p.person_id
LEFT JOIN answered AS a ON a.person_id = p.person_id AND a.place = 1
