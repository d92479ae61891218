-- scan_json_runs: records that follow each other line by line: first record number, first line
SELECT min(number), min(line)
FROM (SELECT row_number() OVER (ORDER BY line) AS number, line FROM json_line)
GROUP BY line - number
ORDER BY 1
