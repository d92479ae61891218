"""Membership by the clock: on which day somebody can next come into a rule or leave it without any new row.

Whoever has no such day up to a date is in a rule on that date as before, so only the others are asked again.  A day
may be named on which nothing changes; none on which something changes is left out.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa

from quanyu.definitions.segment_acts import SOURCES, ActShape, SequenceShape, WindowedShape
from quanyu.definitions.segment_rule import RuleShape
from quanyu.engine import DuckDBEngine
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.segments.acts import act_conditions
from quanyu.segments.calendar import next_whole, started_next
from quanyu.segments.ground import Ground
from quanyu.segments.persons import PERSON, among, persons_tree
from quanyu.segments.rule import condition_of

CROSSES_ON: Final = "crosses_on"
DUE: Final = "segment_due"
"""The name under which persons to be asked again are lent to the engine."""

_DAY: Final = "day"


def unclocked_in(ground: Ground, rule: RuleShape) -> list[str]:
    """Return what of a rule a build alone makes anew for another date, each once: attributes, tags, stages.

    The days of their spans are those that the build knew: what turns by the clock alone is not among them.
    """
    found = [rule.attribute.name] if rule.attribute is not None else []
    found += [f"tag {rule.tag.code}"] if rule.tag is not None else []
    found += [f"stage_span ({said.model})" for said in (rule.stage, rule.changed) if said is not None]
    parts = [ground.segments[rule.segment]] if rule.segment is not None else []
    for part in (*parts, *rule.parts):
        found += unclocked_in(ground, part)
    return list(dict.fromkeys(found))


def crossings(ground: Ground, engine: DuckDBEngine, rule: RuleShape, persons: pa.Table | None = None) -> pa.Table:
    """Return person_id and crosses_on, the first day after the ground's date on which a rule may turn for a person.

    Nobody who has none is in it.  `persons` (person_id) narrows it to some.  Of tags and stages the spans are taken as
    they stand; attributes have no day (`unclocked_in`).
    """
    days = list(_days(ground, rule))
    if not days:
        return pa.table({PERSON: pa.array([], pa.int64()), CROSSES_ON: pa.array([], pa.date32())})
    later = [t.not_null(t.col(PERSON)), t.col(_DAY) > t.lit(ground.as_of)]
    columns = {PERSON: t.col(PERSON), CROSSES_ON: t.smallest_of(t.col(_DAY))}
    if persons is None:
        return engine.query(t.select(columns, t.union_all(days), where=t.all_of(later), group=[t.col(PERSON)]))
    with engine.lent(DUE, persons):
        later.append(q.is_in(t.col(PERSON), t.select({PERSON: t.col(PERSON)}, DUE)))
        return engine.query(t.select(columns, t.union_all(days), where=t.all_of(later), group=[t.col(PERSON)]))


def members_on(ground: Ground, engine: DuckDBEngine, rule: RuleShape, before: pa.Table, due: pa.Table) -> pa.Table:
    """Return the persons of a rule on the ground's date (person_id, ascending), who was in it on a day before given.

    `due` are those whose day of crossing has come since: they are asked again, the others are as before.
    """
    with engine.lent(DUE, due):
        again = persons_tree([among(t.select({PERSON: t.col(PERSON)}, DUE)), condition_of(ground, rule)])
        asked = engine.query(again).column(PERSON).to_numpy()
    kept = np.setdiff1d(before.column(PERSON).to_numpy(), due.column(PERSON).to_numpy())
    return pa.table({PERSON: pa.array(np.union1d(kept, asked).astype(np.int64), pa.int64())})


def _days(ground: Ground, rule: RuleShape) -> Iterator[t.Query]:
    """Yield person_id and a day, on which a row begins or ends to count for one of the conditions."""
    for part in rule.parts:
        yield from _days(ground, part)
    if rule.segment is not None:
        yield from _days(ground, ground.segments[rule.segment])
    for act in (rule.did, rule.first, rule.last):
        if act is not None:
            yield from _of_window(ground, act)
    if rule.event is not None:
        said = rule.event
        yield from _of_window(
            ground, WindowedShape(what="event", type=said.type, activity=said.activity, days=said.days)
        )
    if rule.order is not None:
        yield from _of_window(ground, WindowedShape(what="order", days=rule.order.days))
    if rule.sequence is not None:
        yield from _of_sequence(rule.sequence)
    yield from _of_spans(rule)
    if rule.consent is not None:
        yield _of_words(ground, rule.consent)


def _of_window(ground: Ground, said: WindowedShape) -> Iterator[t.Query]:
    # Whatever its fields, a thing of the kind may become the first or last one.
    kind = ActShape(what=said.what, type=said.type, activity=said.activity)
    yield _moved(kind, 0)
    if said.ago:
        yield _moved(kind, said.ago)
    if said.days is not None:
        yield _moved(kind, said.ago + said.days)
    turns = [
        *([next_whole(said.whole.unit, ground.as_of)] if said.whole is not None else []),
        *([started_next(said.this, ground.as_of)] if said.this is not None else []),
    ]
    for day in turns:
        where = t.all_of(act_conditions(kind))
        yield t.select({PERSON: t.col(PERSON), _DAY: t.lit(day)}, SOURCES[kind.what].table, where=where)


def _of_sequence(said: SequenceShape) -> Iterator[t.Query]:
    lengths = [0, said.days, *([said.then_days] if said.then_days is not None else [])]
    for step in said.steps:
        yield from (_moved(step, days) for days in lengths)
        if step.without is not None:
            yield _moved(step.without, 0)
    if said.then_not is not None:
        yield _moved(said.then_not, 0)


def _moved(act: ActShape, days: int) -> t.Query:
    day = t.call("add_days", t.col("local_date"), t.lit(days))
    return t.select({PERSON: t.col(PERSON), _DAY: day}, SOURCES[act.what].table, where=t.all_of(act_conditions(act)))


def _of_spans(rule: RuleShape) -> Iterator[t.Query]:
    """Yield the first day of each span and the first one behind it; of a turn also the day it is forgotten."""
    spans: list[tuple[str, str, list[t.Tree], int]] = []
    if rule.tag is not None:
        spans.append(("person_tag", "to_date", [t.col("tag_code").eq(t.lit(rule.tag.code))], 0))
    if rule.relation is not None:
        kind = rule.relation.type
        spans.append(
            ("relation_fact", "until_date", [] if kind is None else [t.col("type").eq(t.lit(kind))], 0)
        )
    if rule.reach is not None:
        spans.append(("reach_span", "until_date", [], 0))
    for said in (rule.stage, rule.changed):
        if said is not None:
            days = 0 if rule.changed is None else rule.changed.days
            spans.append(("stage_span", "until_date", [t.col("model").eq(t.lit(said.model))], days))
    for table, end, where, days in spans:
        for column in ("from_date", end):
            for length in {0, days}:
                day = t.call("add_days", t.col(column), t.lit(length))
                held = t.all_of([one.copy() for one in where]) if where else None
                yield t.select({PERSON: t.col(PERSON), _DAY: day}, table, where=held)


def _of_words(ground: Ground, purpose: str) -> t.Query:
    day = t.call("local_date", t.col("occurred_at", "word"), t.lit(ground.zone))
    about = t.col("purpose", "word").eq(t.lit(purpose))
    words = t.select({PERSON: t.col(PERSON, "whose"), _DAY: day}, "consent", where=about, alias="word")
    same = t.col("identifier_id", "whose").eq(t.col("identifier_id", "word"))
    return q.join_rows(words, "identifier_person", "whose", same)
