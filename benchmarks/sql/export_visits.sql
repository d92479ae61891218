SELECT
  v.number AS visit_no, v.visitor AS device, CASE WHEN v.is_member THEN v.person END AS member_no,
  CAST(v.channel AS VARCHAR) AS channel, v.started_at, v.ended_at, v.pages
FROM piece AS v
