SELECT
  p.person AS 会员号, p.mobile AS 手机号, p.person * 2 AS 设备号, p.second_device AS 备用设备号,
  CASE WHEN p.has_buyer_id THEN p.person END AS 买家账号,
  strftime(p.joined_at + INTERVAL 8 HOUR, '%Y-%m-%d %H:%M:%S') AS 入会时间, CAST(p.city AS VARCHAR) AS 城市,
  CAST(p.gender AS VARCHAR) AS 性别
FROM piece AS p
WHERE p.is_member
