-- person: one row per canonical person, with what its identifiers say of it; inert identifiers belong to nobody
-- grain: person_id
-- reads: identifier, identifier_person
-- source: domain §3.1, GEN-04; a member has a number of ours, a registered person gave a contact or has a shop account,
--   a fan is known to a platform only, anybody else is anonymous; first_order_at is known by facts
WITH counted AS (
  SELECT
    p.person_id, min(i.first_seen_at) AS first_seen_at, min(i.first_batch_seq) AS first_batch_seq,
    count(*) AS identifier_count,
    sum(CASE WHEN p.rule IN ('attached', 'unattached') THEN 0 ELSE 1 END) AS merging_identifier_count,
    max(CASE WHEN i.id_type = 'member_id' THEN 1 ELSE 0 END) AS member_id,
    max(CASE WHEN i.id_type = 'card_no' THEN 1 ELSE 0 END) AS card_no,
    max(CASE WHEN i.id_type = 'stored_value_no' THEN 1 ELSE 0 END) AS stored_value_no,
    max(CASE WHEN i.id_type = 'mobile' THEN 1 ELSE 0 END) AS mobile,
    max(CASE WHEN i.id_type = 'email' THEN 1 ELSE 0 END) AS email,
    max(CASE WHEN i.id_type = 'platform_buyer_id' THEN 1 ELSE 0 END) AS platform_buyer_id,
    max(CASE WHEN i.id_type = 'unionid' THEN 1 ELSE 0 END) AS unionid,
    max(CASE WHEN i.id_type = 'openid' THEN 1 ELSE 0 END) AS openid,
    max(CASE WHEN i.id_type = 'external_userid' THEN 1 ELSE 0 END) AS external_userid,
    max(CASE WHEN i.id_type = 'device' THEN 1 ELSE 0 END) AS device
  FROM identifier_person AS p
  JOIN identifier AS i ON i.identifier_id = p.identifier_id
  WHERE p.person_id IS NOT NULL
  GROUP BY p.person_id
)
SELECT
  c.person_id,
  CASE
    WHEN c.member_id + c.card_no + c.stored_value_no > 0 THEN 'member'
    WHEN c.mobile + c.email + c.platform_buyer_id > 0 THEN 'registered'
    WHEN c.unionid + c.openid + c.external_userid > 0 THEN 'fan'
    ELSE 'anonymous' END AS state,
  c.first_seen_at, CAST(NULL AS TIMESTAMP) AS first_order_at, c.first_batch_seq, c.identifier_count,
  c.merging_identifier_count,
  c.member_id + c.card_no + c.stored_value_no + c.mobile + c.email + c.platform_buyer_id + c.unionid + c.openid
    + c.external_userid + c.device AS id_type_count
FROM counted AS c
