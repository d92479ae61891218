-- link_step: where each person went next after each stay in a quadrant
-- grain: person_id, from_date, from_quadrant
-- reads: quadrant_day
-- source: M-37 (next event after quadrant a). Days in one quadrant after one another are one stay; on one day quadrants
--         stand in the order in which they were first seen
WITH day_quadrant AS (
  SELECT q.person_id, q.local_date, q.quadrant, min(q.first_at) AS first_at
  FROM quadrant_day AS q
  GROUP BY q.person_id, q.local_date, q.quadrant
),
followed AS (
  SELECT
    d.person_id, d.local_date, d.quadrant,
    lead(d.quadrant) OVER (PARTITION BY d.person_id ORDER BY d.local_date, d.first_at, d.quadrant) AS next_quadrant,
    lead(d.local_date) OVER (PARTITION BY d.person_id ORDER BY d.local_date, d.first_at, d.quadrant) AS next_date
  FROM day_quadrant AS d
)
SELECT
  f.person_id, f.quadrant AS from_quadrant, f.local_date AS from_date, f.next_quadrant AS to_quadrant,
  f.next_date AS to_date
FROM followed AS f
WHERE f.next_quadrant IS NULL OR f.next_quadrant <> f.quadrant
