-- feed_kept: the rows of a feed that are to be stored
CREATE OR REPLACE TEMP VIEW feed_kept AS SELECT * FROM feed_out ANTI JOIN feed_drop USING ("#row")
