-- rfm: the RFM group of each person with a valid order in the window, on each snapshot date
-- grain: date, person_id
-- per: person
-- reads: rfm_measure, rfm_cut
-- params: param_version text
-- kept: view
-- source: M-22, E-22 (ties count as high; persons without a valid order in the window have no row)
WITH judged AS (
  SELECT
    m.date, m.person_id, m.recency_days, m.frequency, m.monetary_fen, c.cut_id,
    m.recency_days <= c.recency_cut_days AS recency_high, m.frequency >= c.frequency_cut AS frequency_high,
    m.monetary_fen >= c.monetary_cut_fen AS monetary_high,
    CASE WHEN m.recency_days <= c.recency_band_3_days THEN 'r3' WHEN m.recency_days <= c.recency_band_2_days THEN 'r2' ELSE 'r1' END
      AS recency_band,
    CASE WHEN m.frequency >= c.frequency_band_3 THEN 'f3' WHEN m.frequency >= c.frequency_band_2 THEN 'f2' ELSE 'f1' END
      AS frequency_band,
    CASE WHEN m.monetary_fen >= c.monetary_band_3_fen THEN 'm3' WHEN m.monetary_fen >= c.monetary_band_2_fen THEN 'm2' ELSE 'm1' END
      AS monetary_band
  FROM rfm_measure AS m
  JOIN rfm_cut AS c ON c.date = m.date
)
SELECT
  j.date, j.person_id, j.recency_days, j.frequency, j.monetary_fen, j.recency_high, j.frequency_high, j.monetary_high,
  CASE
    WHEN j.recency_high AND j.frequency_high THEN CASE WHEN j.monetary_high THEN '111' ELSE '110' END
    WHEN j.recency_high THEN CASE WHEN j.monetary_high THEN '101' ELSE '100' END
    WHEN j.frequency_high THEN CASE WHEN j.monetary_high THEN '011' ELSE '010' END
    WHEN j.monetary_high THEN '001' ELSE '000'
  END AS code,
  j.recency_band || j.frequency_band || j.monetary_band AS band_code,
  j.cut_id, $param_version AS param_version
FROM judged AS j
