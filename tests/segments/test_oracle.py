"""Every kind of condition, and any tree of them, as one query and as bits, against loops over the rows."""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cases.rows import table_of
from cases.segments.test_segment_cases import rule_of
from quanyu.definitions.segment_acts import SOURCES, WholeShape
from quanyu.definitions.segment_rule import RuleShape
from quanyu.engine import DuckDBEngine
from quanyu.engine import tree as t
from quanyu.segments import Ground, condition_of, persons_tree, unknown_in
from quanyu.segments.bits import bits_of, count_of
from quanyu.segments.calendar import whole_days
from quanyu.tables import CONTRACTS
from segments.crowd import AS_OF, PERSONS, RULES, ZONE, Rows, crowds
from tries import tries

BUYERS = {"did": {"what": "order"}}
World = dict[str, Rows]
Said = dict[str, Any]


def day_of(text: str | dt.date) -> dt.date:
    return text if isinstance(text, dt.date) else dt.date.fromisoformat(text)


def is_so(said: Said, row: dict[str, Any]) -> bool:
    """Is the row a valid thing of the kind, whatever its date?"""
    source = SOURCES[said["what"]]
    if source.has_validity and not row["is_valid"]:
        return False
    if any(said.get(key) not in (None, row.get(key)) for key in ("type", "activity")):
        return False
    return fits(said, row)


def fits(said: Said, row: dict[str, Any]) -> bool:
    source = SOURCES[said["what"]]
    numbers = {name: row.get(column) for name, column in source.numbers.items()}
    return (
        all(row.get(source.fields[name]) in values for name, values in said.get("where", {}).items())
        and all(numbers[name] is not None and numbers[name] >= least for name, least in said.get("least", {}).items())
        and all(numbers[name] is not None and numbers[name] <= most for name, most in said.get("most", {}).items())
    )


