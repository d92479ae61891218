-- echo_seat: the rows voted on, once per ungrouped feed that has them
INSERT INTO echo_seat SELECT "#row" FROM feed_out SEMI JOIN echo_vote USING ("#row")
