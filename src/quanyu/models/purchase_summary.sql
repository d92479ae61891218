-- purchase_summary: repeat-buying summary of each buyer as of the build date
-- grain: person_id
-- reads: purchase_day_fact
-- params: as_of date
-- source: M-33 inputs: x = purchase days - 1, t_x = last - first, T = D - first (days here, weeks there); one day counts
--         once (Fader, Hardie and Lee 2005)
SELECT
  d.person_id, count(*) - 1 AS frequency, days_between(min(d.local_date), max(d.local_date)) AS recency_days,
  days_between(min(d.local_date), $as_of) AS age_days,
  sum(CASE WHEN d.purchase_day_no > 1 THEN d.net_fen ELSE 0 END) AS repeat_net_fen
FROM purchase_day_fact AS d
GROUP BY d.person_id
