-- piece: members with the id of their number
INSERT INTO landing.membership BY NAME
SELECT
  'm' || m.person AS member_id, m.joined_at, 'mini_program' AS joined_channel_id, m.left_at,
  CASE WHEN m.has_left THEN 'left' ELSE 'active' END AS status, m.identifier_id, 1 AS batch_seq, 'members' AS source,
  m.person + 1 AS source_row, CAST(m.person AS VARCHAR) AS source_id, m.person AS fingerprint,
  TIMESTAMP '2026-01-01' AS recorded_at
FROM piece AS m
