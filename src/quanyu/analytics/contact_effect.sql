-- contact_effect: spending per buyer with an associate's contact beside that of buyers without, in each longer period
-- grain: period_kind, period_start_date
-- reads: report_period, relation_fact, purchase_day_fact
-- source: M-28 (WeCom effect ratio, a correlation). With a contact: on any day of the period, whoever the associate is
WITH longer AS (
  SELECT p.period_kind, p.period_start_date, p.period_end_date
  FROM report_period AS p
  WHERE p.period_kind IN ('month', 'quarter', 'year')
),
buyer AS (
  SELECT p.period_kind, p.period_start_date, p.period_end_date, d.person_id, sum(d.net_fen) AS net_fen
  FROM purchase_day_fact AS d
  JOIN longer AS p ON d.local_date >= p.period_start_date AND d.local_date < p.period_end_date
  GROUP BY p.period_kind, p.period_start_date, p.period_end_date, d.person_id
),
split AS (
  SELECT
    b.period_kind, b.period_start_date, b.person_id, b.net_fen,
    max(CASE WHEN r.relation_id IS NULL THEN 0 ELSE 1 END) AS has_contact
  FROM buyer AS b
  LEFT JOIN relation_fact AS r
    ON r.person_id = b.person_id AND r.type = 'dedicated_service' AND r.from_date < b.period_end_date
    AND r.until_date > b.period_start_date
  GROUP BY b.period_kind, b.period_start_date, b.person_id, b.net_fen
),
summed AS (
  SELECT
    s.period_kind, s.period_start_date, sum(s.has_contact) AS contact_buyers,
    sum(CASE WHEN s.has_contact = 1 THEN s.net_fen ELSE 0 END) AS contact_net_fen,
    sum(1 - s.has_contact) AS other_buyers, sum(CASE WHEN s.has_contact = 0 THEN s.net_fen ELSE 0 END) AS other_net_fen
  FROM split AS s
  GROUP BY s.period_kind, s.period_start_date
)
SELECT
  p.period_kind, p.period_start_date, p.period_end_date, COALESCE(s.contact_buyers, 0) AS contact_buyers,
  COALESCE(s.contact_net_fen, 0) AS contact_net_fen, COALESCE(s.other_buyers, 0) AS other_buyers,
  COALESCE(s.other_net_fen, 0) AS other_net_fen,
  safe_divide(safe_divide(s.contact_net_fen, s.contact_buyers), safe_divide(s.other_net_fen, s.other_buyers)) AS spend_ratio
FROM longer AS p
LEFT JOIN summed AS s ON s.period_kind = p.period_kind AND s.period_start_date = p.period_start_date
