SELECT
  s.number AS 订单编号, s.line_no AS 行号, s.product AS 商品编码, s.qty AS 数量,
  printf('%d.%02d', s.discount_fen // 100, s.discount_fen % 100) AS 优惠金额,
  printf('%d.%02d', s.paid_fen // 100, s.paid_fen % 100) AS 实付金额, CASE WHEN s.is_gift THEN '是' ELSE '否' END AS 赠品
FROM staged_line AS s
ORDER BY s.ordered_at, s.number, s.line_no
