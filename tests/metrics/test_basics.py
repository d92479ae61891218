"""First figures: the worked example of the sales basics, through definitions, compiler and engine."""

from metrics.shop import context, day, order, warehouse
from quanyu.metrics import Between, MetricQuery, query


def test_e42_gross_net_and_rates(library) -> None:
    engine = warehouse(
        order_fact=[
            order(1, "2024-05-01", 10000, 1, is_first_order=True),
            order(2, "2024-05-03", 20000, 1),
            order(3, "2024-05-04", 0, 2, gross_fen=6000, refunded_fen=6000, is_valid=False, invalid_reason="refunded"),
        ]
    )
    names = (
        "gross_sales", "paid_buyers", "paid_orders", "per_customer_gross_value", "per_order_gross_value",
        "net_sales", "buyers", "orders", "per_customer_value", "per_order_value", "repurchase_rate", "refund_rate",
    )  # fmt: skip
    asked = MetricQuery(names, range=Between(day("2024-05-01"), day("2024-06-01")))
    answer = query(engine, library, asked, context("2024-05-31"))
    cells = {name: answer.cell(name).value for name in names}
    assert cells == {
        "gross_sales": 36000,
        "paid_buyers": 2,
        "paid_orders": 3,
        "per_customer_gross_value": 18000,
        "per_order_gross_value": 12000,
        "net_sales": 30000,
        "buyers": 1,
        "orders": 2,
        "per_customer_value": 30000,
        "per_order_value": 15000,
        "repurchase_rate": 1.0,
        "refund_rate": 6000 / 36000,
    }
    assert (answer.cell("refund_rate").numerator, answer.cell("refund_rate").denominator) == (6000, 36000)
