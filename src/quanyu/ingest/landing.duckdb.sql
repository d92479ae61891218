-- landing: the schema of what was received, and which batches of the raw log it holds
CREATE SCHEMA IF NOT EXISTS landing;
CREATE TABLE IF NOT EXISTS landing.load_progress (batch_seq BIGINT NOT NULL, loaded_at TIMESTAMP NOT NULL, rows_loaded BIGINT NOT NULL)
