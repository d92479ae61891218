-- scan_csv_reset: the tables of unread records of the file before
DROP TABLE IF EXISTS scan_csv_reject;
DROP TABLE IF EXISTS scan_csv_file
