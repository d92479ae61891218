-- good_row: the rows of a grouped feed that no feed has refused so far and that repeat no other row of the file
CREATE OR REPLACE TEMP VIEW good_row AS
SELECT * FROM feed_row ANTI JOIN bad_row USING ("#row") ANTI JOIN echo_row USING ("#row")
