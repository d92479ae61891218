"""The acts of a published build as relations and arrays: events, and orders as `checkout` and `order_paid` (M-14).

The same reading as `analytics/funnel_act.sql`: a visitor that became one known person is that person, any other is a
number below zero; test and staff orders are nobody's act; a payment is a valid order unless said otherwise.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanyu.analytics.behaviour.kernels import NONE
from quanyu.analytics.behaviour.order import Numbers
from quanyu.analytics.behaviour.words import EVERY, FIELDS, ORDER_TYPES, Acts
from quanyu.engine import Engine
from quanyu.engine import query as q
from quanyu.engine import tree as t

LARGEST: Final = 40_000_000
"""Acts that are sorted at a time, about 50 bytes each; more are answered in parts of persons."""

MOST_SPLITS: Final = 20
OTHER: Final = "…"
UNKNOWN: Final = "—"
_PAYMENT: Final = "order_paid"


@dataclass(frozen=True, slots=True)
class Log:
    """The tables of a build as of its date; `largest` bounds how many acts are held at a time."""

    engine: Engine
    as_of: date
    largest: int = LARGEST

    def has(self, table: str) -> bool:
        """Return whether the build has the table."""
        return table in self.engine.tables

    def numbers(self, query: t.Query) -> dict[str, Numbers]:
        """Return the columns of a query as arrays of whole numbers: moments in µs, dates in days since 1970."""
        rows = self.engine.query(query, {})
        return {name: _numbers(rows[name]) for name in rows.column_names}

    def count(self, query: t.Query) -> int:
        """Return the number of rows of a query."""
        return int(self.numbers(t.select({"rows": t.count()}, query))["rows"][0])


@dataclass(frozen=True, slots=True)
class Mark:
    """Acts to be marked with a number; `before` leaves out those on and after a date."""

    acts: Acts
    number: int
    before: date | None = None


class Wanted(NamedTuple):
    """What is read of the log: marked columns by name, the types there may be (none: all), a field to split by.

    Dates are `start` ≤ local date < `end`.
    """

    marks: Mapping[str, Sequence[Mark]]
    types: tuple[str, ...] = ()
    split: str | None = None
    visitors: bool = True
    valid_orders: bool = True
    start: date | None = None
    end: date | None = None


def act_rows(log: Log, wanted: Wanted) -> t.Query:
    """Return the acts: actor_id, type, occurred_at, local_date, split, and each marked column, 0 where none holds."""
    parts = [_event_rows(log, wanted)]
    if log.has("order_fact"):
        parts += [_order_rows(log, wanted, kind) for kind in ORDER_TYPES if not wanted.types or kind in wanted.types]
    return t.union_all(parts)


def in_parts(log: Log, rows: q.Select, actor: str = "actor_id") -> Iterator[t.Query]:
    """Yield the rows in parts of actors, so that none holds many more than `log.largest`; one part for fewer."""
    tables = ("event_fact", "order_fact", "order_fact", "active_day", "purchase_day_fact")
    bound = sum(log.count(t.select({"one": t.lit(1)}, name)) for name in tables if log.has(name))
    # Reading every act only to count it costs a scan, which the sizes of the tables mostly save.
    parts = 1 if bound <= log.largest else -(-log.count(rows) // log.largest)
    if parts <= 1:
        yield rows
        return
    columns = {name: t.col(name) for name in rows.named_selects}
    number = t.case([(t.col(actor) < t.lit(0), t.lit(0) - t.col(actor))], t.col(actor))
    for part in range(parts):
        yield t.select(columns, rows.copy(), where=(number.copy() % t.lit(parts)).eq(t.lit(part)))


def marked(wanted: Wanted, column: str = "mark") -> t.Tree | None:
    """Return the condition that an act carries a mark of the column; None where every act that is read does."""
    marks = wanted.marks[column]
    plain = {name for mark in marks if not mark.acts.fields and mark.before is None for name in mark.acts.types}
    read = set(wanted.types) or {EVERY}
    refused = wanted.valid_orders and (_PAYMENT in read or EVERY in read)
    return None if read <= plain and not refused else t.col(column) > t.lit(0)


def type_names(acts: Sequence[Acts]) -> tuple[str, ...]:
    """Return the types that any of the acts may have; none means all."""
    if any(one.is_every_type for one in acts):
        return ()
    return tuple(sorted({name for one in acts for name in one.types}))


def split_values(log: Log, rows: q.Select, column: str = "split") -> tuple[str, ...]:
    """Return the values of a column that most rows have, at most `MOST_SPLITS`, the most frequent first."""
    counted = t.select(
        {"value": t.col(column), "rows": t.count()}, rows, where=t.not_null(t.col(column)), group=[t.col(column)]
    )
    order = [t.descending(t.col("rows")), t.col("value")]
    top = t.select({"value": t.col("value"), "rows": t.col("rows")}, counted, order=order, limit=MOST_SPLITS)
    return tuple(str(row["value"]) for row in log.engine.query(top, {}).to_pylist())


def split_code(values: Sequence[str], column: str = "split") -> t.Tree:
    """Return the number of a split: 0 where it is unknown, the place of the value from 1, after them the rest."""
    branches = [(t.is_null(t.col(column)), t.lit(0))]
    branches += [(t.col(column).eq(t.lit(value)), t.lit(at)) for at, value in enumerate(values, 1)]
    return t.case(branches, t.lit(len(values) + 1))


def split_names(values: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the numbers that `split_code` gives."""
    return (UNKNOWN, *values, OTHER)


