-- refused_rows: every refused record with its cells as JSON and its faults as `feed:position:code[:other line]`
WITH fault AS (
    SELECT "#row", list(feed || ':' || one ORDER BY feed, place) AS faults
    FROM (SELECT "#row", feed, unnest(faults) AS one, generate_subscripts(faults, 1) AS place FROM row_fault)
    GROUP BY "#row"
)
SELECT "#row" AS row_number, "#line" AS line, cells, faults
FROM cells_of_row
JOIN fault USING ("#row")
UNION ALL
SELECT
    "#row",
    "#line",
    CAST(json_object('#text', text, '#names', $names, '#delimiter', $delimiter) AS VARCHAR),
    ['0::' || code]
FROM scan_reject
ORDER BY row_number
