-- first_purchase_matrix: segments of people by size and by how many of them ever bought, against the median segment
-- grain: date, segment
-- reads: acquisition, person_fact
-- params: as_of date
-- source: domain M-41, E-41; a segment is the channel of acquisition. High is at or above the median; of an even number
--         of segments no value lies between the two middle ones, so the upper of them is the cut
WITH segment AS (
  SELECT
    a.channel_id AS segment, count(*) AS size,
    sum(CASE WHEN p.first_purchase_date IS NOT NULL THEN 1 ELSE 0 END) AS buyers
  FROM acquisition AS a
  JOIN person_fact AS p ON p.person_id = a.person_id
  GROUP BY a.channel_id
),
rated AS (
  SELECT s.segment, s.size, s.buyers, safe_divide(s.buyers, s.size) AS conversion FROM segment AS s
),
ranked AS (
  SELECT
    r.segment, r.size, r.buyers, r.conversion, row_number() OVER (ORDER BY r.size, r.segment) AS size_place,
    row_number() OVER (ORDER BY r.conversion, r.segment) AS conversion_place, count(*) OVER () AS segments
  FROM rated AS r
),
middle AS (
  SELECT
    max(CASE WHEN r.size_place = int_div(r.segments + 1, 2) THEN r.size END) AS low_size,
    max(CASE WHEN r.size_place = int_div(r.segments, 2) + 1 THEN r.size END) AS high_size,
    max(CASE WHEN r.conversion_place = int_div(r.segments + 1, 2) THEN r.buyers END) AS low_buyers,
    max(CASE WHEN r.conversion_place = int_div(r.segments + 1, 2) THEN r.size END) AS low_base,
    max(CASE WHEN r.conversion_place = int_div(r.segments, 2) + 1 THEN r.buyers END) AS high_buyers,
    max(CASE WHEN r.conversion_place = int_div(r.segments, 2) + 1 THEN r.size END) AS high_base,
    max(CASE WHEN r.conversion_place = int_div(r.segments, 2) + 1 THEN r.conversion END) AS high_conversion
  FROM ranked AS r
)
SELECT
  $as_of AS date, r.segment, r.size, r.buyers, r.conversion, safe_divide(m.low_size + m.high_size, 2) AS median_size,
  safe_divide(m.low_buyers * m.high_base + m.high_buyers * m.low_base, 2 * m.low_base * m.high_base)
    AS median_conversion,
  CASE
    WHEN r.size >= m.high_size AND r.conversion >= m.high_conversion THEN 'core'
    WHEN r.conversion >= m.high_conversion THEN 'opportunity'
    WHEN r.size >= m.high_size THEN 'maintain'
    ELSE 'watch'
  END AS cell
FROM ranked AS r
CROSS JOIN middle AS m
