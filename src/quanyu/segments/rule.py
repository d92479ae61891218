"""Turns a rule into a condition on a person: set algebra of `person_id IN (…)`, one sub-query per fact.

Whether a fact can be judged at all is a question of its own (`unknown_in`): a table without rows says nothing of
anybody, and `not` of nothing would be everybody.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

from quanyu.definitions.segment_acts import SOURCES, ActShape
from quanyu.definitions.segment_list import ListShape
from quanyu.definitions.segment_rule import (
    ATTRIBUTES,
    RELATIONS,
    VENUES,
    Attribute,
    AttributeShape,
    EventShape,
    OrderShape,
    RelationShape,
    RuleShape,
    SampleShape,
    TagShape,
)
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.segments.acts import did, edge, sequence
from quanyu.segments.ground import LISTED, LISTS, READ_NOW, SAID_SINCE, Ground
from quanyu.segments.persons import ONE, PERSON
from quanyu.segments.persons import among as _among
from quanyu.segments.staged import changed, staged

FACT: Final = "fact"
"""Alias of the row that a condition on a value of a person is about."""


def condition_of(ground: Ground, rule: RuleShape) -> t.Tree:
    """Return the condition of a rule on `one.person_id`, as of the build."""
    if rule.all:
        return t.all_of([condition_of(ground, part) for part in rule.all])
    if rule.any:
        return t.any_of([condition_of(ground, part) for part in rule.any])
    if rule.not_ is not None:
        return condition_of(ground, rule.not_).not_()
    return _leaf(ground, rule)


def _leaf(ground: Ground, rule: RuleShape) -> t.Tree:
    readers: list[tuple[Any, Callable[[Ground, Any], t.Tree]]] = [
        (rule.attribute, _attribute),
        (rule.event, _event),
        (rule.order, _order),
        (rule.relation, _relation),
        (rule.consent, consented),
        (rule.reach, reached),
        (rule.tag, _tag),
        (rule.did, did),
        (rule.first, partial(edge, is_last=False)),
        (rule.last, partial(edge, is_last=True)),
        (rule.sequence, sequence),
        (rule.stage, staged),
        (rule.changed, changed),
        (rule.segment, _segment),
        (rule.sample, _sample),
        (rule.list, _listed),
    ]
    for said, read in readers:
        if said is not None:
            return read(ground, said)
    return t.any_of([t.col(PERSON, ONE).eq(t.lit(person)) for person in rule.persons])


def unknown_in(ground: Ground, rule: RuleShape) -> list[str]:
    """Return what the rule needs and the build does not know, each once, in the order of the rule."""
    return list(dict.fromkeys(_unknown(ground, rule)))


def _unknown(ground: Ground, rule: RuleShape) -> Iterator[str]:
    for part in rule.parts:
        yield from _unknown(ground, part)
    if rule.attribute is not None:
        attribute = ATTRIBUTES[rule.attribute.name]
        if not ground.knows(attribute.table, attribute.fixed):
            yield rule.attribute.name
    needed = [
        (rule.event, "event_fact"),
        (rule.order, "order_fact"),
        (rule.order.line if rule.order is not None else None, "channel"),
        (rule.relation, "relation_fact"),
        (rule.consent, "consent"),
        *((act, SOURCES[act.what].table) for act in _acts(rule)),
    ]
    for said, table in needed:
        if said is not None and not ground.knows(table):
            yield table
    if rule.list is not None and not ground.knows(lists_table(ground, LISTS), {"list": rule.list.key}):
        yield f"list {rule.list.key}"
    if rule.reach is not None:
        yield from unreached(ground, rule.reach)
    for act in (rule.did, rule.first, rule.last):
        if act is not None and act.during is not None and ground.campaign(act.during) is None:
            yield f"campaign {act.during}"
    yield from _unknown_meanings(ground, rule)


def _unknown_meanings(ground: Ground, rule: RuleShape) -> Iterator[str]:
    if rule.tag is not None and not _is_computable(ground, rule.tag.code):
        yield f"tag {rule.tag.code}"
    for model in {said.model for said in (rule.stage, rule.changed) if said is not None}:
        if not ground.knows("stage_span", {"model": model}):
            yield f"stage_span ({model})"
    if rule.segment is not None:
        yield from _unknown(ground, ground.segments[rule.segment])


def _acts(rule: RuleShape) -> list[ActShape]:
    found: list[ActShape] = [act for act in (rule.did, rule.first, rule.last) if act is not None]
    if rule.sequence is not None:
        steps = rule.sequence.steps
        absent = [*(step.without for step in steps), rule.sequence.then_not]
        found += [*steps, *(act for act in absent if act is not None)]
    return found


def _is_computable(ground: Ground, code: str) -> bool:
    """Return whether the build could compute a tag; where it says nothing of that, whether anybody has it."""
    if ground.knows("tag_insight", {"tag_code": code}):
        where = t.all_of([t.col("tag_code").eq(t.lit(code)), t.col("is_computable")])
        return ground.count(t.select({"code": t.col("tag_code")}, "tag_insight", where=where)) > 0
    return ground.knows("person_tag", {"tag_code": code})


def consented(ground: Ground, purpose: str) -> t.Tree:
    """Return the condition that a person's newest word on a purpose, up to the build's date, is yes.

    Yes and no at the same moment are a no.  Words said since the build (`SAID_SINCE`, lent to whoever reads a build)
    count at once, whatever its date: who withdrew a moment ago is in no audience.
    """
    told = words_on(ground, purpose)
    words = t.select({PERSON: t.col(PERSON, "whose")}, told, where=t.not_null(t.col(PERSON, "whose")), alias="word")
    same = t.col("identifier_id", "whose").eq(t.col("identifier_id", "word"))
    words = q.join_rows(words, "identifier_person", "whose", same).group_by(t.col(PERSON, "whose"))
    given, at = t.col("granted", "word"), t.col("occurred_at", "word")
    yes, no = (t.greatest_of(t.case([(answer, at)])) for answer in (given, given.not_()))
    return _among(q.having(words, t.all_of([t.not_null(yes), t.any_of([t.is_null(no), yes > no])])))


def words_on(ground: Ground, purpose: str) -> t.Query:
    """Return identifier_id, granted, occurred_at of every word on a purpose up to the build's date, and those since."""
    until = t.call("local_date", t.col("occurred_at"), t.lit(ground.zone)) <= t.lit(ground.as_of)
    columns = {name: t.col(name) for name in ("identifier_id", "granted", "occurred_at")}
    about = t.col("purpose").eq(t.lit(purpose))
    told: t.Query = t.select(columns, "consent", where=t.all_of([about, until]))
    if SAID_SINCE in ground.engine.tables:
        told = t.union_all([told, t.select(columns, SAID_SINCE, where=about)])
    return told


