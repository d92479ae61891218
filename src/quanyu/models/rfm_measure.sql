-- rfm_measure: recency, frequency and monetary value of each person with a valid order in the window of each snapshot date
-- grain: date, person_id
-- per: person
-- reads: snapshot_date, purchase_day_fact
-- params: rfm_window_days int
-- source: M-22 (frequency counts purchase days; 0 days since the last one means today)
SELECT
  s.date, d.person_id, days_between(max(d.local_date), s.date) AS recency_days, count(*) AS frequency,
  sum(d.net_fen) AS monetary_fen
FROM snapshot_date AS s
JOIN purchase_day_fact AS d ON d.local_date <= s.date AND d.local_date > add_days(s.date, -$rfm_window_days)
GROUP BY s.date, d.person_id
