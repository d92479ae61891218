-- scan_row: the records of scan_text with record number and physical line, as scan_shift and scan_run tell them
CREATE OR REPLACE TEMP VIEW scan_row AS
WITH numbered AS (
    SELECT source.rowid + 1 + scan_shift.shift AS "#row", source.*
    FROM scan_text AS source
    ASOF JOIN scan_shift ON source.rowid >= scan_shift.from_rowid
)
SELECT scan_run.first_line + numbered."#row" - scan_run.first_row AS "#line", numbered.*
FROM numbered
ASOF JOIN scan_run ON numbered."#row" >= scan_run.first_row
