-- scan_json_keys: every key that an object of the file has, in order of first sight
SELECT key
FROM (SELECT line, unnest(json_keys(given)) AS key, generate_subscripts(json_keys(given), 1) AS place FROM json_line WHERE kind = 'OBJECT')
GROUP BY key
ORDER BY min((line, place))
