-- echo_row: source rows that say nothing new in any ungrouped feed that has them; a grouped feed must not add them up again
INSERT INTO echo_row
SELECT "#row"
FROM (SELECT "#row", count(*) AS votes FROM echo_vote GROUP BY "#row") AS voted
JOIN (SELECT "#row", count(*) AS seats FROM echo_seat GROUP BY "#row") AS seated USING ("#row")
WHERE votes = seats
