"""Every built-in metric runs, split by every dimension it allows, in every grain it can have."""

from typing import Any

import pytest

from metrics.shop import context, library_metrics, warehouse
from quanyu.metrics import Compare, Grain, Latest, MetricQuery, query
from quanyu.tables import CONTRACTS

LIBRARY = library_metrics()
AT_ONCE = 40
TABLES = {
    *(LIBRARY.measure(part).source for metric in LIBRARY for part in LIBRARY.parts(metric.name)),
    *(one.lookup.table for one in LIBRARY.dimensions.values() if one.lookup is not None),
}
ENGINE = warehouse(**{name: [{}] for name in sorted(TABLES)})


def _alike() -> dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]]:
    """Metrics by what they need and what splits them: they can be asked together."""
    found: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for metric in LIBRARY:
        needed = {one for part in LIBRARY.parts(metric.name) for one in LIBRARY.measure(part).needs}
        found.setdefault((tuple(sorted(needed)), LIBRARY.splits(metric.name)), []).append(metric.name)
    return found


def _questions() -> list[Any]:
    asked = [(key, names[at : at + AT_ONCE]) for key, names in _alike().items() for at in range(0, len(names), AT_ONCE)]
    return [pytest.param(key, names, id=names[0]) for key, names in asked]


@pytest.mark.parametrize(("alike", "names"), _questions())
def test_metrics_run_with_all_their_dimensions(alike, names) -> None:
    needed, splits = alike
    others = [one for one in splits if one not in needed]
    size = 6 - len(needed)
    for start in range(0, max(len(others), 1), size):
        by = (*needed, *others[start : start + size])
        asked = MetricQuery(tuple(names), by, Grain.MONTH, Latest(2), Compare.PREVIOUS)
        answer = query(ENGINE, LIBRARY, asked, context("2000-01-31"))
        assert [column.name for column in answer.columns] == names
        assert answer.sql


def test_every_dimension_splits_some_metric() -> None:
    used = {name for metric in LIBRARY for name in LIBRARY.splits(metric.name)}
    assert set(LIBRARY.dimensions) - used == set()


def test_no_metric_and_dimension_share_a_name() -> None:
    assert not set(LIBRARY.dimensions) & set(LIBRARY.by_name)


def test_every_source_is_a_contract() -> None:
    assert {name for name in TABLES if name not in CONTRACTS} == set()
