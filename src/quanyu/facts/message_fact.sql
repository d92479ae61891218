-- message_fact: one row per message planned by the build date, with what is known to have become of it
-- grain: message_id
-- per: person
-- reads: message, identifier_person
-- params: as_of date, zone text
-- source: M-17: a mass send of WeCom is a task, sent only once its associate confirms it. What follows proves what comes
--         before it: who clicked has opened, been reached and been sent to. What happened after the date is not known
WITH told AS (
  SELECT
    m.message_id, m.source, m.batch_seq, m.source_row, m.identifier_id, m.campaign_id, m.channel_id, m.content_id,
    m.associate_id, local_date(m.planned_at, $zone) AS local_date,
    CASE WHEN m.task_issued_at IS NULL THEN m.sent_at
      WHEN m.confirmed_at IS NOT NULL THEN COALESCE(m.sent_at, m.confirmed_at) END AS sent_at,
    CASE WHEN local_date(m.delivered_at, $zone) <= $as_of THEN m.delivered_at END AS delivered_at,
    CASE WHEN local_date(m.opened_at, $zone) <= $as_of THEN m.opened_at END AS opened_at,
    CASE WHEN local_date(m.clicked_at, $zone) <= $as_of THEN m.clicked_at END AS clicked_at,
    CASE WHEN local_date(m.unsub_at, $zone) <= $as_of THEN m.unsub_at END AS unsub_at, m.fail_reason, m.is_marketing,
    m.cost_fen
  FROM message AS m
),
known AS (
  SELECT
    t.message_id, t.source, t.batch_seq, t.source_row, t.identifier_id, t.campaign_id, t.channel_id, t.content_id,
    t.associate_id, t.local_date,
    COALESCE(
      CASE WHEN local_date(t.sent_at, $zone) <= $as_of THEN t.sent_at END, t.delivered_at, t.opened_at, t.clicked_at
    ) AS sent_at,
    COALESCE(t.delivered_at, t.opened_at, t.clicked_at) AS delivered_at,
    COALESCE(t.opened_at, t.clicked_at) AS opened_at, t.clicked_at, t.unsub_at, t.fail_reason, t.is_marketing, t.cost_fen
  FROM told AS t
  WHERE t.local_date <= $as_of
)
SELECT
  k.message_id, k.source, k.batch_seq, k.source_row, k.identifier_id, i.person_id, k.campaign_id, k.channel_id,
  k.content_id, k.associate_id, k.local_date,
  k.sent_at IS NULL
    AND COALESCE(k.fail_reason IN ('no_consent', 'fatigue', 'quiet_hours', 'unreachable', 'holdout'), FALSE)
    AS is_skipped,
  k.sent_at, k.delivered_at, k.opened_at, k.clicked_at, k.unsub_at, k.fail_reason, k.is_marketing, k.cost_fen
FROM known AS k
LEFT JOIN identifier_person AS i ON i.identifier_id = k.identifier_id
