"""What a rule would give, before it is saved: how many, whom each part keeps, what they are worth, who can be reached.

The persons of the rule are found once; everything else is asked of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from quanyu.definitions.segment_acts import SOURCES, WindowedShape
from quanyu.definitions.segment_rule import PURPOSES, Means, RuleShape
from quanyu.engine import DuckDBEngine
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.segments.acts import act_conditions, window_conditions
from quanyu.segments.bits import Bits, bits_of, count_of
from quanyu.segments.ground import Ground
from quanyu.segments.persons import ONE, PERSON, persons_tree
from quanyu.segments.rule import condition_of, consented, reached, unknown_in, unreached
from quanyu.segments.waterfall import UNADDRESSED, unblocked, uncapped, uncounted

CHOSEN: Final = "segment_choice"
"""The name under which the persons of a rule are lent to the engine."""

ROWS: Final = 3
"""Rows shown of what somebody did."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a rule: persons for whom it holds alone, and with all parts before it; null when not known."""

    rule: RuleShape
    alone: int | None
    together: int | None


@dataclass(frozen=True, slots=True)
class Reach:
    """A means: persons who agreed to its purpose, of these reachable by it, of these not blocked; null: not known.

    `uncapped` are those of them who may get one more message under the caps; null without messages or caps.
    """

    means: str
    consented: int | None
    reachable: int | None
    sendable: int | None
    uncapped: int | None = None


@dataclass(frozen=True, slots=True)
class Overlap:
    """Persons who are in another segment too."""

    segment: str
    persons: int


