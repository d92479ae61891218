-- feed_fate: one row of a feed that will not be stored, with the verdict (`duplicate`, `superseded` or an error code)
-- reads: feed_out (the feed's rows), landed (what is stored of the source in that table), bad_row
-- $is_fixed: the table records what happened, so the first content of a key stays for good
CREATE OR REPLACE TEMP TABLE feed_fate AS
WITH candidate AS (
    SELECT "#row", "#line", "#key", "#version", fingerprint
    FROM feed_out
    ANTI JOIN bad_row USING ("#row")
),
twin AS (
    SELECT "#key" FROM candidate GROUP BY "#key" HAVING count(*) > 1
),
compared AS (
    SELECT
        candidate.*,
        max("#version") OVER of_key AS newest_version,
        first("#line") OVER in_order AS first_line,
        first(fingerprint) OVER in_order AS first_content,
        min("#row") OVER of_content AS first_row,
        min(fingerprint) OVER of_version <> max(fingerprint) OVER of_version AS differs
    FROM candidate
    SEMI JOIN twin USING ("#key")
    WINDOW of_key AS (PARTITION BY "#key"),
        of_version AS (PARTITION BY "#key", "#version"),
        of_content AS (PARTITION BY "#key", "#version", fingerprint),
        in_order AS (PARTITION BY "#key" ORDER BY "#row" ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
),
newest AS (
    SELECT
        "#key",
        arg_max_null(version, place) AS version,
        arg_max_null(fingerprint, place) AS fingerprint
    FROM landed
    SEMI JOIN candidate USING ("#key")
    WHERE NOT $is_fixed
    GROUP BY "#key"
),
happened AS (
    SELECT "#key", list(DISTINCT fingerprint) AS contents
    FROM landed
    SEMI JOIN candidate USING ("#key")
    WHERE $is_fixed
    GROUP BY "#key"
),
judged AS (
    SELECT "#row", first_line AS other_line, CASE
        WHEN $is_fixed AND fingerprint <> first_content THEN 'row.event_id_reused'
        WHEN NOT $is_fixed AND "#version" < newest_version THEN 'superseded'
        WHEN NOT $is_fixed AND differs THEN 'row.duplicate_conflict'
        WHEN "#row" <> first_row THEN 'duplicate' END AS verdict
    FROM compared
    UNION ALL
    SELECT candidate."#row", NULL AS other_line, CASE
        WHEN candidate."#version" < newest.version THEN 'superseded'
        WHEN candidate."#version" = newest.version AND candidate.fingerprint <> newest.fingerprint THEN 'row.duplicate_conflict'
        WHEN candidate.fingerprint = newest.fingerprint AND candidate."#version" IS NOT DISTINCT FROM newest.version
            THEN 'duplicate' END AS verdict
    FROM candidate
    JOIN newest USING ("#key")
    UNION ALL
    SELECT candidate."#row", NULL AS other_line, CASE
        WHEN list_contains(happened.contents, candidate.fingerprint) THEN 'duplicate'
        ELSE 'row.event_id_reused' END AS verdict
    FROM candidate
    JOIN happened USING ("#key")
)
SELECT "#row", max(verdict) AS verdict, min(other_line) AS other_line
FROM judged
WHERE verdict IS NOT NULL
GROUP BY "#row"
