"""Compiles measures to one query: each source aggregated at its own grain, the results met on period and dimensions.

Aggregating before joining is what keeps a table with many rows per key from multiplying the rows of another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.metrics.definition import PERSON, Measure, Metrics, TimeRule, Unit
from quanyu.metrics.scope import PERIOD_START, ROW, Frame, Scope, scope_of

COMPARISON: Final = "is_comparison"
ROWS: Final = "_rows"
SQL_TYPES: Final = {
    Unit.MONEY: "BIGINT",
    Unit.COUNT: "BIGINT",
    Unit.DAYS: "BIGINT",
    Unit.DECIMAL: "DECIMAL(38, 6)",
    Unit.RATIO: "DOUBLE",
    Unit.INDEX: "DOUBLE",
}


@dataclass(frozen=True, slots=True)
class Leg:
    """Metrics that are aggregated together: of one table, placed in periods by one rule; persons met alone."""

    source: str
    rule: TimeRule
    metrics: tuple[str, ...]


def legs_of(metrics: Metrics, names: Sequence[str]) -> tuple[Leg, ...]:
    """Return the legs of metrics of tables, in the order the metrics were named."""
    grouped: dict[tuple[str, TimeRule, str], list[str]] = {}
    for name in dict.fromkeys(names):
        measure = metrics.measure(name)
        alone = name if measure.having is not None else ""
        grouped.setdefault((measure.source, measure.time, alone), []).append(name)
    return tuple(Leg(source, rule, tuple(members)) for (source, rule, _), members in grouped.items())


def compile_tree(
    metrics: Metrics, names: Sequence[str], frames: Sequence[Frame], tables: frozenset[str]
) -> t.Query | None:
    """Return the one query of metrics of tables over frames: the asked one, then perhaps the comparison.

    Columns: `is_comparison` (0, 1), `period_start`, the dimensions as text, then of every metric its value and
    `<metric>_rows`, the number of rows behind it.  None when no table of it exists or can fall in the periods.
    """
    parts = []
    for place, frame in enumerate(frames):
        for leg in legs_of(metrics, names):
            if leg.source not in tables:
                continue
            scope = scope_of(leg.source, leg.rule, frame, metrics.dimensions, tables)
            if scope is not None:
                parts.append(_leg_tree(metrics, leg, scope, names, place))
    if not parts:
        return None
    return _met(parts[0], names, frames[0].by) if len(parts) == 1 else _met(t.union_all(parts), names, frames[0].by)


def persons_tree(measure: Measure, scope: Scope) -> t.Query:
    """Return the distinct persons of each cell behind a measure, as `period_start`, dimensions and `person_id`.

    For a metric that counts persons, the rows of a cell are exactly the persons it counts.
    """
    keys = scope.keys()
    person = t.col(PERSON, ROW)
    found = [_not_null(person), *where_of(measure)]
    query = scope.select({**keys, PERSON: person}, group=[*keys.values(), person], where=found)
    return query if measure.having is None else q.having(query, q.of(measure.having, ROW))


def _leg_tree(metrics: Metrics, leg: Leg, scope: Scope, names: Sequence[str], place: int) -> t.Query:
    first = metrics.measure(leg.metrics[0])
    values = _persons_met(leg, first, scope) if first.having is not None else _aggregated(metrics, leg, scope)
    keys = [PERIOD_START, *scope.dimensions]
    columns: dict[str, t.Tree] = {COMPARISON: t.lit(place), **{name: t.col(name) for name in keys}}
    for name in dict.fromkeys(names):
        own = name in leg.metrics
        columns[name] = t.col(name) if own else t.cast(t.lit(None), SQL_TYPES[metrics[name].unit])
        columns[name + ROWS] = t.col(name + ROWS) if own else t.cast(t.lit(None), "BIGINT")
    return t.select(columns, values, alias=leg.source)


def _aggregated(metrics: Metrics, leg: Leg, scope: Scope) -> t.Query:
    keys = scope.keys()
    columns = dict(keys)
    for name in leg.metrics:
        measure = metrics.measure(name)
        if measure.expr is None:
            continue
        value, rows = q.of(measure.expr, ROW), t.count()
        if measure.where is not None:
            condition = q.of(measure.where, ROW)
            value, rows = q.restricted(value, condition), q.restricted(rows, condition)
        columns[name] = t.cast(value, SQL_TYPES[metrics[name].unit])
        columns[name + ROWS] = rows
    return scope.select(columns, group=list(keys.values()))


def _persons_met(leg: Leg, measure: Measure, scope: Scope) -> t.Query:
    name = leg.metrics[0]
    keys = {key: t.col(key) for key in (PERIOD_START, *scope.dimensions)}
    columns = {**keys, name: t.count(), name + ROWS: t.count()}
    return t.select(columns, persons_tree(measure, scope), group=list(keys.values()), alias="person")


def _met(rows: t.Query, names: Sequence[str], by: Sequence[str]) -> t.Query:
    keys = {name: t.col(name) for name in (COMPARISON, PERIOD_START, *by)}
    values: Mapping[str, t.Tree] = {
        column: q.greatest_of(t.col(column)) for name in dict.fromkeys(names) for column in (name, name + ROWS)
    }
    return t.select({**keys, **values}, rows, group=list(keys.values()), alias="leg")


def where_of(measure: Measure) -> list[t.Tree]:
    """Return the measure's own row condition over the scope's rows, or none."""
    return [] if measure.where is None else [q.of(measure.where, ROW)]


def _not_null(tree: t.Tree) -> t.Tree:
    return t.is_null(tree.copy()).not_()
