-- feed_drop: rows of feed_out that are not stored: refused, or nothing new
CREATE OR REPLACE TEMP TABLE feed_drop AS
SELECT "#row" FROM feed_fate UNION SELECT "#row" FROM bad_row
