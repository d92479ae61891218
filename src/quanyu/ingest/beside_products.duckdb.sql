-- beside_products: of a batch's order lines, how many name a product that a catalogue received does not have, and of how
-- many of them the catalogue has the same id with zeros in front
WITH known AS (
    SELECT DISTINCT product_id, regexp_replace(product_id, '(^|:)0+', '\1') AS bare FROM landing.product
),
unknown AS (
    SELECT product_id, count(*) AS lines
    FROM landing.order_line
    WHERE batch_seq = $batch_seq AND product_id IS NOT NULL
        AND EXISTS (SELECT 1 FROM landing.product)
    GROUP BY product_id
    HAVING product_id NOT IN (SELECT product_id FROM known)
)
SELECT
    coalesce(CAST(sum(lines) AS BIGINT), 0) AS lines,
    coalesce(CAST(sum(lines) FILTER (WHERE product_id IN (SELECT bare FROM known)) AS BIGINT), 0) AS zeros
FROM unknown
