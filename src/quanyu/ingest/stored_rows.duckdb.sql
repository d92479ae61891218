-- stored_rows: source rows that gave something new to this feed, added to those of the feeds before
INSERT INTO stored_row
SELECT "#row" FROM feed_out ANTI JOIN feed_drop USING ("#row") ANTI JOIN stored_row USING ("#row")
