"""Whom new rows touch: the persons of which something new is known since a batch, with all their identifiers.

A row touches whoever it names, and whoever an earlier version of it named.  A line or refund touches the buyer of its
order too.  A merge or split touches both sides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from quanyu.engine import DuckDBEngine
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.refresh.overlay import NOW
from quanyu.tables.contract import Table

IDENTIFIER: Final = "identifier_id"
ORDER: Final = "order_id"
PERSON: Final = "person_id"
ORDERS: Final = "order"
OF_ORDERS: Final = ("order_line", "refund")
"""Landing tables whose rows belong to the buyer of the order they name."""

_SEED: Final = "refresh_seed"
_MOVED: Final = "refresh_moved"


@dataclass(frozen=True, slots=True)
class Span:
    """Batches after `since` up to and including `until`."""

    since: int
    until: int

    @property
    def condition(self) -> t.Tree:
        """Return the condition on `batch_seq`."""
        return t.all_of([t.col("batch_seq") > t.lit(self.since), t.col("batch_seq") <= t.lit(self.until)])


def tables_with_new_rows(engine: DuckDBEngine, tables: Sequence[Table], span: Span) -> list[Table]:
    """Return the landing tables that got rows in the span."""
    rows = [(table, t.select({"found": t.lit(1)}, table.name, where=span.condition, limit=1)) for table in tables]
    return [table for table, query in rows if engine.query(query).num_rows]


def mark_touched(engine: DuckDBEngine, grown: Sequence[Table], span: Span, moved: pa.Table) -> int:
    """Keep the persons and identifiers that the new rows touch under the names of `NOW`; return how many persons.

    `grown` are the landing tables with new rows, which the engine sees as they stand, and the persons of today; `moved`
    (`person_id`) were merged or came apart, and may be no persons any more.
    """
    seeds = [query for table in grown for query in _named_by(table, span)]
    with engine.lent(_MOVED, moved):
        persons = _persons_of(t.union_all(seeds)) if seeds else _nobody()
        given = t.select({PERSON: t.col(PERSON)}, _MOVED)
        count = engine.note_query(
            q.distinct_rows(t.select({PERSON: t.col(PERSON)}, t.union_all([persons, given]))), _SEED
        )
    while True:
        engine.note_query(t.select({PERSON: t.col(PERSON)}, _SEED), NOW[PERSON])
        mine = q.is_in(t.col(PERSON), t.select({PERSON: t.col(PERSON)}, NOW[PERSON]))
        engine.note_query(t.select({IDENTIFIER: t.col(IDENTIFIER)}, "identifier_person", where=mine), NOW[IDENTIFIER])
        if "refund" not in engine.tables or ORDERS not in engine.tables:
            return count
        both = t.union_all([t.select({PERSON: t.col(PERSON)}, NOW[PERSON]), _persons_of(_refunded_buyers())])
        more = engine.note_query(q.distinct_rows(t.select({PERSON: t.col(PERSON)}, both)), _SEED)
        if more == count:
            return count
        count = more


def _named_by(table: Table, span: Span) -> list[t.Query]:
    """Return the identifiers that new rows, or other versions of what they are about, name; null among them."""
    found: list[t.Query] = []
    if IDENTIFIER in table.column_names:
        entity = {name: t.col(name) for name in table.entity}
        renewed = q.distinct_rows(t.select(entity, table.name, where=span.condition))
        same = same_entity(table, "row", "renewed")
        versions = t.select({IDENTIFIER: t.col(IDENTIFIER, "row")}, table.name, alias="row")
        found.append(t.select({IDENTIFIER: t.col(IDENTIFIER)}, table.name, where=span.condition))
        found.append(q.join_rows(versions, renewed, "renewed", same))
    if ORDER in table.column_names and table.name in OF_ORDERS:
        orders = t.select({ORDER: t.col(ORDER)}, table.name, where=span.condition)
        found.append(t.select({IDENTIFIER: t.col(IDENTIFIER)}, ORDERS, where=q.is_in(t.col(ORDER), orders)))
    return found


def same_entity(table: Table, one: str, other: str) -> t.Tree:
    """Return the condition that two rows are about one thing; what is null in both is the same."""
    is_null = {column.name for column in table.columns if column.null}

    def key(name: str, alias: str) -> t.Tree:
        value = t.col(name, alias)
        return t.coalesce(t.cast(value, "VARCHAR"), t.lit("")) if name in is_null else value

    return t.all_of([key(name, one).eq(key(name, other)) for name in table.entity])


def _refunded_buyers() -> t.Query:
    """Return the identifiers of the buyers of orders that refunds of touched persons name."""
    mine = q.is_in(t.col(IDENTIFIER), t.select({IDENTIFIER: t.col(IDENTIFIER)}, NOW[IDENTIFIER]))
    orders = t.select({ORDER: t.col(ORDER)}, "refund", where=t.all_of([mine, t.not_null(t.col(ORDER))]))
    return t.select({IDENTIFIER: t.col(IDENTIFIER)}, ORDERS, where=q.is_in(t.col(ORDER), orders))


def _persons_of(identifiers: t.Query) -> t.Query:
    known = t.all_of([t.not_null(t.col(PERSON)), q.is_in(t.col(IDENTIFIER), identifiers)])
    return t.select({PERSON: t.col(PERSON)}, "identifier_person", where=known)


def _nobody() -> t.Query:
    return t.select({PERSON: t.col(PERSON)}, "identifier_person", where=t.any_of([]))
