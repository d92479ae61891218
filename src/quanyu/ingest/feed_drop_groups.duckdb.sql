-- feed_drop: groups that are not stored: refused, nothing new, or without a good row left
CREATE OR REPLACE TEMP TABLE feed_drop AS
SELECT "#row" FROM feed_fate
UNION
SELECT "#row" FROM feed_out WHERE "#errors" IS NOT NULL
UNION
SELECT "#row" FROM feed_out ANTI JOIN (SELECT "#group" FROM feed_row ANTI JOIN bad_row USING ("#row")) AS good USING ("#group")
