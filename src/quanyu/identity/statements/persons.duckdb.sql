-- persons: the persons counted again take the place of their old rows
-- grain: person_id in identity.person
-- source: docs/identity.md
DELETE FROM identity.person AS o USING identity_affected AS a WHERE o.person_id = a.person_id;

INSERT INTO identity.person BY NAME
SELECT
  p.person_id, p.state, p.first_seen_at, p.first_order_at, p.first_batch_seq, p.identifier_count,
  p.merging_identifier_count, p.id_type_count
FROM identity_part.person AS p;
