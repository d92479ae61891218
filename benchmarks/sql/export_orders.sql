SELECT
  s.number AS 订单编号, CASE WHEN s.is_member THEN s.person END AS 会员号,
  CASE WHEN s.is_member OR s.is_named THEN s.mobile END AS 手机号, CAST(s.channel AS VARCHAR) AS 渠道, s.store AS 门店,
  CASE WHEN s.is_paid THEN strftime(s.ordered_at + INTERVAL 8 HOUR, '%Y-%m-%d %H:%M:%S') END AS 付款时间,
  CASE CAST(s.status AS VARCHAR)
    WHEN 'completed' THEN '交易成功' WHEN 'fulfilled' THEN '已发货' WHEN 'paid' THEN '已付款' WHEN 'placed' THEN '待付款'
    WHEN 'cancelled' THEN '交易关闭' ELSE '已退款'
  END AS 订单状态,
  CASE WHEN s.test THEN '是' ELSE '否' END AS 测试, CASE WHEN s.staff THEN '是' ELSE '否' END AS 员工,
  printf('%d.%02d', s.discount_fen // 100, s.discount_fen % 100) AS 优惠金额,
  printf('%d.%02d', s.paid_fen // 100, s.paid_fen % 100) AS 实付金额
FROM staged_order AS s
ORDER BY s.ordered_at, s.number
