"""Who is in a segment from when until when, over random builds, against an oracle that remembers."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.engine import DuckDBEngine
from quanyu.engine.column_types import arrow_schema
from quanyu.segments.membership import BEFORE, OPEN_END, Known, make_members
from quanyu.tables import CONTRACTS

FIRST = dt.date(2024, 1, 1)
Row = tuple[Any, ...]
NAMES = ("person_id", "from_date", "to_date", "entered_by", "left_by")


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    made = DuckDBEngine(None, CONTRACTS, threads=1)
    yield made
    made.close()


def persons(members: frozenset[int]) -> Callable[[], pa.Table]:
    return lambda: pa.table({"person_id": pa.array(sorted(members), pa.int64())})


def build(engine: DuckDBEngine, number: int, known: Known, day: dt.date, history: int = 400) -> list[Row]:
    """One build in a schema of its own, after the one before it; returns the rows of the segment."""
    engine.use_schema(f"b{number}")
    engine.register("person", pa.Table.from_pylist([], schema=arrow_schema(CONTRACTS["person"])))
    if number > 0:
        engine.catalog[BEFORE] = f"b{number - 1}.segment_member"
    try:
        make_members(engine, {"s": known}, day, history)
    finally:
        engine.catalog.pop(BEFORE, None)
    return sorted(tuple(row[name] for name in NAMES) for row in engine.rows_of("segment_member").to_pylist())


@settings(max_examples=15, deadline=None)
@given(builds=st.lists(st.tuples(st.frozensets(st.integers(1, 5)), st.integers(0, 2)), min_size=1, max_size=5))
def test_members_are_what_an_oracle_remembers(engine: DuckDBEngine, builds: list[tuple[frozenset[int], int]]) -> None:
    day = FIRST
    closed: list[Row] = []
    opened: dict[int, tuple[dt.date, str]] = {}
    for number, (members, passed) in enumerate(builds):
        day += dt.timedelta(days=passed)
        for one in sorted(opened.keys() - members):
            since, why = opened.pop(one)
            if since < day:
                closed.append((one, since, day, why, "rule"))
        for one in members - opened.keys():
            opened[one] = (day, "first" if number == 0 else "rule")
        found = build(engine, number, Known(persons(members), "v", None if number == 0 else "v"), day)
        held = [(one, since, OPEN_END, why, None) for one, (since, why) in opened.items()]
        # Back on the day of leaving: the row of before ended where the new one begins.
        assert found == sorted([*closed, *held], key=lambda row: row[:4])


def test_who_comes_and_goes_by_a_changed_definition_says_so(engine: DuckDBEngine) -> None:
    later = FIRST + dt.timedelta(days=9)
    build(engine, 0, Known(persons(frozenset({1, 2})), "old", None), FIRST)
    assert build(engine, 1, Known(persons(frozenset({2, 3})), "new", "old"), later) == [
        (1, FIRST, later, "first", "definition"),
        (2, FIRST, OPEN_END, "first", None),
        (3, later, OPEN_END, "definition", None),
    ]


def test_a_segment_that_cannot_be_told_any_more_is_left_for_that(engine: DuckDBEngine) -> None:
    later = FIRST + dt.timedelta(days=9)
    build(engine, 0, Known(persons(frozenset({1})), "v", None), FIRST)
    assert build(engine, 1, Known(None, "v", "v"), later) == [(1, FIRST, later, "first", "unknown")]


def test_what_ended_long_ago_is_left_out(engine: DuckDBEngine) -> None:
    build(engine, 0, Known(persons(frozenset({1})), "v", None), FIRST)
    ended = FIRST + dt.timedelta(days=1)
    assert len(build(engine, 1, Known(persons(frozenset()), "v", "v"), ended, history=10)) == 1
    assert len(build(engine, 2, Known(persons(frozenset()), "v", "v"), ended + dt.timedelta(days=9), history=10)) == 1
    engine.catalog.pop(BEFORE, None)
    assert build(engine, 3, Known(persons(frozenset()), "v", "v"), ended + dt.timedelta(days=10), history=10) == []
