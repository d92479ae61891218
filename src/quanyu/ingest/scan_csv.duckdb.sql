-- scan_csv: every record of a csv file as text, in file order; records the reader cannot cut go to scan_csv_reject
CREATE OR REPLACE TEMP TABLE scan_text AS
FROM read_csv(
    $path,
    auto_detect = false,
    columns = $columns,
    delim = $delimiter,
    quote = $quote,
    escape = $quote,
    header = $has_header,
    skip = $skip,
    strict_mode = true,
    max_line_size = $longest_line,
    store_rejects = true,
    rejects_table = 'scan_csv_reject',
    rejects_scan = 'scan_csv_file',
    rejects_limit = 0
)
