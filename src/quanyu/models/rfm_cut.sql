-- rfm_cut: the cuts of each snapshot date in the chosen mode, and where the three bands begin
-- grain: cut_id
-- reads: rfm_measure, lifecycle_cut
-- params: rfm_mode text, rfm_window_days int, rfm_scores int, rfm_recency_cut int, rfm_frequency_cut int,
--         rfm_monetary_cut_fen int, param_version text
-- source: M-22; recency counts negative, so that more is better in all three. Every mode ends in the smallest whole
--         value that counts as high (ties are high), mean and median rounded up to it. standard: recency Q80 of the
--         gaps, frequency as given, monetary mean. quantile: the smallest value found whose score (1 to rfm_scores,
--         quantiles right-closed) reaches the mean score.
--         Bands are terciles, right-closed, 3 the best.
WITH long AS (
  SELECT m.date, 'recency' AS dimension, -m.recency_days AS x FROM rfm_measure AS m
  UNION ALL
  SELECT m.date, 'frequency' AS dimension, m.frequency AS x FROM rfm_measure AS m
  UNION ALL
  SELECT m.date, 'monetary' AS dimension, m.monetary_fen AS x FROM rfm_measure AS m
),
counted AS (
  SELECT l.date, l.dimension, l.x, count(*) AS n FROM long AS l GROUP BY l.date, l.dimension, l.x
),
running AS (
  SELECT
    c.date, c.dimension, c.x, c.n,
    sum(c.n) OVER (
      PARTITION BY c.date, c.dimension ORDER BY c.x ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS upto,
    sum(c.n) OVER (PARTITION BY c.date, c.dimension) AS total,
    sum(c.x * c.n) OVER (PARTITION BY c.date, c.dimension) AS x_sum
  FROM counted AS c
),
scored AS (
  SELECT
    r.date, r.dimension, r.x, r.n, r.upto, r.total, r.x_sum, r.upto - r.n AS below,
    1 + int_div($rfm_scores * (r.upto - r.n), r.total) AS score
  FROM running AS r
),
weighed AS (
  SELECT
    s.date, s.dimension, s.x, s.upto, s.below, s.total, s.x_sum, s.score,
    sum(s.score * s.n) OVER (PARTITION BY s.date, s.dimension) AS score_sum
  FROM scored AS s
),
cut AS (
  SELECT
    w.date, w.dimension, max(w.total) AS persons,
    int_div(max(w.x_sum) + CASE WHEN max(w.x_sum) > 0 THEN max(w.total) - 1 ELSE 0 END, max(w.total)) AS mean_cut,
    min(CASE WHEN w.score * w.total >= w.score_sum THEN w.x END) AS quantile_cut,
    min(CASE WHEN w.upto * 2 >= w.total THEN w.x END) + min(CASE WHEN w.upto * 2 >= w.total + 1 THEN w.x END)
      AS double_median,
    min(CASE WHEN w.below * 3 >= w.total THEN w.x END) AS band_2,
    min(CASE WHEN w.below * 3 >= 2 * w.total THEN w.x END) AS band_3
  FROM weighed AS w
  GROUP BY w.date, w.dimension
),
chosen AS (
  SELECT
    c.date, c.dimension, c.persons, c.band_2, c.band_3,
    CASE
      WHEN $rfm_mode = 'mean' THEN c.mean_cut
      WHEN $rfm_mode = 'quantile' THEN c.quantile_cut
      WHEN $rfm_mode = 'median' THEN int_div(c.double_median + CASE WHEN c.double_median > 0 THEN 1 ELSE 0 END, 2)
      WHEN c.dimension = 'recency' AND $rfm_mode = 'fixed' THEN -$rfm_recency_cut
      WHEN c.dimension = 'recency' THEN -g.q_dormant_days
      WHEN c.dimension = 'frequency' THEN $rfm_frequency_cut
      WHEN $rfm_mode = 'fixed' THEN $rfm_monetary_cut_fen
      ELSE c.mean_cut
    END AS cut_value
  FROM cut AS c
  LEFT JOIN lifecycle_cut AS g ON g.date = c.date
)
SELECT
  'rfm:' || CAST(c.date AS VARCHAR) || ':' || $rfm_mode AS cut_id, c.date, $rfm_mode AS mode,
  $rfm_window_days AS window_days, max(c.persons) AS persons,
  -max(CASE WHEN c.dimension = 'recency' THEN c.cut_value END) AS recency_cut_days,
  max(CASE WHEN c.dimension = 'frequency' THEN c.cut_value END) AS frequency_cut,
  max(CASE WHEN c.dimension = 'monetary' THEN c.cut_value END) AS monetary_cut_fen,
  -max(CASE WHEN c.dimension = 'recency' THEN c.band_2 END) AS recency_band_2_days,
  -max(CASE WHEN c.dimension = 'recency' THEN c.band_3 END) AS recency_band_3_days,
  max(CASE WHEN c.dimension = 'frequency' THEN c.band_2 END) AS frequency_band_2,
  max(CASE WHEN c.dimension = 'frequency' THEN c.band_3 END) AS frequency_band_3,
  max(CASE WHEN c.dimension = 'monetary' THEN c.band_2 END) AS monetary_band_2_fen,
  max(CASE WHEN c.dimension = 'monetary' THEN c.band_3 END) AS monetary_band_3_fen,
  $param_version AS param_version
FROM chosen AS c
GROUP BY c.date
