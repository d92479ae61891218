-- rfm_cut: the cuts of each snapshot date in the chosen mode, and where the three bands begin
-- grain: cut_id
-- reads: rfm_measure, lifecycle_cut
-- params: rfm_mode text, rfm_window_days int, rfm_scores int, rfm_recency_cut int, rfm_frequency_cut int,
--         rfm_monetary_cut_fen int, param_version text
-- source: M-22; recency counts negative, so that more is better in all three. Every mode ends in the smallest whole
--         value that counts as high (ties are high), mean and median rounded up to it. standard: recency Q80 of the
--         gaps, frequency as given, monetary mean. quantile: the smallest value found whose score (1 to rfm_scores,
--         quantiles right-closed) reaches the mean score.
--         The dimensions are 1 recency, 2 frequency, 3 monetary: numbers group and join faster than texts.
--         Bands are terciles, right-closed, 3 the best.
WITH counted AS (
  SELECT m.date, 1 AS dimension, -m.recency_days AS x, count(*) AS n FROM rfm_measure AS m GROUP BY m.date, m.recency_days
  UNION ALL
  SELECT m.date, 2 AS dimension, m.frequency AS x, count(*) AS n FROM rfm_measure AS m GROUP BY m.date, m.frequency
  UNION ALL
  SELECT m.date, 3 AS dimension, m.monetary_fen AS x, count(*) AS n FROM rfm_measure AS m GROUP BY m.date, m.monetary_fen
),
whole AS (
  SELECT c.date, c.dimension, sum(c.n) AS total, sum(c.x * c.n) AS x_sum FROM counted AS c GROUP BY c.date, c.dimension
),
running AS (
  SELECT
    c.date, c.dimension, c.x, c.n,
    sum(c.n) OVER (
      PARTITION BY c.date, c.dimension ORDER BY c.x ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS upto
  FROM counted AS c
),
scored AS (
  SELECT
    r.date, r.dimension, r.x, r.n, r.upto, w.total, w.x_sum, r.upto - r.n AS below,
    1 + int_div($rfm_scores * (r.upto - r.n), w.total) AS score
  FROM running AS r
  JOIN whole AS w ON w.date = r.date AND w.dimension = r.dimension
),
weighed AS (
  SELECT s.date, s.dimension, sum(s.score * s.n) AS score_sum FROM scored AS s GROUP BY s.date, s.dimension
),
cut AS (
  SELECT
    s.date, s.dimension, max(s.total) AS persons,
    int_div(max(s.x_sum) + CASE WHEN max(s.x_sum) > 0 THEN max(s.total) - 1 ELSE 0 END, max(s.total)) AS mean_cut,
    min(CASE WHEN s.score * s.total >= w.score_sum THEN s.x END) AS quantile_cut,
    min(CASE WHEN s.upto * 2 >= s.total THEN s.x END) + min(CASE WHEN s.upto * 2 >= s.total + 1 THEN s.x END)
      AS double_median,
    min(CASE WHEN s.below * 3 >= s.total THEN s.x END) AS band_2,
    min(CASE WHEN s.below * 3 >= 2 * s.total THEN s.x END) AS band_3
  FROM scored AS s
  JOIN weighed AS w ON w.date = s.date AND w.dimension = s.dimension
  GROUP BY s.date, s.dimension
),
chosen AS (
  SELECT
    c.date, c.dimension, c.persons, c.band_2, c.band_3,
    CASE
      WHEN $rfm_mode = 'mean' THEN c.mean_cut
      WHEN $rfm_mode = 'quantile' THEN c.quantile_cut
      WHEN $rfm_mode = 'median' THEN int_div(c.double_median + CASE WHEN c.double_median > 0 THEN 1 ELSE 0 END, 2)
      WHEN c.dimension = 1 AND $rfm_mode = 'fixed' THEN -$rfm_recency_cut
      WHEN c.dimension = 1 THEN -g.q_dormant_days
      WHEN c.dimension = 2 THEN $rfm_frequency_cut
      WHEN $rfm_mode = 'fixed' THEN $rfm_monetary_cut_fen
      ELSE c.mean_cut
    END AS cut_value
  FROM cut AS c
  LEFT JOIN lifecycle_cut AS g ON g.date = c.date
)
SELECT
  'rfm:' || CAST(c.date AS VARCHAR) || ':' || $rfm_mode AS cut_id, c.date, $rfm_mode AS mode,
  $rfm_window_days AS window_days, max(c.persons) AS persons,
  -max(CASE WHEN c.dimension = 1 THEN c.cut_value END) AS recency_cut_days,
  max(CASE WHEN c.dimension = 2 THEN c.cut_value END) AS frequency_cut,
  max(CASE WHEN c.dimension = 3 THEN c.cut_value END) AS monetary_cut_fen,
  -max(CASE WHEN c.dimension = 1 THEN c.band_2 END) AS recency_band_2_days,
  -max(CASE WHEN c.dimension = 1 THEN c.band_3 END) AS recency_band_3_days,
  max(CASE WHEN c.dimension = 2 THEN c.band_2 END) AS frequency_band_2,
  max(CASE WHEN c.dimension = 2 THEN c.band_3 END) AS frequency_band_3,
  max(CASE WHEN c.dimension = 3 THEN c.band_2 END) AS monetary_band_2_fen,
  max(CASE WHEN c.dimension = 3 THEN c.band_3 END) AS monetary_band_3_fen,
  $param_version AS param_version
FROM chosen AS c
GROUP BY c.date
