"""ecom: session funnels as its authors publish them (retentioneering 5.2.4, Apache-2.0; read from the wheel)."""

import pytest

from oracles.clickstream import engine_of, rows_of_wheel
from quanyu.analytics.behaviour import FunnelQuery, Log, Words, funnel, read_funnel


@pytest.fixture(scope="module")
def log() -> Log:
    """Give the clicks, each session as one visitor, because the published funnel counts sessions."""
    rows = rows_of_wheel("retentioneering", "5.2.4", "retentioneering/datasets/ecom.csv.gz")
    return engine_of([(f"{row['user_id']}/{row['session_id']}", row["event"], row["timestamp"]) for row in rows])


def asked(steps: list[str], log: Log) -> FunnelQuery:
    query, problems = read_funnel({"steps": steps, "window": "1000d", "valid_orders": False},
                                  Words(tuple(steps), (), log.as_of))  # fmt: skip
    assert problems == []
    return query


def test_sessions_reach_cart_shipping_and_purchase_as_published(log: Log):
    answer = funnel(log, asked(["cart", "shipping_details", "purchase"], log), 30)
    assert [answer.cells[f"reached:{step}"] for step in (1, 2, 3)] == [1_022, 512, 173]
    assert answer.people("reached:3").count == 173
