"""Conditions on what somebody did: how often or how much, first or last, one after the other.

Each is `person_id IN (…)` over one table of facts, so that no join can multiply a person.
"""

from datetime import date, timedelta
from typing import Final

from quanyu.definitions.segment_acts import SOURCES, ActShape, DidShape, EdgeShape, SequenceShape, WindowedShape
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.segments.calendar import started, whole_days
from quanyu.segments.ground import Ground
from quanyu.segments.persons import PERSON, among

_AT: Final = "at"
_DAY: Final = "day"
_BARRIER: Final = "barrier"
_ZERO_OF_NOTHING: Final = ("count", "sum", "distinct")


def did(ground: Ground, said: DidShape) -> t.Tree:
    """Return the condition that somebody did a thing so often, or so much of it.

    Bounds from above also hold for who never did it, where never doing it is a value (count, sum, distinct): they are
    said as not above.
    """
    rows = _grouped(ground, said)
    measured = _measure(said)
    found = []
    is_bounded = said.at_least is not None or said.at_most is not None
    if said.at_least is not None or not is_bounded:
        found.append(_at_least(rows, measured, 1 if said.at_least is None else said.at_least, said))
    if said.at_most is not None:
        over = among(q.having(rows.copy(), measured.copy() > t.lit(said.at_most))).not_()
        found.append(over if said.measure in _ZERO_OF_NOTHING else t.all_of([over, _has_value(rows, measured)]))
    return t.all_of(found)


def _at_least(rows: q.Select, measured: t.Tree, least: int, said: DidShape) -> t.Tree:
    if said.measure in _ZERO_OF_NOTHING and least <= 0:
        # Never having done it is 0 already, so only those below the bound fall out: a sum may be negative.
        return among(q.having(rows.copy(), measured.copy() < t.lit(least))).not_()
    return among(q.having(rows.copy(), measured.copy() >= t.lit(least)))


def _has_value(rows: q.Select, measured: t.Tree) -> t.Tree:
    return among(q.having(rows.copy(), t.not_null(measured.copy())))


def _grouped(ground: Ground, said: WindowedShape) -> q.Select:
    source = SOURCES[said.what]
    where = t.all_of([*act_conditions(said), *window_conditions(ground, said)])
    return t.select({PERSON: t.col(PERSON)}, source.table, where=where, group=[t.col(PERSON)])


def _measure(said: DidShape) -> t.Tree:
    source = SOURCES[said.what]
    if said.of is None:
        return t.count()
    if said.measure == "distinct":
        return q.count_distinct(t.col(source.distinct[said.of]))
    value = t.col(source.numbers[said.of])
    if said.measure == "avg":
        return t.call("safe_divide", t.total(value), t.count(value.copy()))
    measures = {"sum": t.total, "min": t.smallest_of, "max": t.greatest_of}
    return measures[said.measure](value)


def act_conditions(said: ActShape) -> list[t.Tree]:
    """Return the conditions on the row of a thing: somebody known did it, it is valid, and its fields are as said."""
    source = SOURCES[said.what]
    found: list[t.Tree] = [t.not_null(t.col(PERSON))]
    if source.has_validity:
        found.append(t.col("is_valid"))
    if said.type is not None or said.activity is not None:
        found.append(t.col("type" if said.type else "activity").eq(t.lit(said.type or said.activity)))
    for name, values in said.where.items():
        found.append(t.any_of([t.col(source.fields[name]).eq(t.lit(value)) for value in values]))
    found += [t.col(source.numbers[name]) >= t.lit(least) for name, least in said.least.items()]
    found += [t.col(source.numbers[name]) <= t.lit(most) for name, most in said.most.items()]
    return found


def window_conditions(ground: Ground, said: WindowedShape) -> list[t.Tree]:
    """Return the conditions that a thing lies in the window and not after the build's date."""
    last = ground.as_of - timedelta(days=said.ago)
    found: list[t.Tree] = [t.col("local_date") <= t.lit(last)]
    if said.days is not None:
        found.append(t.col("local_date") >= t.lit(last - timedelta(days=said.days - 1)))
    if said.during is not None:
        days = ground.campaign(said.during)
        found += [t.any_of([])] if days is None else _between(days)
    if said.whole is not None:
        found += _between(whole_days(said.whole, ground.as_of))
    if said.this is not None:
        found += _between((started(said.this, ground.as_of), ground.as_of))
    if said.from_ is not None:
        found.append(t.col("local_date") >= t.lit(said.from_))
    if said.until is not None:
        found.append(t.col("local_date") < t.lit(said.until))
    return found


def _between(days: tuple[date, date]) -> list[t.Tree]:
    return [t.col("local_date") >= t.lit(days[0]), t.col("local_date") <= t.lit(days[1])]