def person_values(log: Log, name: str) -> t.Query:
    """Return person_id and value of an attribute: a stage model's label as of the build, else the latest one known."""
    if name == "first_channel":
        when = t.col("as_of").eq(t.lit(log.as_of))
        return t.select(
            {"person_id": t.col("person_id"), "value": t.col("first_channel_id")}, "person_fact", where=when
        )
    if name in stage_models(log):
        held = [
            t.col("model").eq(t.lit(name)),
            t.col("scope").eq(t.lit("brand")),
            t.col("date").eq(t.lit(log.as_of)),
        ]
        return t.select(
            {"person_id": t.col("person_id"), "value": t.col("stage")}, "stage_snapshot", where=t.all_of(held)
        )
    known = t.select(
        {"person_id": t.col("person_id", "whose"), "value": t.col("value", "told"), "at": t.col("observed_at", "told")},
        "person_attribute",
        where=t.all_of([t.col("attribute", "told").eq(t.lit(name)), t.not_null(t.col("value", "told"))]),
        alias="told",
    )
    same = t.col("identifier_id", "whose").eq(t.col("identifier_id", "told"))
    known = q.join_rows(known, "identifier_person", "whose", same)
    latest = t.row_number([t.col("person_id")], [t.descending(t.col("at")), t.col("value")])
    placed = t.select({"person_id": t.col("person_id"), "value": t.col("value"), "place": latest}, known)
    columns = {"person_id": t.col("person_id"), "value": t.col("value")}
    return t.select(columns, placed, where=t.col("place").eq(t.lit(1)))


def stage_models(log: Log) -> tuple[str, ...]:
    """Return the models with a label per person in this build."""
    if not log.has("stage_snapshot"):
        return ()
    when = t.all_of([t.col("date").eq(t.lit(log.as_of)), t.col("scope").eq(t.lit("brand"))])
    rows = t.select({"name": t.col("model")}, "stage_snapshot", where=when, group=[t.col("model")])
    return tuple(sorted(str(row["name"]) for row in log.engine.query(rows, {}).to_pylist()))


def attribute_names(log: Log) -> tuple[str, ...]:
    """Return every attribute of persons that figures can be split by."""
    names = [*stage_models(log), *(["first_channel"] if log.has("person_fact") else [])]
    if log.has("person_attribute") and log.has("identifier_person"):
        rows = t.select({"name": t.col("attribute")}, "person_attribute", group=[t.col("attribute")])
        names += sorted(str(row["name"]) for row in log.engine.query(rows, {}).to_pylist())
    return tuple(dict.fromkeys(names))


def actor_splits(log: Log, name: str, actor: Numbers) -> tuple[Numbers, tuple[str, ...]]:
    """Return for each actor the number of its attribute's value, and the names of the numbers; 0 is unknown."""
    values = person_values(log, name)
    columns = {"person_id": t.col("person_id"), "split": t.col("value")}
    rows = t.select(columns, values)
    known = split_values(log, rows)
    coded = t.select({"person_id": t.col("person_id"), "code": split_code(known)}, rows)
    found = log.numbers(coded)
    by_person = np.argsort(found["person_id"])
    persons, codes = found["person_id"][by_person], found["code"][by_person]
    if not len(persons):
        return np.zeros(len(actor), dtype=np.int64), split_names(known)
    place = np.minimum(np.searchsorted(persons, actor), len(persons) - 1)
    return np.where(persons[place] == actor, codes[place], 0), split_names(known)


