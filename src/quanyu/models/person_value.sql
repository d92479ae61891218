-- person_value: what each person bought, and what others bought through their shares, over lifetime to the build date
-- grain: date, person_id
-- per: person
-- reads: purchase_day_fact, share_order_fact
-- params: as_of date, param_version text
-- source: domain M-12: own value plus spread value, both net of refunds; only orders inside the window of the share count
--         (variant not taken: all orders of who was acquired). Predicted value is M-33 and stands empty here
WITH worth AS (
  SELECT d.person_id, d.net_fen AS own_fen, 0 AS spread_fen FROM purchase_day_fact AS d
  UNION ALL
  SELECT s.sharer_person_id AS person_id, 0 AS own_fen, s.net_fen AS spread_fen FROM share_order_fact AS s
)
SELECT
  $as_of AS date, w.person_id, sum(w.own_fen) AS own_fen, sum(w.spread_fen) AS spread_fen,
  sum(w.own_fen + w.spread_fen) AS clv_fen, CAST(NULL AS BIGINT) AS predicted_12m_fen, $param_version AS param_version
FROM worth AS w
GROUP BY w.person_id
