-- data_quality: what the facts of the build say about the data that came in, one check per row
-- grain: check_code, table_name, column_name
-- reads: order_fact, order_line, order_line_fact, product, refund_fact, relation, membership, associate_contact,
--        group_member, channel, survey_answer
-- source: domain §3 (integrity rules), reliability §7.1 (C39, C57, C58); a warning changes no figure, an error means that
--         figures of different grain disagree
WITH lines AS (
  SELECT l.order_id, sum(l.gross_fen) AS gross_fen FROM order_line_fact AS l GROUP BY l.order_id
),
ending AS (
  SELECT
    'relation' AS table_name, 'ended_at' AS column_name, e.started_at AS started_at, e.ended_at AS ended_at, e.source,
    e.batch_seq, e.source_row
  FROM relation AS e
  UNION ALL
  SELECT
    'membership' AS table_name, 'left_at' AS column_name, e.joined_at AS started_at, e.left_at AS ended_at, e.source,
    e.batch_seq, e.source_row
  FROM membership AS e
  UNION ALL
  SELECT
    'associate_contact' AS table_name, 'deleted_by_person_at' AS column_name, e.added_at AS started_at, LEAST(e.deleted_by_person_at, e.deleted_by_staff_at) AS ended_at, e.source,
    e.batch_seq, e.source_row
  FROM associate_contact AS e
  UNION ALL
  SELECT
    'group_member' AS table_name, 'left_at' AS column_name, e.joined_at AS started_at, e.left_at AS ended_at, e.source,
    e.batch_seq, e.source_row
  FROM group_member AS e
),
checked AS (
  SELECT
    'order_without_person' AS check_code, 'order_fact' AS table_name, 'person_id' AS column_name, 'warning' AS severity,
    count(*) AS rows_checked, sum(CASE WHEN o.person_id IS NULL THEN 1 ELSE 0 END) AS rows_failed,
    min(CASE WHEN o.person_id IS NULL THEN o.order_id END) AS sample
  FROM order_fact AS o
  UNION ALL
  SELECT
    'order_without_value' AS check_code, 'order_fact' AS table_name, 'net_fen' AS column_name, 'info' AS severity,
    count(*) AS rows_checked, sum(CASE WHEN o.invalid_reason = 'zero_value' THEN 1 ELSE 0 END) AS rows_failed,
    min(CASE WHEN o.invalid_reason = 'zero_value' THEN o.order_id END) AS sample
  FROM order_fact AS o
  UNION ALL
  SELECT
    'refund_exceeds_order' AS check_code, 'order_fact' AS table_name, 'refunded_fen' AS column_name, 'error' AS severity,
    count(*) AS rows_checked, sum(CASE WHEN o.refunded_fen > o.gross_fen THEN 1 ELSE 0 END) AS rows_failed,
    min(CASE WHEN o.refunded_fen > o.gross_fen THEN o.order_id END) AS sample
  FROM order_fact AS o
  UNION ALL
  SELECT
    'lines_differ_from_order' AS check_code, 'order_line_fact' AS table_name, 'gross_fen' AS column_name,
    'warning' AS severity, count(*) AS rows_checked, sum(CASE WHEN l.gross_fen <> o.gross_fen THEN 1 ELSE 0 END) AS rows_failed,
    min(CASE WHEN l.gross_fen <> o.gross_fen THEN o.order_id END) AS sample
  FROM lines AS l
  JOIN order_fact AS o ON o.order_id = l.order_id
  UNION ALL
  SELECT
    'order_without_lines' AS check_code, 'order_fact' AS table_name, 'line_count' AS column_name, 'info' AS severity,
    count(*) AS rows_checked, sum(CASE WHEN o.line_count = 0 THEN 1 ELSE 0 END) AS rows_failed,
    min(CASE WHEN o.line_count = 0 THEN o.order_id END) AS sample
  FROM order_fact AS o
  UNION ALL
  SELECT
    'line_without_order' AS check_code, 'order_line' AS table_name, 'order_id' AS column_name, 'error' AS severity,
    count(*) AS rows_checked, sum(CASE WHEN o.order_id IS NULL THEN 1 ELSE 0 END) AS rows_failed,
    min(CASE WHEN o.order_id IS NULL THEN l.order_id END) AS sample
  FROM order_line AS l
  LEFT JOIN order_fact AS o ON o.order_id = l.order_id
  UNION ALL
  SELECT
    'line_without_product' AS check_code, 'order_line_fact' AS table_name, 'product_id' AS column_name, 'warning' AS severity,
    count(*) AS rows_checked, sum(CASE WHEN p.product_id IS NULL THEN 1 ELSE 0 END) AS rows_failed,
    min(CASE WHEN p.product_id IS NULL THEN l.product_id END) AS sample
  FROM order_line_fact AS l
  LEFT JOIN product AS p ON p.product_id = l.product_id
  UNION ALL
  SELECT
    'line_without_category' AS check_code, 'order_line_fact' AS table_name, 'category_id' AS column_name,
    'warning' AS severity, count(*) AS rows_checked, sum(CASE WHEN l.category_id IS NULL THEN 1 ELSE 0 END) AS rows_failed,
    min(CASE WHEN l.category_id IS NULL THEN l.product_id END) AS sample
  FROM order_line_fact AS l
  UNION ALL
  SELECT
    'line_without_quantity' AS check_code, 'order_line_fact' AS table_name, 'qty' AS column_name, 'info' AS severity,
    count(*) AS rows_checked, sum(CASE WHEN l.qty = 0 THEN 1 ELSE 0 END) AS rows_failed,
    min(CASE WHEN l.qty = 0 THEN l.order_id END) AS sample
  FROM order_line_fact AS l
  UNION ALL
  SELECT
    'refund_without_order' AS check_code, 'refund_fact' AS table_name, 'order_id' AS column_name, 'warning' AS severity,
    count(*) AS rows_checked, sum(CASE WHEN r.order_id IS NULL THEN 1 ELSE 0 END) AS rows_failed,
    min(CASE WHEN r.order_id IS NULL THEN r.refund_id END) AS sample
  FROM refund_fact AS r
  UNION ALL
  SELECT
    'relation_ends_before_start' AS check_code, e.table_name, e.column_name, 'warning' AS severity,
    count(*) AS rows_checked, sum(CASE WHEN e.ended_at < e.started_at THEN 1 ELSE 0 END) AS rows_failed,
    min(
      CASE WHEN e.ended_at < e.started_at
        THEN e.source || ':' || CAST(e.batch_seq AS VARCHAR) || ':' || CAST(e.source_row AS VARCHAR) END
    ) AS sample
  FROM ending AS e
  GROUP BY e.table_name, e.column_name
  UNION ALL
  SELECT
    'channel_role_contradicts_domain' AS check_code, 'channel' AS table_name, 'role' AS column_name,
    'warning' AS severity, count(*) AS rows_checked,
    sum(CASE WHEN (c.role = 'pool' AND c.domain = 'public') OR (c.role = 'traffic' AND c.domain = 'private') THEN 1 ELSE 0 END)
      AS rows_failed,
    min(
      CASE WHEN (c.role = 'pool' AND c.domain = 'public') OR (c.role = 'traffic' AND c.domain = 'private')
        THEN c.channel_id END
    ) AS sample
  FROM channel AS c
  UNION ALL
  SELECT
    'score_beyond_scale' AS check_code, 'survey_answer' AS table_name, 'score' AS column_name, 'warning' AS severity,
    count(*) AS rows_checked, sum(CASE WHEN a.score < 0 OR a.score > 10 THEN 1 ELSE 0 END) AS rows_failed,
    min(CASE WHEN a.score < 0 OR a.score > 10 THEN a.answer_id END) AS sample
  FROM survey_answer AS a
)
SELECT
  c.check_code, c.table_name, c.column_name, c.severity, c.rows_checked, COALESCE(c.rows_failed, 0) AS rows_failed,
  safe_divide(COALESCE(c.rows_failed, 0), c.rows_checked) AS failed_rate, c.sample
FROM checked AS c
