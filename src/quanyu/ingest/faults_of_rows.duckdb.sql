-- faults_of_rows: faults found while mapping feed $feed, whose rows (or groups) are `typed`
INSERT INTO row_fault SELECT "#row", $feed, "#errors" FROM typed WHERE "#errors" IS NOT NULL
