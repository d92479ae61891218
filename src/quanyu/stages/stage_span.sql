-- stage_span: one row per maximal span of days on which a person has one stage of a model; the highest that holds wins
-- grain: model, scope, person_id, from_date
-- per: person
-- reads: stage_turn, stage_rule, stage_condition, signal_day, capital_span, membership_fact
-- source: domain §2.0 (one label per person, model and day), M-05, M-06, M-09, GEN-04. A span ends
--         where the next stage or none begins. Evidence is the record by which the stage holds longest when the span begins
WITH followed AS (
  SELECT
    t.model, t.person_id, t.stage_no, t.pack, t.from_date,
    lead(t.from_date) OVER (PARTITION BY t.model, t.person_id ORDER BY t.from_date) AS until_date
  FROM stage_turn AS t
),
whole AS (
  SELECT
    f.model, f.person_id, f.stage_no, f.from_date, f.until_date, 1023 - f.pack % 1024 AS rule_no,
    add_days(DATE '1900-01-01', int_div(f.pack, 1024) % 4194304) AS evidence_date
  FROM followed AS f
  WHERE f.stage_no > 0
),
listened AS (
  SELECT DISTINCT r.model, r.rule_no, c.signal
  FROM stage_rule AS r
  JOIN stage_condition AS c ON c.condition_no = r.condition_no
),
record AS (
  SELECT d.person_id, d.signal, d.local_date, d.evidence_event_id FROM signal_day AS d
  UNION ALL
  SELECT p.person_id, 'capital' AS signal, p.from_date AS local_date, p.evidence_id AS evidence_event_id
  FROM capital_span AS p
  UNION ALL
  SELECT m.person_id, 'member' AS signal, m.from_date AS local_date, 'membership:' || m.member_id AS evidence_event_id
  FROM membership_fact AS m
),
-- One grouping for all spans: joined with what their rules do not listen to as well, and those left out.
proof AS (
  SELECT
    w.model, w.person_id, w.from_date, max(w.until_date) AS until_date, max(w.stage_no) AS stage_no,
    max(w.rule_no) AS rule_no, max(w.evidence_date) AS evidence_date,
    max(CASE WHEN l.signal IS NOT NULL THEN e.evidence_event_id END) AS evidence_event_id
  FROM whole AS w
  LEFT JOIN record AS e ON e.person_id = w.person_id AND e.local_date = w.evidence_date
  LEFT JOIN listened AS l ON l.model = w.model AND l.rule_no = w.rule_no AND l.signal = e.signal
  GROUP BY w.model, w.person_id, w.from_date
),
named AS (
  SELECT DISTINCT r.model, r.rule_no, r.rule_code, r.stage, r.param_version FROM stage_rule AS r
)
SELECT
  p.model, 'brand' AS scope, p.person_id, n.stage, p.stage_no, p.from_date, p.until_date, p.evidence_event_id,
  CASE WHEN p.evidence_event_id IS NOT NULL THEN p.evidence_date END AS evidence_date, n.rule_code, n.param_version
FROM proof AS p
JOIN named AS n ON n.model = p.model AND n.rule_no = p.rule_no