def period(unit: str, day: dt.date) -> tuple[int, int]:
    if unit == "week":
        return day.isocalendar()[:2]
    return day.year, {"month": day.month, "quarter": (day.month + 2) // 3, "year": 0}[unit]


def whole_periods(said: Said, as_of: dt.date) -> list[tuple[int, int]]:
    """The periods that `whole` names, found day by day from the date back."""
    tomorrow = period(said["unit"], as_of + dt.timedelta(days=1))
    found: list[tuple[int, int]] = []
    day = as_of
    while len(found) < said["ago"] + said["count"]:
        one = period(said["unit"], day)
        found += [one] if one != tomorrow and one not in found else []
        day -= dt.timedelta(days=1)
    return found[said["ago"] :]


def is_inside(said: Said, day: dt.date) -> bool:
    if "whole" in said:
        return day <= AS_OF and period(said["whole"]["unit"], day) in whole_periods(said["whole"], AS_OF)
    if "this" in said:
        return day <= AS_OF and period(said["this"], day) == period(said["this"], AS_OF)
    if "during" in said:
        start, end = {"past": (9, 6), "running": (2, 0)}[said["during"]]
        return end <= (AS_OF - day).days <= start
    last = AS_OF - dt.timedelta(days=said.get("ago", 0))
    first = last - dt.timedelta(days=said["days"] - 1) if "days" in said else dt.date.min
    starts = day_of(said.get("from", dt.date.min))
    return max(first, starts) <= day <= last and day < day_of(said.get("until", dt.date.max))


def things(world: World, person: int, said: Said) -> Rows:
    rows = world[SOURCES[said["what"]].table]
    return [row for row in rows if row["person_id"] == person and is_so(said, row)]


def between(value: float | None, said: Said, least: int | None) -> bool:
    return (
        value is not None
        and (least is None or value >= least)
        and (said.get("at_most") is None or value <= said["at_most"])
    )


def did(world: World, person: int, said: Said) -> bool:
    rows = [row for row in things(world, person, said) if is_inside(said, row["local_date"])]
    least = said.get("at_least", 1 if "at_most" not in said else None)
    measure = said.get("measure", "count")
    if measure == "count":
        return between(len(rows), said, least)
    source = SOURCES[said["what"]]
    names = source.distinct if measure == "distinct" else source.numbers
    values = [row[names[said["of"]]] for row in rows if row.get(names[said["of"]]) is not None]
    if measure == "distinct":
        return between(len(set(values)), said, least)
    if measure == "sum":
        return between(sum(values), said, least)
    kinds: dict[str, Callable[[list[int]], float]] = {"min": min, "max": max, "avg": lambda some: sum(some) / len(some)}
    return between(kinds[measure](values) if values else None, said, least)


def edge(world: World, person: int, said: Said, *, is_last: bool) -> bool:
    kind = {key: said[key] for key in ("what", "type", "activity") if key in said}
    rows = [row for row in things(world, person, kind) if row["local_date"] <= AS_OF]
    rows.sort(key=lambda row: [row[name] for name in SOURCES[said["what"]].order])
    return (
        bool(rows)
        and fits(said, rows[-1 if is_last else 0])
        and is_inside(said, rows[-1 if is_last else 0]["local_date"])
    )


def moment(what: str, row: dict[str, Any]) -> dt.datetime:
    midnight = dt.datetime.combine(row["local_date"], dt.time())
    return row["occurred_at"] if what == "event" else (row.get("paid_at") if what == "order" else None) or midnight


def moments(world: World, person: int, said: Said, days: int | None) -> set[tuple[dt.datetime, dt.date]]:
    window = {} if days is None else {"days": days}
    rows = [row for row in things(world, person, said) if is_inside(window, row["local_date"])]
    return {(moment(said["what"], row), row["local_date"]) for row in rows}


def sequence(world: World, person: int, said: Said) -> bool:
    chains = [[one] for one in moments(world, person, said["steps"][0], said["days"])]
    for step in said["steps"][1:]:
        later = moments(world, person, step, said["days"])
        chains = [[*chain, one] for chain in chains for one in later if is_next(chain[-1], one, said.get("gap_days"))]
        if "without" in step:
            absent = moments(world, person, step["without"], None)
            chains = [chain for chain in chains if not any(chain[-2][0] < one < chain[-1][0] for one, _ in absent)]
    ends = {chain[-1] for chain in chains}
    if "then_not" not in said:
        return bool(ends)
    after = moments(world, person, said["then_not"], None)
    days = said["then_days"]
    passed = {one for one in ends if one[1] + dt.timedelta(days=days) <= AS_OF}
    return any(not any(is_next(one, other, days) for other in after) for one in passed)


def is_next(one: tuple[dt.datetime, dt.date], other: tuple[dt.datetime, dt.date], gap: int | None) -> bool:
    return one[0] < other[0] and (gap is None or (other[1] - one[1]).days <= gap)


def stage_on(world: World, person: int, day: dt.date) -> str:
    for row in world["stage_span"]:
        if row["person_id"] == person and row["from_date"] <= day < row["until_date"]:
            return str(row["stage"])
    return "none"


def changed(world: World, person: int, said: Said) -> bool:
    for ago in range(said["days"]):
        day = AS_OF - dt.timedelta(days=ago)
        before, now = stage_on(world, person, day - dt.timedelta(days=1)), stage_on(world, person, day)
        if before != now and before in said.get("from", [before]) and now in said.get("to", [now]):
            return True
    return False


def consent(world: World, person: int, purpose: str) -> bool:
    own = {row["identifier_id"] for row in world["identifier_person"] if row["person_id"] == person}
    words = [
        (row["occurred_at"], not row["granted"])
        for row in world["consent"]
        if row["identifier_id"] in own
        and row["purpose"] == purpose
        and row["occurred_at"].replace(tzinfo=dt.UTC).astimezone(ZoneInfo(ZONE)).date() <= AS_OF
    ]
    # A no at the same moment sorts after a yes.
    return bool(words) and not max(words)[1]


def holds_now(row: dict[str, Any], until: str) -> bool:
    return bool(row["from_date"] <= AS_OF < row[until])


def of(world: World, table: str, person: int) -> Rows:
    return [row for row in world[table] if row["person_id"] == person]


def tag(world: World, person: int, said: Said) -> bool:
    return any(
        row["tag_code"] == said["code"]
        and holds_now(row, "to_date")
        and row["value"] in said.get("is", [row["value"]])
        and int(row["number"]) >= said.get("at_least", 0)
        for row in of(world, "person_tag", person)
    )


def relation(world: World, person: int, said: Said) -> bool:
    rows = [row for row in of(world, "relation_fact", person) if said.get("type") in (None, row["type"])]
    return any(row["from_date"] <= AS_OF and (said.get("live") is False or AS_OF < row["until_date"]) for row in rows)


def reach(world: World, person: int, means: str) -> bool:
    served = {"type:dedicated_service", "type:group_member"}
    served |= {row["channel_id"] for row in world["channel"] if row["platform"] == means}
    rows = of(world, "reach_span", person)
    return any(row["reachable"] and row["channel_id"] in served and holds_now(row, "until_date") for row in rows)


def attribute(world: World, person: int, said: Said) -> bool:
    if said["name"] == "stage_5r":
        return stage_on(world, person, AS_OF) in said["is"]
    [value] = [row["recency_days"] for row in of(world, "person_fact", person)] or [None]
    known = value is not None
    if "known" in said:
        return known is said["known"]
    return known and said["at_least"] <= value <= said["at_most"]


def staged(world: World, person: int, said: Said) -> bool:
    return stage_on(world, person, min(day_of(said.get("on", AS_OF)), AS_OF)) in said["is"]


def often(world: World, person: int, said: Said, what: str) -> bool:
    channels = {row["channel_id"] for row in world["channel"] if row["line"] == said.get("line")}
    where = {"where": {"channel": channels}} if "line" in said else {}
    return did(world, person, {**said, "what": what, **where})


def sample(person: int, said: Said) -> bool:
    digest = hashlib.md5(f"{said['seed']}:{person}".encode()).hexdigest()
    return int(digest[:15], 16) % 100 < said["percent"]


LEAVES: dict[str, Callable[[World, int, Any], bool]] = {
    "did": did,
    "first": lambda world, one, said: edge(world, one, said, is_last=False),
    "last": lambda world, one, said: edge(world, one, said, is_last=True),
    "sequence": sequence,
    "changed": changed,
    "stage": staged,
    "tag": tag,
    "relation": relation,
    "consent": consent,
    "reach": reach,
    "attribute": attribute,
    "segment": lambda world, one, _: did(world, one, BUYERS["did"]),
    "sample": lambda _, one, said: sample(one, said),
    "persons": lambda _, one, said: one in said,
    "list": lambda world, one, _: {"list": "lists/own.csv (mobile)", "person_id": one} in world["segment_list_person"],
    "event": lambda world, one, said: often(world, one, said, "event"),
    "order": lambda world, one, said: often(world, one, said, "order"),
}


def holds(world: World, person: int, rule: Said) -> bool:
    [(kind, said)] = rule.items()
    if kind in ("all", "any"):
        return (all if kind == "all" else any)([holds(world, person, part) for part in said])
    return not holds(world, person, said) if kind == "not" else LEAVES[kind](world, person, said)


@settings(deadline=None)
@given(
    as_of=st.dates(dt.date(2019, 12, 20), dt.date(2025, 1, 10)),
    unit=st.sampled_from(["week", "month", "quarter", "year"]),
    count=st.integers(1, 3),
    ago=st.integers(0, 2),
)
def test_whole_periods_are_what_a_walk_over_the_days_finds(as_of: dt.date, unit: Any, count: int, ago: int) -> None:
    first, last = whole_days(WholeShape(unit=unit, count=count, ago=ago), as_of)
    wanted = whole_periods({"unit": unit, "count": count, "ago": ago}, as_of)
    days = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
    assert list(dict.fromkeys(period(unit, day) for day in reversed(days))) == wanted
    outside = {period(unit, first - dt.timedelta(days=1)), period(unit, last + dt.timedelta(days=1))}
    assert outside.isdisjoint(wanted)
    assert last <= as_of


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    made = DuckDBEngine(None, CONTRACTS, threads=1)
    yield made
    made.close()


# Not shrunk: that takes minutes, and the first rule that differs is small.
@settings(max_examples=tries(12, 30), deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(world=crowds(), rules=RULES)
def test_any_rule_holds_for_whom_loops_over_the_rows_find(
    engine: DuckDBEngine, world: World, rules: list[Said]
) -> None:
    for name, rows in world.items():
        engine.register(name, table_of(name, rows))
    ground = Ground(engine, AS_OF, ZONE, {"buyers": rule_of(BUYERS)})
    shapes: list[RuleShape] = [rule_of(rule) for rule in rules]
    assert [unknown_in(ground, shape) for shape in shapes] == [[] for _ in shapes]
    asked = [
        t.select(
            {"number": t.lit(number), "person_id": t.col("person_id")}, persons_tree([condition_of(ground, shape)])
        )
        for number, shape in enumerate(shapes)
    ]
    found: list[list[int]] = [[] for _ in shapes]
    for row in engine.query(t.union_all(asked), {}).to_pylist():
        found[row["number"]].append(row["person_id"])
    bits = bits_of(ground)
    told = [bits.ids(bits.of(shape)).column("person_id").to_pylist() for shape in shapes]
    assert [count_of(bits.of(shape)) for shape in shapes] == [len(persons) for persons in told]
    assert told == [sorted(persons) for persons in found]
    together = bits_of(ground)
    together.learn(shapes)
    assert [together.ids(together.of(shape)).column("person_id").to_pylist() for shape in shapes] == told
    for rule, persons in zip(rules, found, strict=True):
        assert (rule, sorted(persons)) == (rule, [one for one in PERSONS if holds(world, one, rule)])
