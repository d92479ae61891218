-- reach_campaign: targeted, eligible, sent, delivered, opened, clicked and converted persons of each campaign
-- grain: campaign_id
-- reads: message_fact, campaign_target, campaign, campaign_response, identifier_person, event_fact, order_fact
-- params: as_of date, zone text, attr_message_days int, habit_days int, param_version text
-- source: M-17, E-17; M-32 for the lift. Who is held out is not targeted. Eligible: targeted with a message that was not
--         kept back before sending. Converted: clicked, and bought validly in the window from the click. Preferred hours:
--         the four hours of the day with most active events in the habit_days dates before the first send; the earlier
--         of equals. Lift needs a hold-out and compares buyers while the campaign ran
WITH sending AS (
  SELECT
    m.campaign_id, m.person_id, min(m.local_date) AS first_date, min(m.sent_at) AS sent_at,
    min(m.clicked_at) AS clicked_at, max(CASE WHEN m.is_skipped THEN 0 ELSE 1 END) AS eligible,
    max(CASE WHEN m.delivered_at IS NOT NULL THEN 1 ELSE 0 END) AS delivered,
    max(CASE WHEN m.opened_at IS NOT NULL THEN 1 ELSE 0 END) AS opened,
    max(CASE WHEN m.unsub_at IS NOT NULL THEN 1 ELSE 0 END) AS unsubscribed
  FROM message_fact AS m
  WHERE m.campaign_id IS NOT NULL AND m.person_id IS NOT NULL AND COALESCE(m.fail_reason, '') <> 'holdout'
  GROUP BY m.campaign_id, m.person_id
),
listed AS (
  SELECT t.campaign_id, i.person_id, min(local_date(t.targeted_at, $zone)) AS first_date
  FROM campaign_target AS t
  JOIN identifier_person AS i ON i.identifier_id = t.identifier_id
  WHERE
    i.person_id IS NOT NULL AND COALESCE(t.arm, 'treatment') = 'treatment'
    AND (t.targeted_at IS NULL OR local_date(t.targeted_at, $zone) <= $as_of)
  GROUP BY t.campaign_id, i.person_id
),
targeted AS (
  SELECT
    COALESCE(s.campaign_id, l.campaign_id) AS campaign_id, COALESCE(s.person_id, l.person_id) AS person_id,
    LEAST(s.first_date, l.first_date) AS first_date, s.sent_at, s.clicked_at, s.eligible, s.delivered, s.opened,
    s.unsubscribed, local_date(s.clicked_at, $zone) AS clicked_date
  FROM sending AS s
  FULL JOIN listed AS l ON l.campaign_id = s.campaign_id AND l.person_id = s.person_id
),
bought AS (
  SELECT DISTINCT t.campaign_id, t.person_id
  FROM targeted AS t
  JOIN order_fact AS o
    ON o.person_id = t.person_id AND o.is_valid AND o.local_date >= t.clicked_date
    AND o.local_date < add_days(t.clicked_date, $attr_message_days) AND COALESCE(o.paid_at >= t.clicked_at, TRUE)
),
habit AS (
  SELECT
    s.campaign_id, s.person_id, int_div(local_hour(e.occurred_at, $zone), 4) AS band, count(*) AS events
  FROM sending AS s
  JOIN event_fact AS e
    ON e.person_id = s.person_id AND e.counts_as_active
    AND e.local_date < local_date(s.sent_at, $zone) AND e.local_date >= add_days(local_date(s.sent_at, $zone), -$habit_days)
  GROUP BY s.campaign_id, s.person_id, int_div(local_hour(e.occurred_at, $zone), 4)
),
preferred AS (
  SELECT
    h.campaign_id, h.person_id, h.band,
    row_number() OVER (PARTITION BY h.campaign_id, h.person_id ORDER BY h.events DESC, h.band) AS place
  FROM habit AS h
),
summed AS (
  SELECT
    t.campaign_id, COALESCE(min(t.first_date), $as_of) AS first_date, max(t.clicked_date) AS last_click_date,
    count(*) AS targeted, sum(COALESCE(t.eligible, 0)) AS eligible, count(t.sent_at) AS sent,
    sum(COALESCE(t.delivered, 0)) AS delivered, sum(COALESCE(t.opened, 0)) AS opened, count(t.clicked_at) AS clicked,
    count(b.person_id) AS converted, sum(COALESCE(t.unsubscribed, 0)) AS unsubscribed, count(p.band) AS timed,
    sum(CASE WHEN p.band = int_div(local_hour(t.sent_at, $zone), 4) THEN 1 ELSE 0 END) AS right_timed
  FROM targeted AS t
  LEFT JOIN bought AS b ON b.campaign_id = t.campaign_id AND b.person_id = t.person_id
  LEFT JOIN preferred AS p ON p.campaign_id = t.campaign_id AND p.person_id = t.person_id AND p.place = 1
  GROUP BY t.campaign_id
),
spent AS (
  SELECT m.campaign_id, sum(m.cost_fen) AS cost_fen FROM message_fact AS m GROUP BY m.campaign_id
),
tested AS (
  SELECT
    r.campaign_id, sum(CASE WHEN r.arm = 'treatment' THEN r.targeted END) AS treatment_persons,
    sum(CASE WHEN r.arm = 'treatment' THEN r.buyers END) AS treatment_buyers,
    sum(CASE WHEN r.arm = 'holdout' THEN r.targeted END) AS holdout_persons,
    sum(CASE WHEN r.arm = 'holdout' THEN r.buyers END) AS holdout_buyers
  FROM campaign_response AS r
  GROUP BY r.campaign_id
  HAVING count(DISTINCT r.arm) = 2
)
SELECT
  s.campaign_id, LEAST(s.first_date, c.starts_on) AS start_date,
  COALESCE(c.ends_on <= $as_of, TRUE) AND COALESCE(add_days(s.last_click_date, $attr_message_days - 1) <= $as_of, TRUE)
    AS is_complete,
  s.targeted, s.eligible, s.sent, s.delivered, s.opened, s.clicked, s.converted, s.unsubscribed, s.timed, s.right_timed,
  n.cost_fen, safe_divide(s.eligible, s.targeted) AS eligible_rate, safe_divide(s.sent, s.eligible) AS sent_rate,
  safe_divide(s.delivered, s.sent) AS delivery_rate, safe_divide(s.opened, s.delivered) AS open_rate,
  safe_divide(s.clicked, s.opened) AS click_rate, safe_divide(s.converted, s.clicked) AS conversion_rate,
  safe_divide(s.converted, s.delivered) AS delivered_conversion_rate, safe_divide(s.delivered, s.targeted) AS reach_rate,
  safe_divide(s.unsubscribed, s.delivered) AS unsubscribe_rate, safe_divide(s.right_timed, s.timed) AS right_time_share,
  t.treatment_persons, t.treatment_buyers, t.holdout_persons, t.holdout_buyers,
  safe_divide(
    t.treatment_buyers * t.holdout_persons - t.holdout_buyers * t.treatment_persons,
    t.treatment_persons * t.holdout_persons
  ) AS lift,
  safe_divide(
    t.treatment_buyers * t.holdout_persons - t.holdout_buyers * t.treatment_persons,
    t.holdout_buyers * t.treatment_persons
  ) AS relative_lift,
  safe_divide(t.treatment_buyers * t.holdout_persons, t.holdout_buyers * t.treatment_persons) AS right_people_index,
  $param_version AS param_version
FROM summed AS s
LEFT JOIN campaign AS c ON c.campaign_id = s.campaign_id
LEFT JOIN spent AS n ON n.campaign_id = s.campaign_id
LEFT JOIN tested AS t ON t.campaign_id = s.campaign_id
