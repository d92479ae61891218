-- faults_of_verdicts: rows whose key was used before with other content; $label is the position of the key's heading
INSERT INTO row_fault
SELECT "#row", $feed, [$label || ':' || verdict || coalesce(':' || other_line, '')]
FROM feed_fate
WHERE verdict LIKE 'row.%'
