-- campaign_response: what the persons of each arm of a campaign did while it ran, beside as many days before
-- grain: campaign_id, arm
-- reads: campaign, campaign_target, identifier_person, coupon, order_fact
-- params: as_of date, zone text
-- source: M-17, M-27 (counts and rates on the persons targeted; the days before are a reference, not proof of effect).
--         A person in both arms (two identifiers that are one person) is in neither, M-32. A campaign without a last
--         day still runs
WITH running AS (
  SELECT
    c.campaign_id, c.starts_on AS period_start_date, add_days(LEAST(c.ends_on, $as_of), 1) AS period_end_date,
    COALESCE(c.ends_on <= $as_of, FALSE) AS is_complete,
    add_days(c.starts_on, -days_between(c.starts_on, add_days(LEAST(c.ends_on, $as_of), 1))) AS before_start_date
  FROM campaign AS c
  WHERE c.starts_on <= $as_of AND (c.ends_on IS NULL OR c.ends_on >= c.starts_on)
),
targeted AS (
  SELECT t.campaign_id, min(COALESCE(t.arm, 'treatment')) AS arm, i.person_id
  FROM campaign_target AS t
  JOIN identifier_person AS i ON i.identifier_id = t.identifier_id
  WHERE i.person_id IS NOT NULL AND (t.targeted_at IS NULL OR local_date(t.targeted_at, $zone) <= $as_of)
  GROUP BY t.campaign_id, i.person_id
  HAVING min(COALESCE(t.arm, 'treatment')) = max(COALESCE(t.arm, 'treatment'))
),
redeemed AS (
  SELECT DISTINCT c.campaign_id, i.person_id
  FROM coupon AS c
  JOIN identifier_person AS i ON i.identifier_id = c.identifier_id
  WHERE c.redeemed_date <= $as_of AND i.person_id IS NOT NULL
),
spent AS (
  SELECT
    t.campaign_id, t.arm, t.person_id,
    sum(CASE WHEN o.local_date >= r.period_start_date THEN 1 ELSE 0 END) AS orders,
    sum(CASE WHEN o.local_date >= r.period_start_date THEN o.net_fen ELSE 0 END) AS net_fen,
    sum(CASE WHEN o.local_date < r.period_start_date THEN 1 ELSE 0 END) AS before_orders,
    sum(CASE WHEN o.local_date < r.period_start_date THEN o.net_fen ELSE 0 END) AS before_net_fen
  FROM targeted AS t
  JOIN running AS r ON r.campaign_id = t.campaign_id
  JOIN order_fact AS o
    ON o.person_id = t.person_id AND o.is_valid AND o.local_date >= r.before_start_date
    AND o.local_date < r.period_end_date
  GROUP BY t.campaign_id, t.arm, t.person_id
),
summed AS (
  SELECT
    t.campaign_id, t.arm, count(*) AS targeted, count(d.person_id) AS redeemers,
    sum(CASE WHEN s.orders > 0 THEN 1 ELSE 0 END) AS buyers, COALESCE(sum(s.orders), 0) AS orders,
    COALESCE(sum(s.net_fen), 0) AS net_fen, sum(CASE WHEN s.before_orders > 0 THEN 1 ELSE 0 END) AS before_buyers,
    COALESCE(sum(s.before_net_fen), 0) AS before_net_fen
  FROM targeted AS t
  LEFT JOIN spent AS s ON s.campaign_id = t.campaign_id AND s.arm = t.arm AND s.person_id = t.person_id
  LEFT JOIN redeemed AS d ON d.campaign_id = t.campaign_id AND d.person_id = t.person_id
  GROUP BY t.campaign_id, t.arm
)
SELECT
  s.campaign_id, s.arm, r.period_start_date, r.period_end_date, r.is_complete, s.targeted, s.redeemers, s.buyers,
  s.orders, s.net_fen, s.before_buyers, s.before_net_fen, safe_divide(s.redeemers, s.targeted) AS response_rate,
  safe_divide(s.buyers, s.targeted) AS buyer_rate
FROM summed AS s
JOIN running AS r ON r.campaign_id = s.campaign_id
