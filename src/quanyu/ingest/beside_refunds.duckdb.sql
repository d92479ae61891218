-- beside_refunds: of a batch's refunds, how many name an order that nobody delivered, and orders given back above what was paid
WITH refunded AS (
    SELECT DISTINCT order_id FROM landing.refund WHERE batch_seq = $batch_seq
),
paid AS (
    SELECT order_id, arg_max(paid_fen, (batch_seq, source_row)) AS paid_fen
    FROM landing."order"
    SEMI JOIN refunded USING (order_id)
    GROUP BY order_id
),
given_back AS (
    SELECT order_id, sum(amount_fen) AS amount_fen
    FROM (
        SELECT order_id, refund_id, arg_max(amount_fen, (batch_seq, source_row)) AS amount_fen
        FROM landing.refund
        SEMI JOIN refunded USING (order_id)
        GROUP BY order_id, refund_id
    )
    GROUP BY order_id
)
SELECT
    (SELECT count(*) FROM landing.refund ANTI JOIN paid USING (order_id) WHERE batch_seq = $batch_seq) AS orphans,
    (SELECT count(*) FROM given_back JOIN paid USING (order_id) WHERE amount_fen > paid.paid_fen) AS above
