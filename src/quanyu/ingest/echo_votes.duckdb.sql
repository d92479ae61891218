-- echo_vote: rows of an ungrouped feed that repeat an earlier row of the file in key, version and content
-- reads: feed_out, bad_row
INSERT INTO echo_vote
WITH good AS (SELECT "#row", "#key", "#version", fingerprint FROM feed_out ANTI JOIN bad_row USING ("#row")),
repeated AS (
    SELECT "#key", "#version", fingerprint, min("#row") AS first_row
    FROM good
    GROUP BY "#key", "#version", fingerprint
    HAVING count(*) > 1
)
SELECT good."#row"
FROM good
JOIN repeated ON repeated."#key" = good."#key" AND repeated.fingerprint = good.fingerprint
    AND repeated."#version" IS NOT DISTINCT FROM good."#version"
WHERE good."#row" <> repeated.first_row
