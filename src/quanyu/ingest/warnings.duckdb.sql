-- warnings: rows per warning of one feed, as `position:code`
SELECT one, count(*) FROM (SELECT unnest("#warnings") AS one FROM typed WHERE "#warnings" IS NOT NULL) GROUP BY one ORDER BY one
