SELECT
  e.number AS event_no, e.visit AS visit_no, e.visitor AS device, CASE WHEN e.is_member THEN e.person END AS member_no,
  e.occurred_at, CAST(e.type AS VARCHAR) AS type, CAST(e.channel AS VARCHAR) AS channel, e.product
FROM piece AS e
