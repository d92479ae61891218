-- faults_of_mixed_zones: times without a zone in a column where others have one; the mapping does not say whose they are
INSERT INTO row_fault
SELECT "#row", $feed, [$label || ':time.zone_mixed'] FROM time_text WHERE read_iso_local(written) IS NOT NULL
