"""From the rows of a metric to the rows of the files they came from: source, position in the raw log, row number."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.metrics.compile import persons_tree, where_of
from quanyu.metrics.definition import PERSON, Measure
from quanyu.metrics.scope import ROW, Scope
from quanyu.tables import CONTRACTS

ROW_COLUMNS: Final = ("source", "batch_seq", "source_row")
_ORIGIN: Final = "origin"


@dataclass(frozen=True, slots=True)
class Origin:
    """The table that holds the source rows of another: its columns beside the other's, and which rows count.

    `until` names the date of the other table's row after which nothing had happened yet.
    """

    table: str
    on: Mapping[str, str]
    valid_only: bool = False
    until: str | None = None


_ORDERS_OF_PERSON: Final = {PERSON: PERSON}
ORIGINS: Final[Mapping[str, Origin]] = {
    "order_line_fact": Origin("order_line", {"order_id": "order_id", "line_no": "line_no"}),
    "purchase_day_fact": Origin("order_fact", {PERSON: PERSON, "local_date": "local_date"}, valid_only=True),
    "person_fact": Origin("order_fact", _ORDERS_OF_PERSON, valid_only=True, until="as_of"),
    "rfm": Origin("order_fact", _ORDERS_OF_PERSON, valid_only=True, until="date"),
    "lifecycle": Origin("order_fact", _ORDERS_OF_PERSON, valid_only=True, until="date"),
    "value_tier": Origin("order_fact", _ORDERS_OF_PERSON, valid_only=True, until="date"),
}
"""Where the source rows of tables without provenance stand; tables summed up already have no line here."""


def rows_tree(measure: Measure, scope: Scope, tables: frozenset[str]) -> t.Query | None:
    """Return the source rows behind each cell of a measure: cell keys, source, batch_seq, source_row.

    Of persons met by a condition: the rows of exactly those persons.  None for tables that are summed up already.
    """
    keys = scope.keys()
    conditions = where_of(measure)
    own = all(CONTRACTS[scope.source].column(name) is not None for name in ROW_COLUMNS)
    origin = ORIGINS.get(scope.source)
    if not own and (origin is None or origin.table not in tables):
        return None
    alias = ROW if own else _ORIGIN
    query = scope.select({**keys, **{name: t.col(name, alias) for name in ROW_COLUMNS}}, where=conditions)
    if not own and origin is not None:
        query = q.join_rows(query, origin.table, _ORIGIN, _on(origin))
    if measure.having is None:
        return query
    met: list[t.Tree] = [
        t.col(name, "met").eq(tree.copy()) for name, tree in keys.items() if name not in scope.dimensions
    ]
    met += [_same(t.col(name, "met"), tree) for name, tree in scope.dimensions.items()]
    met.append(t.col(PERSON, "met").eq(t.col(PERSON, ROW)))
    return q.join_rows(query, persons_tree(measure, scope), "met", t.all_of(met))


def _on(origin: Origin) -> t.Tree:
    conditions: list[t.Tree] = [t.col(theirs, _ORIGIN).eq(t.col(ours, ROW)) for theirs, ours in origin.on.items()]
    if origin.valid_only:
        conditions.append(t.col("is_valid", _ORIGIN))
    if origin.until is not None:
        conditions.append(t.col("local_date", _ORIGIN) <= t.col(origin.until, ROW))
    return t.all_of(conditions)


def _same(left: t.Tree, right: t.Tree) -> t.Tree:
    both_unknown = t.all_of([t.is_null(left.copy()), t.is_null(right.copy())])
    return t.any_of([left.eq(right.copy()), both_unknown])
