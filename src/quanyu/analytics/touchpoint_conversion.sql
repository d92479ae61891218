-- touchpoint_conversion: persons reached at each touchpoint, and who of them bought within the window of a touch
-- grain: period_kind, period_start_date, touchpoint_id
-- reads: event_fact, order_fact, report_period
-- params: as_of date, attr_ad_days int, attr_message_days int, attr_share_days int, attr_touch_days int,
--         param_version text
-- source: M-19, E-19, §2.0. A touch is anything received or done at the touchpoint but buying and leaving; the target
--         is a valid order not before it, at most the window of its kind later. Last touch: of each person's first such
--         order after a touch of the period the latest touch, so that the credits sum to the converted persons
WITH touch AS (
  SELECT
    e.touchpoint_id, e.person_id, e.event_id, e.occurred_at, e.local_date,
    CASE
      WHEN e.type IN ('ad_impression', 'ad_click') THEN $attr_ad_days
      WHEN e.type IN ('message_delivered', 'message_click') THEN $attr_message_days
      WHEN e.share_id IS NOT NULL AND e.type <> 'share' THEN $attr_share_days ELSE $attr_touch_days
    END AS window_days
  FROM event_fact AS e
  WHERE e.touchpoint_id IS NOT NULL AND e.person_id IS NOT NULL AND e.activity IN ('passive', 'shallow', 'deep')
),
longer AS (
  SELECT p.period_kind, p.period_start_date, p.period_end_date
  FROM report_period AS p
  WHERE p.period_kind IN ('month', 'quarter', 'year')
),
touch_day AS (
  SELECT DISTINCT t.touchpoint_id, t.person_id, t.local_date FROM touch AS t
),
reached AS (
  SELECT p.period_kind, p.period_start_date, d.touchpoint_id, count(DISTINCT d.person_id) AS persons
  FROM touch_day AS d
  JOIN longer AS p ON d.local_date >= p.period_start_date AND d.local_date < p.period_end_date
  GROUP BY p.period_kind, p.period_start_date, d.touchpoint_id
),
followed AS (
  SELECT
    t.touchpoint_id, t.person_id, t.event_id, t.occurred_at, t.local_date, o.order_id, o.local_date AS order_date,
    o.paid_at
  FROM touch AS t
  JOIN order_fact AS o ON o.person_id = t.person_id
  WHERE
    o.is_valid AND o.local_date >= t.local_date AND o.local_date <= add_days(t.local_date, t.window_days)
    AND (o.paid_at IS NULL OR o.paid_at >= t.occurred_at)
),
ranked AS (
  SELECT
    p.period_kind, p.period_start_date, f.touchpoint_id, f.person_id,
    row_number() OVER (
      PARTITION BY p.period_kind, p.period_start_date, f.person_id
      ORDER BY f.order_date, f.paid_at, f.order_id, f.occurred_at DESC, f.event_id DESC
    ) AS place
  FROM followed AS f
  JOIN longer AS p ON f.local_date >= p.period_start_date AND f.local_date < p.period_end_date
),
converted AS (
  SELECT
    r.period_kind, r.period_start_date, r.touchpoint_id, count(DISTINCT r.person_id) AS persons,
    sum(CASE WHEN r.place = 1 THEN 1 ELSE 0 END) AS credited
  FROM ranked AS r
  GROUP BY r.period_kind, r.period_start_date, r.touchpoint_id
)
SELECT
  p.period_kind, p.period_start_date, p.period_end_date, r.touchpoint_id,
  add_days(
    p.period_end_date, GREATEST($attr_ad_days, $attr_message_days, $attr_share_days, $attr_touch_days)
  ) <= add_days($as_of, 1) AS is_complete,
  r.persons AS reached_persons, COALESCE(c.persons, 0) AS any_touch_converters,
  COALESCE(c.credited, 0) AS last_touch_converters, safe_divide(COALESCE(c.persons, 0), r.persons) AS any_touch_rate,
  safe_divide(COALESCE(c.credited, 0), r.persons) AS last_touch_rate, $param_version AS param_version
FROM reached AS r
JOIN longer AS p ON p.period_kind = r.period_kind AND p.period_start_date = r.period_start_date
LEFT JOIN converted AS c
  ON c.period_kind = r.period_kind AND c.period_start_date = r.period_start_date AND c.touchpoint_id = r.touchpoint_id
