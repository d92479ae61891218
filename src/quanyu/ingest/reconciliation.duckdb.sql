-- reconciliation: the contract table of that name, from the store's books
CREATE OR REPLACE TABLE landing.reconciliation AS SELECT * FROM incoming_rows