@dataclass(frozen=True, slots=True)
class Reason:
    """One condition of a rule and a person: whether it holds, and for things done the latest rows that make it so."""

    rule: RuleShape
    holds: bool
    rows: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule gives as of the build; `persons` is null with `unknown`, the data that are missing.

    Money is fen: net sales of 365 days, and customer value (null: not computed by the build).
    """

    persons: int | None
    everybody: int
    unknown: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    net_365_fen: int | None = None
    clv_fen: int | None = None
    reach: tuple[Reach, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    sample: Mapping[int, tuple[Reason, ...]] | None = None


def preview(ground: Ground, engine: DuckDBEngine, rule: RuleShape, sample: int = 5) -> Preview:
    """Return what a rule gives; `sample` persons, the same ones each time, with their reasons."""
    bits = bits_of(ground)
    everybody = len(bits.persons)
    unknown = tuple(unknown_in(ground, rule))
    bits.learn([part for part in (rule.all or (rule,)) if not unknown_in(ground, part)])
    parts = tuple(_parts(ground, bits, rule))
    if unknown:
        return Preview(None, everybody, unknown, parts)
    chosen = bits.ids(bits.of(rule))
    with engine.lent(CHOSEN, chosen):
        told = _first(engine, sample)
        return Preview(
            chosen.num_rows,
            everybody,
            parts=parts,
            net_365_fen=_worth(ground, engine, "person_fact", "as_of", "net_365_fen"),
            clv_fen=_worth(ground, engine, "person_value", "date", "clv_fen"),
            reach=tuple(_reach(ground, engine, means) for means in get_args(Means)),
            overlaps=tuple(_overlaps(ground, engine, rule)),
            sample={person: explain(ground, engine, rule, person) for person in told},
        )


def _parts(ground: Ground, bits: Bits, rule: RuleShape) -> Iterator[Part]:
    before = bits.everybody
    is_known = True
    for part in rule.all or (rule,):
        if unknown_in(ground, part):
            is_known = False
            yield Part(part, None, None)
            continue
        own = bits.of(part)
        before = before & own
        yield Part(part, count_of(own), count_of(before) if is_known else None)


def _first(engine: DuckDBEngine, count: int) -> list[int]:
    query = t.select({PERSON: t.col(PERSON)}, CHOSEN, order=[t.col(PERSON)], limit=count)
    return [int(person) for person in engine.query(query).column(PERSON).to_pylist()]


def _worth(ground: Ground, engine: DuckDBEngine, table: str, date: str, column: str) -> int | None:
    if not ground.knows(table):
        return None
    among = q.is_in(t.col(PERSON), t.select({PERSON: t.col(PERSON)}, CHOSEN))
    where = t.all_of([t.col(date).eq(t.lit(ground.as_of)), among])
    worth = engine.query(t.select({"worth": t.total(t.col(column))}, table, where=where)).to_pylist()[0]["worth"]
    return 0 if worth is None else int(worth)


def _reach(ground: Ground, engine: DuckDBEngine, means: str) -> Reach:
    """Return whom a means reaches; a gate that cannot be judged ends the counting."""
    purpose = PURPOSES[means]
    if purpose is not None and not ground.knows("consent"):
        return Reach(means, None, None, None)
    conditions = [] if purpose is None else [consented(ground, purpose)]
    agreed = _count(ground, conditions)
    if means not in UNADDRESSED:
        if unreached(ground, means):
            return Reach(means, agreed, None, None)
        conditions.append(reached(ground, means))
    reachable = _count(ground, conditions)
    free = unblocked(ground)
    if free is not None:
        conditions.append(free)
    sendable = reachable if free is None else _count(ground, conditions)
    if ground.caps is None or uncounted(ground, means):
        return Reach(means, agreed, reachable, sendable)
    calm = uncapped(ground, means)
    return Reach(means, agreed, reachable, sendable, sendable if calm is None else _count(ground, [*conditions, calm]))


def _count(ground: Ground, conditions: list[t.Tree]) -> int:
    where = t.all_of([one.copy() for one in conditions]) if conditions else None
    return ground.count(t.select({PERSON: t.col(PERSON, ONE)}, CHOSEN, where=where, alias=ONE))


def _overlaps(ground: Ground, engine: DuckDBEngine, rule: RuleShape) -> Iterator[Overlap]:
    """Yield the segments that hold some of the persons, the largest first; not the one of the rule itself."""
    if not ground.knows("segment_member"):
        return
    holds = [t.col("from_date", "held") <= t.lit(ground.as_of), t.col("to_date", "held") > t.lit(ground.as_of)]
    columns = {"segment": t.col("segment", "held"), "persons": t.count()}
    query = t.select(columns, "segment_member", where=t.all_of(holds), alias="held", group=[t.col("segment", "held")])
    query = q.join_rows(query, CHOSEN, "one", t.col(PERSON, "one").eq(t.col(PERSON, "held")))
    rows = engine.query(query).to_pylist()
    for row in sorted(rows, key=lambda row: (-row["persons"], row["segment"])):
        if ground.segments.get(row["segment"]) != rule:
            yield Overlap(row["segment"], int(row["persons"]))


def explain(ground: Ground, engine: DuckDBEngine, rule: RuleShape, person: int) -> tuple[Reason, ...]:
    """Return for each condition of a rule whether it holds for a person, with the latest rows of what was done."""
    leaves = [leaf for leaf in leaves_of(rule) if not unknown_in(ground, leaf)]
    own = t.col(PERSON, ONE).eq(t.lit(person))
    found = []
    for leaf in leaves:
        holds = ground.count(persons_tree([own.copy(), condition_of(ground, leaf)])) > 0
        found.append(Reason(leaf, holds, tuple(_rows(ground, engine, leaf, person))))
    return tuple(found)


def leaves_of(rule: RuleShape) -> Iterator[RuleShape]:
    """Yield the conditions of a rule, those of named segments not opened."""
    if not rule.parts:
        yield rule
    for part in rule.parts:
        yield from leaves_of(part)


def _rows(ground: Ground, engine: DuckDBEngine, leaf: RuleShape, person: int) -> Iterator[Mapping[str, Any]]:
    act: WindowedShape | None = leaf.did or leaf.first or leaf.last
    if leaf.event is not None:
        act = WindowedShape(what="event", type=leaf.event.type, activity=leaf.event.activity, days=leaf.event.days)
    elif leaf.order is not None and leaf.order.line is None:
        act = WindowedShape(what="order", days=leaf.order.days)
    if act is not None:
        yield from _acts(ground, engine, act, person)


def _acts(ground: Ground, engine: DuckDBEngine, act: WindowedShape, person: int) -> Iterator[Mapping[str, Any]]:
    source = SOURCES[act.what]
    where = [t.col(PERSON).eq(t.lit(person)), *act_conditions(act), *window_conditions(ground, act)]
    names = dict.fromkeys(("local_date", *source.order))
    order = [t.descending(t.col(name)) for name in source.order]
    query = t.select(
        {name: t.col(name) for name in names}, source.table, where=t.all_of(where), order=order, limit=ROWS
    )
    yield from engine.query(query).to_pylist()
