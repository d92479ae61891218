-- channel_dim: one row per channel, placed in its quadrant
-- grain: channel_id
-- reads: channel
-- source: M-37, domain §3.2. A pool is private and traffic is public, whether or not the source says so; where it says
--         otherwise the channel has no quadrant, and data_quality says which
SELECT
  c.channel_id, c.name_zh, c.name_en, c.platform, c.domain, c.role, c.line,
  CASE
    WHEN c.role = 'traffic' AND COALESCE(c.domain, 'public') = 'public' THEN 'public_traffic'
    WHEN c.role = 'pool' AND COALESCE(c.domain, 'private') = 'private' THEN 'private_pool'
    WHEN c.role = 'store' AND c.domain = 'public' THEN 'public_store'
    WHEN c.role = 'store' AND c.domain = 'private' THEN 'private_store'
  END AS quadrant
FROM channel AS c
