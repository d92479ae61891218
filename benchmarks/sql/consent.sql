-- piece: statements of consent
INSERT INTO landing.consent BY NAME
SELECT
  'c' || c.number AS consent_id, c.purpose, c.granted, c.granted AS separate, c.occurred_at, c.identifier_id,
  1 AS batch_seq, 'consents' AS source, c.number + 1 AS source_row, CAST(c.number AS VARCHAR) AS source_id,
  c.number AS fingerprint, TIMESTAMP '2026-01-01' AS recorded_at
FROM piece AS c