def reached(ground: Ground, means: str) -> t.Tree:
    """Return the condition that a person can be reached by a means on the build's date."""
    serves: list[t.Tree] = [t.col("channel_id", "reach").eq(t.lit(name)) for name in _nameless(means)]
    if ground.knows("channel"):
        named = t.any_of([t.col(column).eq(t.lit(text)) for column, text in _channels(means)])
        channels = t.select({"channel_id": t.col("channel_id")}, "channel", where=named)
        serves.append(q.is_in(t.col("channel_id", "reach"), channels))
    holds = [_holds(ground, "reach"), t.col("reachable", "reach"), t.not_null(t.col(PERSON, "reach"))]
    where = t.all_of([*holds, t.any_of(serves)])
    return _among(t.select({PERSON: t.col(PERSON, "reach")}, "reach_span", where=where, alias="reach"))


def unreached(ground: Ground, means: str) -> list[str]:
    """Return what is missing to tell whether somebody can be reached by a means: spans of reach, a channel for it."""
    if not ground.knows("reach_span"):
        return ["reach_span"]
    known = any(ground.knows("channel", {column: text}) for column, text in _channels(means))
    known = known or any(ground.knows("reach_span", {"channel_id": name}) for name in _nameless(means))
    return [] if known else [f"channel ({means})"]


def _channels(means: str) -> list[tuple[str, str]]:
    return [("platform", means), *(("fp_venue", venue) for venue in VENUES.get(means, ()))]


def _nameless(means: str) -> list[str]:
    """Spans of reach name the type where a relation names no channel (`facts/reach_channel.sql`)."""
    return [f"type:{kind}" for kind in RELATIONS.get(means, ())]


@dataclass(frozen=True, slots=True)
class WideQuestion:
    """A condition on the one row that a table has of a person, under alias `fact`; `is_out`: who has none is in.

    `dated` is the same for every question of a table; `asked` is what must hold of the row.
    """

    table: str
    dated: tuple[t.Tree, ...]
    asked: tuple[t.Tree, ...]
    is_out: bool


def wide_question(ground: Ground, leaf: RuleShape) -> WideQuestion | None:
    """Return what a leaf asks of a table with one row per person; None of any other leaf."""
    said = leaf.attribute
    if said is None or ATTRIBUTES[said.name].fixed:
        return None
    attribute = ATTRIBUTES[said.name]
    asked = tuple(_bounds(said, t.col(attribute.column, FACT)))
    return WideQuestion(attribute.table, tuple(_dated(ground, attribute)), asked, said.known is False)


def _attribute(ground: Ground, said: AttributeShape) -> t.Tree:
    attribute = ATTRIBUTES[said.name]
    value = t.col(attribute.column, FACT)
    query = t.select(
        {PERSON: t.col(PERSON, FACT)},
        attribute.table,
        where=t.all_of([*_dated(ground, attribute), *_bounds(said, value)]),
        alias=FACT,
    )
    return _among(query).not_() if said.known is False else _among(query)


