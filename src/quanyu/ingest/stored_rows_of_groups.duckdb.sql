-- stored_rows: source rows of the groups that gave something new
INSERT INTO stored_row
SELECT feed_row."#row"
FROM feed_row
SEMI JOIN (SELECT "#group" FROM feed_out ANTI JOIN feed_drop USING ("#row")) AS kept USING ("#group")
ANTI JOIN bad_row USING ("#row")
ANTI JOIN echo_row USING ("#row")
ANTI JOIN stored_row USING ("#row")
