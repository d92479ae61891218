SELECT
  s.number AS 退款编号, s.number AS 订单编号,
  strftime(s.refunded_at + INTERVAL 8 HOUR, '%Y-%m-%d %H:%M:%S') AS 退款时间,
  printf('%d.%02d', s.amount_fen // 100, s.amount_fen % 100) AS 退款金额
FROM staged_refund AS s
WHERE s.local_date <= DATE '2025-12-31'
ORDER BY s.refunded_at, s.number
