"""simple_shop: funnels and cohorts as its authors publish them (retentioneering 3.x; read from the wheel)."""

import calendar

import pytest

from oracles.clickstream import engine_of, rows_of_wheel
from quanyu.analytics.behaviour import Log, Words, funnel, read_funnel, read_retention, retention

COHORTS = {
    "2019-11-01": (1, 0.393822, 0.328185, 0.250965, 0.247104),
    "2019-12-01": (1, 0.333333, 0.257028, 0.232932),
    "2020-01-01": (1, 0.386179, 0.284553),
    "2020-02-01": (1, 0.319066),
    "2020-03-01": (1, 0.14),
}


@pytest.fixture(scope="module")
def log() -> Log:
    """Give the clicks of 3,751 users."""
    place = "retentioneering/datasets/data/simple-onlineshop.csv"
    rows = rows_of_wheel("retentioneering", "3.3.0", place)
    return engine_of([(row["user_id"], row["event"], row["timestamp"]) for row in rows])


def reached(log: Log, steps: list[str]) -> list[int]:
    """Return the people of each step, whatever time lies between."""
    types = tuple({name for step in steps for name in step.split("|")})
    query, problems = read_funnel({"steps": steps, "window": "1000d", "valid_orders": False},
                                  Words(types, (), log.as_of))  # fmt: skip
    assert problems == []
    answer = funnel(log, query, 30)
    return [answer.cells[f"reached:{step}"] for step in range(1, len(steps) + 1)]


def test_the_funnel_is_the_published_one(log: Log):
    assert reached(log, ["catalog", "cart", "payment_done"]) == [3_611, 1_924, 653]


def test_the_funnel_over_products_is_the_published_one(log: Log):
    assert reached(log, ["catalog", "product1|product2", "cart", "payment_done"]) == [3_611, 2_010, 1_257, 429]


def test_the_cohort_table_is_the_published_one(log: Log):
    """The published table counts its last month although it had not ended, so it is asked as of the end of it.

    It leaves out the months to which nobody came back, here the last of some cohorts, where ours says 0.
    """
    day = log.as_of
    whole = Log(log.engine, day.replace(day=calendar.monthrange(day.year, day.month)[1]))
    query, problems = read_retention({"begin": "*", "grain": "month", "periods": 4}, Words((), (), whole.as_of))
    assert problems == []
    rates: dict[str, list[float]] = {}
    for cohort, _, _, _, rate, _ in retention(whole, query).grids[0].rows:
        if cohort is not None:
            rates.setdefault(cohort, []).append(round(rate, 6))
    for listed in rates.values():
        while listed[-1] == 0:
            listed.pop()
    assert {cohort: tuple(rates[cohort]) for cohort in COHORTS} == COHORTS