def _dated(ground: Ground, attribute: Attribute) -> list[t.Tree]:
    held: list[t.Tree] = [t.col(name, FACT).eq(t.lit(text)) for name, text in attribute.fixed.items()]
    return held if attribute.date is None else [*held, t.col(attribute.date, FACT).eq(t.lit(ground.as_of))]


def _bounds(said: AttributeShape, value: t.Tree) -> list[t.Tree]:
    if said.is_:
        return [t.any_of([value.copy().eq(t.lit(text)) for text in said.is_])]
    bounds = [t.not_null(value.copy())]
    if said.at_least is not None:
        bounds.append(value.copy() >= t.lit(said.at_least))
    if said.at_most is not None:
        bounds.append(value.copy() <= t.lit(said.at_most))
    return bounds


def _event(ground: Ground, said: EventShape) -> t.Tree:
    kind = t.col("activity" if said.activity else "type").eq(t.lit(said.activity or said.type))
    return _often(ground, "event_fact", [kind], said)


def _order(ground: Ground, said: OrderShape) -> t.Tree:
    conditions = [t.col("is_valid")]
    if said.line is not None:
        places = t.select({"channel_id": t.col("channel_id")}, "channel", where=t.col("line").eq(t.lit(said.line)))
        conditions.append(q.is_in(t.col("ordered_channel_id"), places))
    return _often(ground, "order_fact", conditions, said)


def _often(ground: Ground, table: str, conditions: list[t.Tree], said: EventShape | OrderShape) -> t.Tree:
    """At most so often also holds for who did it never, so it is said as not more often."""
    day, first = t.col("local_date"), ground.as_of - timedelta(days=said.days - 1)
    inside = [day >= t.lit(first), day.copy() <= t.lit(ground.as_of), t.not_null(t.col(PERSON))]
    rows = t.select({PERSON: t.col(PERSON)}, table, where=t.all_of([*conditions, *inside]), group=[t.col(PERSON)])
    found = []
    if said.at_least is not None or said.at_most is None:
        found.append(_among(q.having(rows.copy(), t.count() >= t.lit(said.at_least or 1))))
    if said.at_most is not None:
        found.append(_among(q.having(rows.copy(), t.count() > t.lit(said.at_most))).not_())
    return t.all_of(found)


def _tag(ground: Ground, said: TagShape) -> t.Tree:
    where: list[t.Tree] = [
        t.col("tag_code", "tag").eq(t.lit(said.code)),
        t.col("from_date", "tag") <= t.lit(ground.as_of),
    ]
    where.append(t.col("to_date", "tag") > t.lit(ground.as_of))
    if said.is_:
        where.append(t.any_of([t.col("value", "tag").eq(t.lit(value)) for value in said.is_]))
    if said.at_least is not None:
        where.append(t.col("number", "tag") >= t.lit(said.at_least))
    if said.at_most is not None:
        where.append(t.col("number", "tag") <= t.lit(said.at_most))
    return _among(t.select({PERSON: t.col(PERSON, "tag")}, "person_tag", where=t.all_of(where), alias="tag"))


def _segment(ground: Ground, name: str) -> t.Tree:
    return condition_of(ground, ground.segments[name])


def lists_table(ground: Ground, table: str) -> str:
    """Return the table of lists as they were read now, lent beside the build, else the build's."""
    lent = f"{table}{READ_NOW}"
    return lent if lent in ground.engine.tables else table


def _listed(ground: Ground, said: ListShape) -> t.Tree:
    of_list = t.col("list", "listed").eq(t.lit(said.key))
    table = lists_table(ground, LISTED)
    return _among(t.select({PERSON: t.col(PERSON, "listed")}, table, where=of_list, alias="listed"))


def _sample(ground: Ground, said: SampleShape) -> t.Tree:
    seeded = t.joined_text(t.lit(f"{said.seed}:"), t.cast(t.col(PERSON, ONE), "VARCHAR"))
    return t.call("hash_bucket", seeded, t.lit(100)) < t.lit(said.percent)


def _relation(ground: Ground, said: RelationShape) -> t.Tree:
    conditions = [t.not_null(t.col(PERSON, "tie"))]
    if said.type is not None:
        conditions.append(t.col("type", "tie").eq(t.lit(said.type)))
    conditions.append(_holds(ground, "tie") if said.live else t.col("from_date", "tie") <= t.lit(ground.as_of))
    return _among(t.select({PERSON: t.col(PERSON, "tie")}, "relation_fact", where=t.all_of(conditions), alias="tie"))


def _holds(ground: Ground, alias: str) -> t.Tree:
    started = t.col("from_date", alias) <= t.lit(ground.as_of)
    return t.all_of([started, t.col("until_date", alias) > t.lit(ground.as_of)])
