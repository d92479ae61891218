-- faults_collect: every row with a fault is a bad row, once
INSERT INTO bad_row SELECT DISTINCT "#row" FROM row_fault ANTI JOIN bad_row USING ("#row")
