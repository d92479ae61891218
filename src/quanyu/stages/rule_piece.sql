-- rule_piece: the days on which a rule holds because of one record or one span of all its conditions; pieces overlap
-- grain: model, rule_no, person_id, from_date, until_date
-- per: person
-- reads: condition_piece, rule_span, stage_rule, stage_condition, signal_day
-- kept: view
-- source: ours, for `stage_turn`. Conditions of one day in a window of days, alone in their rules, are read off the signals
SELECT r.model, r.rule_no, r.stage_no, p.person_id, p.from_date, p.until_date
FROM condition_piece AS p
JOIN stage_rule AS r ON r.condition_no = p.condition_no
WHERE r.conditions = 1
UNION ALL
SELECT
  r.model, r.rule_no, r.stage_no, d.person_id, d.local_date AS from_date, add_days(d.local_date, c.window_days)
    AS until_date
FROM signal_day AS d
JOIN stage_condition AS c ON c.signal = d.signal
JOIN stage_rule AS r ON r.condition_no = c.condition_no
WHERE r.conditions = 1 AND c.shape = 'days' AND c.days = 1 AND c.window_days IS NOT NULL
UNION ALL
SELECT t.model, t.rule_no, t.stage_no, t.person_id, t.from_date, t.until_date FROM rule_span AS t
