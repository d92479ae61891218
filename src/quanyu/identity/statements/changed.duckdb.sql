-- changed: what was computed and differs from the ledger
-- grain: identifier_id (temporary table identity_changed)
-- source: docs/identity.md
CREATE OR REPLACE TEMP TABLE identity_changed AS
SELECT
  c.identifier_id, c.person_id, c.cluster_id, c.rule, c.confidence, c.inert, c.inert_reason, c.method, c.merging,
  c.decision_id, o.person_id AS old_person_id, c.person_id IS DISTINCT FROM o.person_id AS moved
FROM identity_computed AS c
LEFT JOIN identity.identifier_person AS o ON o.identifier_id = c.identifier_id
WHERE o.identifier_id IS NULL OR c.person_id IS DISTINCT FROM o.person_id OR c.cluster_id <> o.cluster_id
  OR c.rule <> o.rule OR c.inert_reason IS DISTINCT FROM o.inert_reason;
