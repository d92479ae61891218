SELECT
  p.product AS 商品编码, 'c' || p.category AS 品类, 'top' || p.category % 12 AS 一级品类, 'b' || p.category % 20 AS 品牌,
  printf('%d.%02d', p.list_fen // 100, p.list_fen % 100) AS 吊牌价
FROM piece AS p
