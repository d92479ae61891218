-- count_changes: what an update changed
-- grain: one row
-- source: docs/identity.md
SELECT
  (SELECT count(*) FROM identity_changed) AS identifiers, (SELECT count(*) FROM identity_merged) AS merges,
  (SELECT count(*) FROM identity_undone) AS splits
