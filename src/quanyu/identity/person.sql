-- person: one row per canonical person, with what its identifiers say of it; inert identifiers belong to nobody
-- grain: person_id
-- reads: identifier, identifier_person
-- source: domain §3.1, GEN-04; a member has a number of ours, a registered person gave a contact or has an account with
--   an order, a fan is known to a platform only, anybody else is anonymous; first_order_at is known by facts
WITH counted AS (
  SELECT
    p.person_id, min(i.first_seen_at) AS first_seen_at, min(i.first_batch_seq) AS first_batch_seq,
    count(*) AS identifier_count,
    sum(CASE WHEN p.rule IN ('attached', 'unattached') THEN 0 ELSE 1 END) AS merging_identifier_count,
    count(DISTINCT i.id_type) AS id_type_count,
    max(CASE
      WHEN i.id_type IN ('member_id', 'card_no', 'stored_value_no') THEN 3
      WHEN i.id_type IN ('mobile', 'email', 'platform_buyer_id') THEN 2
      WHEN i.id_type IN ('unionid', 'openid', 'external_userid') THEN 1
      ELSE 0 END) AS state_rank
  FROM identifier_person AS p
  JOIN identifier AS i ON i.identifier_id = p.identifier_id
  WHERE p.person_id IS NOT NULL
  GROUP BY p.person_id
)
SELECT
  c.person_id,
  CASE c.state_rank WHEN 3 THEN 'member' WHEN 2 THEN 'registered' WHEN 1 THEN 'fan' ELSE 'anonymous' END AS state,
  c.first_seen_at, CAST(NULL AS TIMESTAMP) AS first_order_at, c.first_batch_seq, c.identifier_count,
  c.merging_identifier_count, c.id_type_count
FROM counted AS c
