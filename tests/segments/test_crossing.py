"""Membership by the clock: asking those alone whose day has come gives what asking everybody gives, on forty days."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cases.rows import table_of
from cases.segments.test_segment_cases import rule_of
from quanyu.definitions.segment_rule import RuleShape
from quanyu.engine import DuckDBEngine
from quanyu.segments import Ground, condition_of, persons_tree
from quanyu.segments.crossing import CROSSES_ON, crossings, members_on, unclocked_in
from quanyu.tables import CONTRACTS
from segments.crowd import AS_OF, KINDS, ZONE, Rows, crowds

BUYERS = rule_of({"did": {"what": "order", "days": 5}})
FIRST = AS_OF - dt.timedelta(days=12)
PERSON = "person_id"


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    made = DuckDBEngine(None, CONTRACTS, threads=1)
    yield made
    made.close()


def ground_on(engine: DuckDBEngine, day: dt.date) -> Ground:
    return Ground(engine, day, ZONE, {"buyers": BUYERS})


def asked(engine: DuckDBEngine, rule: RuleShape, day: dt.date) -> pa.Table:
    """The persons of a rule on a day, everybody asked."""
    return engine.query(persons_tree([condition_of(ground_on(engine, day), rule)])).sort_by(PERSON)


def turned(engine: DuckDBEngine, rule: RuleShape) -> int:
    """Compare forty days with one another; return how often somebody was asked again."""
    members = asked(engine, rule, FIRST)
    known = crossings(ground_on(engine, FIRST), engine, rule)
    again = 0
    for number in range(1, 41):
        day = FIRST + dt.timedelta(days=number)
        has_come = pc.less_equal(known.column(CROSSES_ON), pa.scalar(day))
        due = known.filter(has_come).select([PERSON])
        if due.num_rows:
            here = ground_on(engine, day)
            members = members_on(here, engine, rule, members, due)
            known = pa.concat_tables([known.filter(pc.invert(has_come)), crossings(here, engine, rule, due)])
            again += due.num_rows
        assert members.column(PERSON).to_pylist() == asked(engine, rule, day).column(PERSON).to_pylist(), (rule, day)
    return again


CLOCKED = st.one_of(*KINDS).filter(lambda said: "attribute" not in said)


@settings(max_examples=3, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(world=crowds(), leaves=st.lists(CLOCKED, min_size=3, max_size=3))
def test_who_is_due_is_all_that_must_be_asked(engine: DuckDBEngine, world: dict[str, Rows], leaves: list[Any]) -> None:
    for name, rows in world.items():
        engine.register(name, table_of(name, rows))
    turned(engine, rule_of({"any": [leaves[0], {"all": [leaves[1], {"not": leaves[2]}]}]}))


def test_a_window_is_left_on_its_day_and_nobody_else_is_asked(engine: DuckDBEngine) -> None:
    orders = [
        {"order_id": f"o{person}", "person_id": person, "local_date": day, "is_valid": True}
        for person, day in ((1, FIRST - dt.timedelta(days=2)), (2, FIRST - dt.timedelta(days=400)))
    ]
    engine.register("person", table_of("person", [{"person_id": 1}, {"person_id": 2}]))
    engine.register("order_fact", table_of("order_fact", orders))
    rule = rule_of({"did": {"what": "order", "days": 30}})
    known = crossings(ground_on(engine, FIRST), engine, rule).to_pylist()
    assert known == [{PERSON: 1, CROSSES_ON: FIRST + dt.timedelta(days=28)}]
    assert turned(engine, rule) == 1
    month = rule_of({"did": {"what": "order", "whole": {"unit": "month", "count": 1}}})
    ends = {row[PERSON]: row[CROSSES_ON] for row in crossings(ground_on(engine, FIRST), engine, month).to_pylist()}
    assert ends == {1: AS_OF, 2: AS_OF}


def test_what_only_a_build_makes_anew_is_named(engine: DuckDBEngine) -> None:
    of_builds: list[Any] = [{"attribute": {"name": "rfm", "is": ["111"]}}, {"tag": {"code": "x"}}]
    of_builds.append({"stage": {"model": "5r", "is": ["r1"]}})
    rule = rule_of({"not": {"all": [{"segment": "buyers"}, *of_builds]}})
    assert unclocked_in(ground_on(engine, FIRST), rule) == ["rfm", "tag x", "stage_span (5r)"]
