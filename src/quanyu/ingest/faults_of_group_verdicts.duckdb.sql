-- faults_of_group_verdicts: the same for a grouped feed: every row of the group
INSERT INTO row_fault
SELECT feed_row."#row", $feed, [$label || ':' || verdict || coalesce(':' || other_line, '')]
FROM feed_fate
JOIN feed_out USING ("#row")
JOIN feed_row USING ("#group")
WHERE verdict LIKE 'row.%'
