-- hashing: HMAC-SHA256 (RFC 2104) from a plain hash function; null for null.  The pads are variables of the session:
-- a table could spill to the disk.
CREATE OR REPLACE TEMP MACRO keyed_hash(message) AS sha256(
    getvariable('outer_pad') || unhex(sha256(getvariable('inner_pad') || encode(message))));
CREATE OR REPLACE TEMP MACRO content_key(content) AS CAST('0x' || substr(md5(content), 1, 15) AS BIGINT);
CREATE OR REPLACE TEMP MACRO present(items) AS list_filter(items, lambda item: item IS NOT NULL);
CREATE OR REPLACE TEMP MACRO version_text(x) AS CASE
    WHEN regexp_full_match(x, '[0-9]{1,20}') THEN lpad(x, 20, '0')
    WHEN read_iso_zoned(x) IS NOT NULL THEN strftime(read_iso_zoned(x), '%Y-%m-%d %H:%M:%S.%f')
    WHEN read_iso_local(x) IS NOT NULL THEN strftime(read_iso_local(x), '%Y-%m-%d %H:%M:%S.%f')
    ELSE x END;