def _event_rows(log: Log, wanted: Wanted) -> q.Select:
    actor: t.Tree = t.col("person_id", "e")
    if wanted.visitors:
        actor = t.coalesce(
            actor, t.col("person_id", "v"), t.lit(0) - t.call("hash60", t.col("visitor_key", "e"))
        )  # fmt: skip
    fields = {name: t.col(column, "e") for name, column in FIELDS.items()}
    used = _used(wanted)
    if "channel" in used and log.has("store"):
        fields["channel"] = t.coalesce(fields["channel"], t.col("channel_id", "s"))
    if "category" in used and log.has("product"):
        fields["category"] = t.coalesce(fields["category"], t.col("category_id", "p"))
    kind, day = t.col("type", "e"), t.col("local_date", "e")
    who: list[t.Tree] = [t.not_null(t.col("person_id", "e"))]
    if wanted.visitors:
        who.append(t.not_null(t.col("visitor_key", "e")))
    where = [t.any_of(who), *_dates(wanted, day)]
    if wanted.types:
        where.append(t.any_of([kind.copy().eq(t.lit(name)) for name in wanted.types]))
    # An event that says a payment was made is none that holds: orders say which payments do.
    refused = frozenset({_PAYMENT}) if wanted.valid_orders else frozenset()
    marks = {name: _marked(marks, kind, day, fields, refused) for name, marks in wanted.marks.items()}
    split = fields[wanted.split] if wanted.split is not None else t.cast(t.lit(None), "VARCHAR")
    columns = {"actor_id": actor, "type": kind, "occurred_at": t.col("occurred_at", "e"), "local_date": day}
    query = t.select({**columns, "split": split, **marks}, "event_fact", where=t.all_of(where), alias="e")
    if wanted.visitors:
        same = t.col("visitor_key", "v").eq(t.col("visitor_key", "e"))
        query = q.join_rows(query, _known_visitors(), "v", same, keep=True)
    if "channel" in used and log.has("store"):
        query = q.join_rows(
            query, _once("store", "store_id", "channel_id"), "s", _same("store_id", "s", "e"), keep=True
        )
    if "category" in used and log.has("product"):
        products = _once("product", "product_id", "category_id")
        query = q.join_rows(query, products, "p", _same("product_id", "p", "e"), keep=True)
    return query


def _order_rows(log: Log, wanted: Wanted, kind: str) -> q.Select:
    day = t.col("local_date", "o")
    fields: dict[str, t.Tree] = {name: t.cast(t.lit(None), "VARCHAR") for name in FIELDS}
    fields |= {"channel": t.col("ordered_channel_id", "o"), "store": t.col("store_id", "o")}
    has_store = "channel" in _used(wanted) and log.has("store")
    if has_store:
        fields["channel"] = t.coalesce(fields["channel"], t.col("channel_id", "s"))
    reason = t.coalesce(t.col("invalid_reason", "o"), t.lit(""))
    refused = ("test", "staff") if kind != _PAYMENT else ("test", "staff", "unpaid", "cancelled")
    where = [t.not_null(t.col("person_id", "o")), t.not_null(day), *_dates(wanted, day)]
    where += [reason.copy().neq(t.lit(one)) for one in refused]
    if kind == _PAYMENT and wanted.valid_orders:
        where.append(t.col("is_valid", "o"))
    moment = t.coalesce(t.col("paid_at", "o"), t.cast(day.copy(), "TIMESTAMP"))
    lines = _line_joins(wanted, kind)
    marks = {
        name: _marked(marks, t.lit(kind), day, fields, frozenset(), {key: at for at, key in enumerate(lines)})
        for name, marks in wanted.marks.items()
    }
    split = fields[wanted.split] if wanted.split is not None else t.cast(t.lit(None), "VARCHAR")
    columns = {"actor_id": t.col("person_id", "o"), "type": t.lit(kind), "occurred_at": moment, "local_date": day}
    query = t.select({**columns, "split": split, **marks}, "order_fact", where=t.all_of(where), alias="o")
    if has_store:
        query = q.join_rows(
            query, _once("store", "store_id", "channel_id"), "s", _same("store_id", "s", "o"), keep=True
        )
    for at, restricted in enumerate(lines):
        query = q.join_rows(query, _orders_with(restricted), f"l{at}", _same("order_id", f"l{at}", "o"), keep=True)
    return query


Restricted = tuple[tuple[str, tuple[str, ...]], ...]


