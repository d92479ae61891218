from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import delete, update

from quanyu.errors import InternalError
from quanyu.store import Figure, Store
from quanyu.store.schema import published_figure

OCTOBER = (date(2025, 10, 1), date(2025, 11, 1))


@pytest.fixture
def figure(build_id: int) -> Figure:
    return Figure("net_sales", "v1", {"channel": "tmall"}, *OCTOBER, "Asia/Shanghai", 7, build_id, "120.50")


def test_a_closed_figure_stays_whatever_arrives_later(store: Store, figure: Figure):
    with store.transaction() as work:
        assert work.figures.close([figure], "li") == 1
        later = replace(figure, watermark=8, value="119.00")
        assert work.figures.close([later, replace(figure, dimensions={})], "wang") == 1
        closed = work.figures.closed(later)
    assert closed is not None
    assert (closed.figure, closed.closed_by) == (figure, "li")


def test_no_value_is_kept_as_no_value(store: Store, figure: Figure):
    with store.transaction() as work:
        work.figures.close([replace(figure, value=None)], "li")
        assert work.figures.find("net_sales", OCTOBER[0])[0].figure.value is None


def test_figures_of_other_versions_zones_and_periods_are_others(store: Store, figure: Figure):
    others = [
        replace(figure, metric_version="v2"),
        replace(figure, zone="UTC"),
        replace(figure, period_end=date(2025, 10, 2)),
        replace(figure, dimensions={"channel": None}),
    ]
    with store.transaction() as work:
        assert work.figures.close([figure, *others], "li") == 5
        assert len(work.figures.find("net_sales")) == 5
        assert work.figures.find("gross_sales") == []


@pytest.mark.parametrize(
    "statement", [update(published_figure).values(value="1"), delete(published_figure)], ids=["update", "delete"]
)
def test_a_closed_figure_cannot_be_changed_even_by_sql(store: Store, figure: Figure, statement):
    with store.transaction() as work:
        work.figures.close([figure], "li")
    with pytest.raises(InternalError, match="published_figure is append-only"), store.transaction() as work:
        work.connection.execute(statement)


def test_the_hash_covers_every_part_of_a_figure_but_its_build(figure: Figure):
    changes = {
        "metric": "x",
        "metric_version": "x",
        "dimensions": {},
        "period_start": date(2025, 9, 1),
        "period_end": date(2025, 12, 1),
        "zone": "UTC",
        "watermark": 0,
        "value": None,
    }
    hashes = {replace(figure, **{name: value}).row_hash for name, value in changes.items()}
    assert len(hashes | {figure.row_hash}) == len(changes) + 1
    assert replace(figure, build_id=99).row_hash == figure.row_hash


def test_verify_finds_a_figure_changed_behind_the_triggers_back(store: Store, figure: Figure):
    with store.transaction() as work:
        work.figures.close([figure], "li")
        if work.connection.dialect.name == "sqlite":
            work.connection.exec_driver_sql("DROP TRIGGER published_figure_no_update")
        else:
            work.connection.exec_driver_sql("ALTER TABLE published_figure DISABLE TRIGGER USER")
    assert store.verify() == []
    with store.transaction() as work:
        work.connection.execute(update(published_figure).values(value="120.5"))
    assert [problem.code for problem in store.verify()] == ["figure.changed"]
