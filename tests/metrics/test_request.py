"""What a query may ask: unknown names, splits without meaning and uneven periods are problems, all told at once."""

import pytest

from metrics.shop import context, day, order, warehouse
from quanyu.errors import UserError
from quanyu.metrics import Between, Grain, MetricQuery, Rolling, parse_query, query

ENGINE = warehouse(order_fact=[order(1, "2024-05-01", 100)])


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"metrics": []}, "metric.none"),
        ({"metrics": ["net_slaes"]}, "metric.unknown"),
        ({"metrics": ["orders", "orders"]}, "metric.repeated"),
        ({"metrics": ["orders"], "by": ["chanel"]}, "metric.dimension"),
        ({"metrics": ["orders"], "by": ["product"]}, "metric.dimension"),
        ({"metrics": ["retention_rate"]}, "metric.needs"),
        ({"metrics": ["orders"], "filters": ["chanel = 'a'"]}, "expression.column_unknown"),
        ({"metrics": ["orders"], "filters": ["1 = 1"]}, "metric.filter"),
        ({"metrics": ["orders"], "filters": ["channel = 'a'; DROP TABLE x"]}, "expression.statements"),
        ({"metrics": ["orders"], "filters": ["bought_category = 'a' AND channel = 'b'"]}, "metric.filter"),
        ({"metrics": ["channel_sales_share"], "filters": ["channel = 'a' AND source = 'b'"]}, "metric.filter"),
        ({"metrics": ["orders"], "start": "2024-05-02", "end": "2024-06-01", "grain": "month"}, "metric.period"),
        ({"metrics": ["orders"], "start": "2024-04-01", "end": "2024-05-10", "grain": "month"}, "metric.period"),
        ({"metrics": ["orders"], "start": "2024-05-02", "end": "2024-05-02"}, "metric.period"),
        ({"metrics": ["orders"], "rolling": 7, "grain": "day"}, "metric.period"),
        ({"metrics": ["orders"], "latest": 100000, "grain": "day"}, "metric.period"),
        ({"metrics": ["orders"], "campaign": "none"}, "metric.campaign"),
        ({"metrics": ["orders"], "as_of": "2024-05-30"}, "metric.as_of"),
    ],
)
def test_a_query_without_an_answer_is_refused(library, said, code) -> None:
    asked, problems = parse_query(said)
    assert asked is not None, problems
    with pytest.raises(UserError) as caught:
        query(ENGINE, library, asked, context("2024-05-31"))
    assert [problem.code for problem in caught.value.problems] == [code]


def test_an_open_period_may_end_with_the_build(library) -> None:
    asked = MetricQuery(("orders",), grain=Grain.MONTH, range=Between(day("2024-04-01"), day("2024-05-11")))
    rows = query(ENGINE, library, asked, context("2024-05-10")).rows
    assert [(row.period.end, row.is_complete) for row in rows] == [
        (day("2024-05-01"), True),
        (day("2024-06-01"), False),
    ]


@pytest.mark.parametrize(
    "said",
    [
        {"metrics": 1},
        {"metrics": ["orders"], "grian": "day"},
        {"metrics": ["orders"], "grain": "dya"},
        {"metrics": ["orders"], "start": "2024-5-1", "end": "2024-06-01"},
        {"metrics": ["orders"], "start": "2024-05-01"},
        {"metrics": ["orders"], "rolling": "7"},
        {"metrics": ["orders"], "rolling": 7, "latest": 2},
        {"metrics": ["orders"], "rolling": 7, "start": "2024-05-01", "end": "2024-06-01"},
    ],
)
def test_values_that_say_no_query_are_refused_without_a_traceback(said) -> None:
    asked, problems = parse_query(said)
    assert asked is None
    assert {problem.code for problem in problems} == {"metric.query"}


def test_an_answer_says_what_may_be_added(library) -> None:
    asked = MetricQuery(("orders", "buyers", "per_order_value", "net_sales_365"), range=Rolling(7))
    columns = {column.name: column for column in query(ENGINE, library, asked, context("2024-05-31")).columns}
    assert [(one.adds_over_groups, one.adds_over_periods) for one in columns.values()] == [
        (True, True),
        (False, False),
        (False, False),
        (True, False),
    ]


def test_an_overlapping_dimension_takes_away_adding(library) -> None:
    asked = MetricQuery(("orders",), by=("bought_category",))
    engine = warehouse(order_fact=[order(1, "2024-05-01", 100)], order_line_fact=[])
    assert not query(engine, library, asked, context("2024-05-31")).columns[0].adds_over_groups
