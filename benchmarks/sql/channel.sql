-- the channels of the maker, with what they are to the brand
INSERT INTO landing.channel BY NAME
SELECT
  c.channel_id, c.channel_id AS code, c.platform, c.domain, c.role, c.line, c.connection_strength, c.paid, c.fp_venue,
  1 AS batch_seq, 'channels' AS source, c.number AS source_row, c.channel_id AS source_id, c.number AS fingerprint,
  TIMESTAMP '2026-01-01' AS recorded_at
FROM (
  VALUES
    (1, 'tmall', 'tmall', 'public', 'store', 'online', 'medium', FALSE, 'shop'),
    (2, 'jd', 'jd', 'public', 'store', 'online', 'weak', FALSE, 'shop'),
    (3, 'douyin', 'douyin', 'public', 'traffic', 'online', 'weak', TRUE, 'live'),
    (4, 'mini_program', 'wechat', 'private', 'pool', 'online', 'strong', FALSE, 'mini_program'),
    (5, 'app', 'app', 'private', 'pool', 'online', 'strong', FALSE, 'member_centre'),
    (6, 'pos', 'pos', 'private', 'store', 'offline', 'strong', FALSE, CAST(NULL AS VARCHAR))
) AS c (number, channel_id, platform, domain, role, line, connection_strength, paid, fp_venue)
