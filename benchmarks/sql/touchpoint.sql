-- five touchpoints of each channel
INSERT INTO landing.touchpoint BY NAME
SELECT
  c.channel_id || '_' || t.place AS touchpoint_id, c.channel_id, c.channel_id || '_' || t.place AS code,
  CASE WHEN t.place < 3 THEN 'pre' WHEN t.place = 3 THEN 'during' ELSE 'after' END AS journey_phase,
  DATE '2024-01-01' AS active_from_date, 1 AS batch_seq, 'touchpoints' AS source,
  row_number() OVER (ORDER BY c.channel_id, t.place) AS source_row, c.channel_id || '_' || t.place AS source_id,
  row_number() OVER (ORDER BY c.channel_id, t.place) AS fingerprint, TIMESTAMP '2026-01-01' AS recorded_at
FROM landing.channel AS c CROSS JOIN (SELECT range + 1 AS place FROM range(5)) AS t
