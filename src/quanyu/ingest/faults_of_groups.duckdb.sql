-- faults_of_groups: a group that disagrees refuses all its rows
INSERT INTO row_fault
SELECT feed_row."#row", $feed, feed_out."#errors"
FROM feed_out
JOIN feed_row USING ("#group")
WHERE feed_out."#errors" IS NOT NULL
