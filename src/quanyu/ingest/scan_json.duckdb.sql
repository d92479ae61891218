-- scan_json: the lines of a JSON-lines file that are not blank; `kind` is null where a line is not JSON
CREATE OR REPLACE TEMP TABLE json_line AS
SELECT line, given, CASE WHEN json_valid(given) THEN json_type(given) END AS kind
FROM (
    SELECT row_number() OVER () AS line, given
    FROM read_csv($path, auto_detect = false, columns = {'given': 'VARCHAR'}, delim = chr(31), quote = '', escape = '',
        header = false, strict_mode = false, max_line_size = 20000000)
)
WHERE trim(coalesce(given, '')) <> ''
