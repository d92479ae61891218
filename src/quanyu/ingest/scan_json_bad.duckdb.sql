-- scan_json_bad: record number, line and text of lines that are no JSON object
SELECT number, line, given
FROM (SELECT row_number() OVER (ORDER BY line) AS number, line, given, kind FROM json_line)
WHERE kind IS DISTINCT FROM 'OBJECT'
ORDER BY number