def edge(ground: Ground, said: EdgeShape, *, is_last: bool) -> t.Tree:
    """Return the condition that the first (last) thing of a kind, type or activity is as said and in the window."""
    source = SOURCES[said.what]
    kind = ActShape(what=said.what, type=said.type, activity=said.activity)
    until = t.col("local_date") <= t.lit(ground.as_of)
    order = [t.col(name) for name in source.order]
    ranked = t.row_number([t.col(PERSON)], [t.descending(key) for key in order] if is_last else order)
    names = {PERSON, "local_date", *source.fields.values(), *source.numbers.values()}
    columns = {name: t.col(name) for name in sorted(names)}
    rows = t.select({**columns, "place": ranked}, source.table, where=t.all_of([*act_conditions(kind), until]))
    own = ActShape(what=said.what, where=said.where, least=said.least, most=said.most)
    # The kind and the validity were asked for above: here only what the one thing itself must be.
    wanted = act_conditions(own)[2 if source.has_validity else 1 :]
    held = t.all_of([t.col("place").eq(t.lit(1)), *wanted, *window_conditions(ground, said)])
    return among(t.select({PERSON: t.col(PERSON)}, rows, where=held))


def sequence(ground: Ground, said: SequenceShape) -> t.Tree:
    """Return the condition that somebody took the steps in order.

    A moment of a step counts when some moment of the step before, that counts itself, lies before it and near enough,
    and nothing that the step is without lies between them.
    """
    reached = _moments(ground, said.steps[0], said.days)
    for step in said.steps[1:]:
        moments = _moments(ground, step, said.days)
        if step.without is not None:
            moments = _with_barrier(moments, _moments(ground, step.without, None))
        reached = _after(reached, moments, said.gap_days, has_barrier=step.without is not None)
    if said.then_not is not None and said.then_days is not None:
        reached = _not_followed(ground, reached, said.then_not, said.then_days)
    return among(t.select({PERSON: t.col(PERSON)}, reached))


def _moments(ground: Ground, step: ActShape, days: int | None) -> t.Query:
    window = WindowedShape(what=step.what, days=days)
    where = t.all_of([*act_conditions(step), *window_conditions(ground, window)])
    columns = {PERSON: t.col(PERSON), _AT: _moment(step.what), _DAY: t.col("local_date")}
    return q.distinct_rows(t.select(columns, SOURCES[step.what].table, where=where))


def _moment(what: str) -> t.Tree:
    midnight = t.cast(t.col("local_date"), "TIMESTAMP")
    if what == "event":
        return t.col("occurred_at")
    # As in funnels: an order without a moment of payment, and a line, stand at the beginning of their day.
    return t.coalesce(t.col("paid_at"), midnight) if what == "order" else midnight


def _with_barrier(moments: t.Query, absent: t.Query) -> t.Query:
    """Return moments with the last one before each at which the absent thing happened; null when it never did."""
    columns = {name: t.col(name, "now") for name in (PERSON, _AT, _DAY)}
    earlier = [t.col(PERSON, "absent").eq(t.col(PERSON, "now")), t.col(_AT, "absent") < t.col(_AT, "now")]
    keys = [column.copy() for column in columns.values()]
    found = t.select({**columns, _BARRIER: t.greatest_of(t.col(_AT, "absent"))}, moments, alias="now", group=keys)
    return q.join_rows(found, absent, "absent", t.all_of(earlier), keep=True)


def _after(reached: t.Query, moments: t.Query, gap_days: int | None, *, has_barrier: bool = False) -> t.Query:
    columns = {name: t.col(name, "now") for name in (PERSON, _AT, _DAY)}
    near: list[t.Tree] = [t.col(PERSON, "before").eq(t.col(PERSON, "now")), t.col(_AT, "before") < t.col(_AT, "now")]
    if gap_days is not None:
        gap = t.call("days_between", t.col(_DAY, "before"), t.col(_DAY, "now"))
        near.append(gap <= t.lit(gap_days))
    if has_barrier:
        barrier = t.col(_BARRIER, "now")
        near.append(t.any_of([t.is_null(barrier), t.col(_AT, "before") >= barrier.copy()]))
    found = t.select(columns, moments, alias="now")
    return q.distinct_rows(q.join_rows(found, reached, "before", t.all_of(near)))


def _not_followed(ground: Ground, reached: t.Query, step: ActShape, days: int) -> t.Query:
    passed = t.call("add_days", t.col(_DAY, "now"), t.lit(days)) <= t.lit(ground.as_of)
    found = t.select({PERSON: t.col(PERSON, "now")}, reached, alias="now", where=t.all_of([passed]))
    late = [
        t.col(PERSON, "later").eq(t.col(PERSON, "now")),
        t.col(_AT, "later") > t.col(_AT, "now"),
        t.call("days_between", t.col(_DAY, "now"), t.col(_DAY, "later")) <= t.lit(days),
    ]
    joined = q.join_rows(found, _moments(ground, step, None), "later", t.all_of(late), keep=True)
    return joined.where(t.is_null(t.col(PERSON, "later")))
