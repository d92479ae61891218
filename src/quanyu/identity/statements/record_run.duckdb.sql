-- record_run: one row per update of the ledger
-- grain: run_number
-- source: docs/identity.md
INSERT INTO identity.identity_run BY NAME
SELECT
  $run_number AS run_number, $watermark AS watermark, $rules_version AS rules_version, $decisions AS decisions,
  CAST($at AS TIMESTAMP) AS updated_at
