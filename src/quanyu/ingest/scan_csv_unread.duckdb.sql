-- scan_csv_unread: records the reader could not cut, once each (it reports every missing cell), in file order
SELECT line, min(CAST(error_type AS VARCHAR)) AS reason, min(csv_line) AS text
FROM scan_csv_reject
GROUP BY line
ORDER BY line
