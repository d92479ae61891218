-- new_pair: pairs of identifiers that stood in one row, with the evidence of this batch
CREATE OR REPLACE TEMP TABLE new_pair AS
SELECT identifier_a, identifier_b, method, CAST(sum(evidence) AS BIGINT) AS evidence,
    min(first_at) AS first_occurred_at, max(last_at) AS last_occurred_at
FROM seen_pair
GROUP BY identifier_a, identifier_b, method
