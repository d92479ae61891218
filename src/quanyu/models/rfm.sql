-- rfm: the RFM group of each person with a valid order in the window, on each snapshot date
-- grain: date, person_id
-- reads: rfm_measure, rfm_cut
-- params: param_version text
-- kept: view
-- source: M-22, E-22 (ties count as high; persons without a valid order in the window have no row)
WITH judged AS (
  SELECT
    m.date, m.person_id, m.recency_days, m.frequency, m.monetary_fen, c.cut_id,
    m.recency_days <= c.recency_cut_days AS recency_high, m.frequency >= c.frequency_cut AS frequency_high,
    m.monetary_fen >= c.monetary_cut_fen AS monetary_high,
    CASE WHEN m.recency_days <= c.recency_band_3_days THEN '3' WHEN m.recency_days <= c.recency_band_2_days THEN '2' ELSE '1' END
      AS recency_band,
    CASE WHEN m.frequency >= c.frequency_band_3 THEN '3' WHEN m.frequency >= c.frequency_band_2 THEN '2' ELSE '1' END
      AS frequency_band,
    CASE WHEN m.monetary_fen >= c.monetary_band_3_fen THEN '3' WHEN m.monetary_fen >= c.monetary_band_2_fen THEN '2' ELSE '1' END
      AS monetary_band
  FROM rfm_measure AS m
  JOIN rfm_cut AS c ON c.date = m.date
)
SELECT
  j.date, j.person_id, j.recency_days, j.frequency, j.monetary_fen, j.recency_high, j.frequency_high, j.monetary_high,
  CASE WHEN j.recency_high THEN '1' ELSE '0' END || CASE WHEN j.frequency_high THEN '1' ELSE '0' END
  || CASE WHEN j.monetary_high THEN '1' ELSE '0' END AS code,
  'r' || j.recency_band || 'f' || j.frequency_band || 'm' || j.monetary_band AS band_code,
  j.cut_id, $param_version AS param_version
FROM judged AS j
