"""Closed periods (E11, E12, T3, T4): what was published stays, what comes later is an adjustment beside it."""

from dataclasses import replace

import pytest

from metrics.shop import context, day, metrics_of, order, warehouse
from quanyu.errors import UserError
from quanyu.metrics import Between, Grain, MetricQuery, adjustments, close_period, figures_of, query
from quanyu.store import NewBuild, open_store

MAY = Between(day("2024-05-01"), day("2024-06-01"))
ASKED = MetricQuery(("net_sales", "buyers", "refund_rate", "units"), by=("channel",), range=MAY)
ORDERS = [
    order(1, "2024-05-01", 100, 1, ordered_channel_id="tmall", units=2),
    order(2, "2024-05-31", 50, 2, ordered_channel_id=None, units=1),
]
LATE = order(3, "2024-05-30", 7, 3, ordered_channel_id="tmall", units=1)


@pytest.fixture
def store(tmp_path):
    """A store of its own."""
    opened = open_store(tmp_path / "store.sqlite")
    with opened.transaction() as work:
        work.builds.begin(_new_build())
    yield opened
    opened.close()


def _new_build():
    return NewBuild("duckdb", day("2024-05-31"), 7, "Asia/Shanghai", "CNY", "v", {})


def test_a_late_order_moves_the_live_figure_and_not_the_closed_one(library, store) -> None:
    before = warehouse(order_fact=ORDERS)
    with store.transaction() as work:
        close_period(before, library, ASKED, context("2024-05-31"), work.figures, "owner")
    after, later = warehouse(order_fact=[*ORDERS, LATE]), context("2024-06-30", watermark=9)
    with store.transaction() as work:
        close_period(after, library, ASKED, later, work.figures, "owner")
        found = adjustments(after, library, work.figures.find(), later)
        assert not work.figures.changed()
    told = {(one.metric, one.dimensions["channel"]): (one.closed, one.live, one.difference) for one in found}
    assert told[("net_sales", "tmall")] == (100, 107, 7)
    assert told[("buyers", "tmall")] == (1, 2, 1)
    assert told[("net_sales", None)] == (50, 50, 0)
    assert told[("refund_rate", "tmall")] == (0.0, 0.0, 0.0)
    assert {(one.closed_watermark, one.live_watermark) for one in found} == {(7, 9)}


def test_closing_again_from_the_same_knowledge_gives_the_same_hashes_in_any_row_order(library) -> None:
    first = query(warehouse(order_fact=ORDERS), library, ASKED, context("2024-05-31"))
    again = query(warehouse(order_fact=ORDERS[::-1]), library, ASKED, context("2024-05-31", build_id=2))
    assert [one.row_hash for one in figures_of(first)] == [one.row_hash for one in figures_of(again)]
    later = query(warehouse(order_fact=ORDERS), library, ASKED, context("2024-05-31", watermark=8))
    assert not {one.row_hash for one in figures_of(first)} & {one.row_hash for one in figures_of(later)}


def test_a_figure_names_version_zone_watermark_and_exact_value(library) -> None:
    answer = query(warehouse(order_fact=ORDERS), library, ASKED, context("2024-05-31"))
    figures = {(one.metric, one.dimensions["channel"]): one for one in figures_of(answer)}
    one = figures[("units", "tmall")]
    assert (one.metric_version, one.zone, one.watermark) == (library["units"].version, "Asia/Shanghai", 7)
    assert one.value == "2.000000"
    assert figures[("net_sales", None)].value == "50"


def test_a_group_that_is_gone_is_an_adjustment_to_nothing(library, store) -> None:
    with store.transaction() as work:
        close_period(warehouse(order_fact=ORDERS), library, ASKED, context("2024-05-31"), work.figures, "owner")
        found = adjustments(
            warehouse(order_fact=ORDERS[:1]), library, work.figures.find("net_sales"), context("2024-06-30")
        )
    assert {one.dimensions["channel"]: one.difference for one in found} == {"tmall": 0, None: -50}


def test_a_metric_that_means_something_else_now_is_not_compared(library, store) -> None:
    text = library["net_sales"].text.replace("where: is_valid", "where: NOT is_valid")
    changed, _ = metrics_of({"library/metrics/a.yaml": text})
    engine = warehouse(order_fact=ORDERS)
    with store.transaction() as work:
        close_period(engine, library, ASKED, context("2024-05-31"), work.figures, "owner")
        closed = work.figures.find("net_sales")
    assert {one.incomparable for one in adjustments(engine, changed, closed, context("2024-05-31"))} == {"definition"}
    elsewhere = context("2024-05-31", zone="Europe/Paris")
    assert {one.incomparable for one in adjustments(engine, library, closed, elsewhere)} == {"zone"}


@pytest.mark.parametrize(
    ("asked", "as_of", "code"),
    [
        (ASKED, "2024-05-30", "metric.period_open"),
        (replace(ASKED, filters=("channel = 'a'",)), "2024-05-31", "metric.close_filter"),
        (replace(ASKED, grain=Grain.MONTH, metrics=("net_slaes",)), "2024-05-31", "metric.unknown"),
    ],
)
def test_what_cannot_be_closed_is_refused(library, store, asked, as_of, code) -> None:
    with store.transaction() as work, pytest.raises(UserError) as caught:
        close_period(warehouse(order_fact=ORDERS), library, asked, context(as_of), work.figures, "owner")
    assert caught.value.code == code
