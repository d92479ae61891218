-- faults_spread: the other rows of a group that has a bad row, where a value is made of the whole group
INSERT INTO row_fault
SELECT "#row", $feed, [$label || ':group.incomplete']
FROM feed_row
ANTI JOIN bad_row USING ("#row")
WHERE "#group" IN (SELECT "#group" FROM feed_row SEMI JOIN bad_row USING ("#row"))
