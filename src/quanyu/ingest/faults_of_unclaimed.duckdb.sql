-- faults_of_unclaimed: rows that no feed takes
INSERT INTO row_fault
SELECT "#row", 0, ['0:row.unclaimed'] FROM scan_row ANTI JOIN claimed_row USING ("#row")