def _line_joins(wanted: Wanted, kind: str) -> list[Restricted]:
    """Return each restriction by product or category of marks that an order of this kind may carry, once."""
    acts = [mark.acts for marks in wanted.marks.values() for mark in marks]
    found = [_of_lines(one) for one in acts if one.is_every_type or kind in one.types]
    return list(dict.fromkeys(one for one in found if one))


def _of_lines(acts: Acts) -> Restricted:
    return tuple((name, values) for name, values in acts.fields if name in ("product", "category"))


def _orders_with(restricted: Restricted) -> t.Query:
    held = [t.any_of([t.col(FIELDS[name]).eq(t.lit(one)) for one in values]) for name, values in restricted]
    rows = t.select({"order_id": t.col("order_id")}, "order_line_fact", where=t.all_of(held))
    return q.distinct_rows(rows)


def _marked(
    marks: Sequence[Mark],
    kind: t.Tree,
    day: t.Tree,
    fields: Mapping[str, t.Tree],
    refused: frozenset[str],
    lines: Mapping[Restricted, int] | None = None,
) -> t.Tree:
    """Return the sum of the numbers of the marks that an act carries: one look at its type, then what restricts it."""
    types = sorted({name for mark in marks for name in mark.acts.types if not mark.acts.is_every_type})

    def total(name: str | None) -> t.Tree:
        plain, restricted = 0, []
        for mark in marks:
            if not mark.acts.is_every_type and name not in mark.acts.types:
                continue
            conditions = _conditions(mark, day, fields, lines)
            if conditions:
                restricted.append(t.case([(t.all_of(conditions), t.lit(mark.number))], t.lit(0)))
            else:
                plain += mark.number
        tree: t.Tree = t.lit(plain)
        for one in restricted:
            tree = tree + one
        return tree

    branches = [(kind.copy().eq(t.lit(name)), t.lit(0) if name in refused else total(name)) for name in types]
    branches += [(kind.copy().eq(t.lit(name)), t.lit(0)) for name in sorted(refused - set(types))]
    return t.case(branches, total(None)) if branches else total(None)


def _conditions(
    mark: Mark, day: t.Tree, fields: Mapping[str, t.Tree], lines: Mapping[Restricted, int] | None
) -> list[t.Tree]:
    found: list[t.Tree] = [] if mark.before is None else [day.copy() < t.lit(mark.before)]
    of_lines = _of_lines(mark.acts) if lines is not None else ()
    for name, values in mark.acts.fields:
        if (name, values) not in of_lines:
            found.append(t.any_of([fields[name].copy().eq(t.lit(value)) for value in values]))
    if lines is not None and of_lines in lines:
        found.append(t.not_null(t.col("order_id", f"l{lines[of_lines]}")))
    return found


def _dates(wanted: Wanted, day: t.Tree) -> list[t.Tree]:
    found: list[t.Tree] = []
    if wanted.start is not None:
        found.append(day.copy() >= t.lit(wanted.start))
    if wanted.end is not None:
        found.append(day.copy() < t.lit(wanted.end))
    return found


def _used(wanted: Wanted) -> set[str]:
    named = {name for marks in wanted.marks.values() for mark in marks for name, _ in mark.acts.fields}
    return named | {wanted.split or ""}


def _known_visitors() -> t.Query:
    """Visitors whose acts with a known person all name the same one."""
    person, visitor = t.col("person_id"), t.col("visitor_key")
    rows = t.select(
        {"visitor_key": visitor, "person_id": t.greatest_of(person)},
        "event_fact",
        where=t.all_of([t.not_null(person.copy()), t.not_null(visitor.copy())]),
        group=[visitor.copy()],
    )
    return q.having(rows, t.smallest_of(person.copy()).eq(t.greatest_of(person.copy())))


def _once(table: str, key: str, column: str) -> t.Query:
    """A column by its key, one row each: landing tables hold every version that was delivered."""
    rows = {key: t.col(key), column: t.greatest_of(t.col(column))}
    return t.select(rows, table, group=[t.col(key)])


def _same(key: str, one: str, other: str) -> t.Tree:
    return t.col(key, one).eq(t.col(key, other))


def _numbers(column: pa.ChunkedArray) -> Numbers:
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    elif pa.types.is_date32(column.type):
        column = column.cast(pa.int32()).cast(pa.int64())
    elif not pa.types.is_int64(column.type):
        column = column.cast(pa.int64())
    if column.null_count:
        column = pc.fill_null(column, NONE)
    found: Numbers = column.to_numpy()
    return found
