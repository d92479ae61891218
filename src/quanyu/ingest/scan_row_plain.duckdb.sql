-- scan_row: the records of scan_text of a file whose lines are its records, none of them refused
CREATE OR REPLACE TEMP VIEW scan_row AS
SELECT
    rowid + 1 AS "#row",
    rowid + 1 + (SELECT first_line - first_row FROM scan_run) AS "#line",
    source.*
FROM scan_text AS source
