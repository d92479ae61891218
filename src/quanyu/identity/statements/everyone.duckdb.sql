-- everyone: a full resolution counts every person again
-- grain: identifier_id (temporary table identity_seed)
-- source: docs/identity.md
CREATE OR REPLACE TEMP TABLE identity_seed AS SELECT c.identifier_id FROM identity_computed AS c
