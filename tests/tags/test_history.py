"""From when until when: against an oracle that remembers, over random builds; as of dates; nothing from later."""

import datetime as dt
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.engine import DuckDBEngine
from quanyu.tables import CONTRACTS
from quanyu.tags.history import BEFORE, OPEN_END, make_person_tags
from tags.library import tags_of, with_features

TAGS = [tags_of().by_code[code] for code in ("gender", "bought", "orders_count")]
FIRST = dt.date(2024, 1, 1)
Row = tuple[int, str, str, dt.date, dt.date]
People = dict[int, tuple[str | None, int]]


def _day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    made = DuckDBEngine(None, CONTRACTS, threads=1)
    yield made
    made.close()


def _build(engine: DuckDBEngine, schema: str, people: People, as_of: dt.date, history: int = 400) -> None:
    """A build in a schema of its own, after whatever the engine sees as the one before."""
    engine.use_schema(schema)
    rows = [{"person_id": one, "gender": gender, "orders": orders} for one, (gender, orders) in people.items()]
    with_features(rows, engine)
    make_person_tags(engine, TAGS, as_of, history)


def _after(engine: DuckDBEngine, schema: str) -> None:
    engine.catalog[BEFORE] = f"{schema}.person_tag"


def _rows(engine: DuckDBEngine) -> list[Row]:
    rows = engine.rows_of("person_tag").to_pylist()
    names = ("person_id", "tag_code", "value", "from_date", "to_date")
    return sorted(tuple(row[name] for name in names) for row in rows)


def _values(people: People) -> dict[tuple[int, str], str]:
    found = {}
    for person, (gender, orders) in people.items():
        if gender is not None:
            found[person, "gender"] = gender
        if orders:
            found[person, "bought"] = "yes"
            found[person, "orders_count"] = str(orders)
    return found


def _remembered(builds: Sequence[tuple[dt.date, People]]) -> list[Row]:
    """Each value runs from the build that first said it until the build that first did not."""
    done: list[Row] = []
    running: dict[tuple[int, str], tuple[str, dt.date]] = {}
    for as_of, people in builds:
        now = _values(people)
        for key, (value, since) in list(running.items()):
            if now.get(key) != value:
                del running[key]
                done += [(*key, value, since, as_of)] if since < as_of else []
        for key, value in now.items():
            running.setdefault(key, (value, as_of))
    return sorted([*done, *((*key, value, since, OPEN_END) for key, (value, since) in running.items())])


PEOPLE = st.dictionaries(
    st.integers(1, 4), st.tuples(st.sampled_from([None, "female", "male"]), st.integers(0, 2)), min_size=1
)


@settings(max_examples=12)
@given(st.lists(st.tuples(st.integers(0, 3), PEOPLE), min_size=1, max_size=5))
def test_history_is_what_the_builds_said(steps: list[tuple[int, People]]):
    engine = DuckDBEngine(None, CONTRACTS, threads=1)
    day, builds = 0, []
    for number, (gap, people) in enumerate(steps):
        day += gap
        builds.append((_day(day), people))
        _build(engine, f"b{number}", people, _day(day))
        _after(engine, f"b{number}")
    assert _rows(engine) == _remembered(builds)
    engine.close()


def test_a_value_keeps_its_first_day_and_a_changed_one_ends(engine: DuckDBEngine):
    _build(engine, "b0", {1: ("female", 1), 2: (None, 0)}, _day(0))
    _after(engine, "b0")
    _build(engine, "b1", {1: ("female", 2), 2: (None, 0)}, _day(10))
    assert _rows(engine) == [
        (1, "bought", "yes", _day(0), OPEN_END),
        (1, "gender", "female", _day(0), OPEN_END),
        (1, "orders_count", "1", _day(0), _day(10)),
        (1, "orders_count", "2", _day(10), OPEN_END),
    ]
    on = {row[2] for row in _rows(engine) if row[1] == "orders_count" and row[3] <= _day(9) < row[4]}
    assert on == {"1"}


def test_building_the_same_date_again_changes_nothing(engine: DuckDBEngine):
    people: People = {1: ("female", 1), 2: ("male", 0)}
    _build(engine, "b0", people, _day(0))
    first = engine.rows_of("person_tag")
    _after(engine, "b0")
    _build(engine, "b1", people, _day(0))
    assert engine.rows_of("person_tag") == first


def test_a_past_date_does_not_know_what_a_later_build_said(engine: DuckDBEngine):
    _build(engine, "b0", {1: ("female", 1)}, _day(0))
    _after(engine, "b0")
    _build(engine, "b1", {1: ("male", 2)}, _day(20))
    _after(engine, "b1")
    _build(engine, "b2", {1: ("female", 1)}, _day(10))
    assert _rows(engine) == [
        (1, "bought", "yes", _day(0), OPEN_END),
        (1, "gender", "female", _day(0), OPEN_END),
        (1, "orders_count", "1", _day(0), OPEN_END),
    ]


def test_the_tags_of_a_person_merged_away_end(engine: DuckDBEngine):
    _build(engine, "b0", {1: ("female", 1), 2: ("female", 1)}, _day(0))
    _after(engine, "b0")
    _build(engine, "b1", {1: ("female", 2)}, _day(5))
    assert {row for row in _rows(engine) if row[0] == 2} == {
        (2, "bought", "yes", _day(0), _day(5)),
        (2, "gender", "female", _day(0), _day(5)),
        (2, "orders_count", "1", _day(0), _day(5)),
    }
    assert (1, "gender", "female", _day(0), OPEN_END) in _rows(engine)


def test_a_tag_that_is_not_computed_any_more_ends_and_what_is_too_old_goes(engine: DuckDBEngine):
    _build(engine, "b0", {1: ("female", 1)}, _day(0))
    _after(engine, "b0")
    engine.use_schema("b1")
    with_features([{"person_id": 1, "orders": 1}], engine)
    make_person_tags(engine, TAGS[1:], _day(5), 400)
    assert (1, "gender", "female", _day(0), _day(5)) in _rows(engine)
    _after(engine, "b1")
    engine.use_schema("b2")
    with_features([{"person_id": 1, "orders": 1}], engine)
    make_person_tags(engine, TAGS[1:], _day(30), 20)
    assert [row for row in _rows(engine) if row[1] == "gender"] == []


def test_nobody_with_a_value_is_an_empty_table(engine: DuckDBEngine):
    _build(engine, "b0", {1: (None, 0)}, _day(0))
    assert _rows(engine) == []
