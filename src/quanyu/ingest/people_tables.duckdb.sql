-- people_tables: identifiers and pairs of identifiers of one batch's stored rows
CREATE OR REPLACE TEMP TABLE seen_identifier (
    identifier_id BIGINT, id_type VARCHAR, namespace VARCHAR, value_hash VARCHAR, normal VARCHAR, seen_at TIMESTAMP);
CREATE OR REPLACE TEMP TABLE seen_pair (
    identifier_a BIGINT, identifier_b BIGINT, method VARCHAR, evidence BIGINT, first_at TIMESTAMP, last_at TIMESTAMP)
