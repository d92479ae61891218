"""Rules for metrics: tables, columns, dimensions and metrics exist, money is exact, ratios do not turn in circles."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from quanyu.definitions.catalogue import Catalogue, Definition
from quanyu.definitions.metric import MetricShape
from quanyu.definitions.rules.expressions import find_table, read, unknown
from quanyu.engine import Kind
from quanyu.engine.query import has_keyed_aggregate, is_inexact
from quanyu.engine.tree import Tree
from quanyu.errors import Problem, did_you_mean
from quanyu.tables.contract import Contracts, Table, Type

PERSON = "person_id"
_WHOLE = ("money", "count", "days", "decimal")


@dataclass(frozen=True, slots=True)
class MeasureTrees:
    """The checked expressions of a metric of a table: measure or condition per person, and rows."""

    expr: Tree | None
    having: Tree | None
    where: Tree | None


def read_measure(
    definition: Definition[MetricShape], contracts: Contracts, dimensions: Mapping[str, frozenset[str]]
) -> tuple[MeasureTrees | None, list[Problem]]:
    """Return the trees of a metric of a table, or None, and every problem.

    `dimensions` maps each dimension to the tables that it can split.
    """
    shape = definition.value
    table, problems = find_table(shape.source or "", contracts, definition.place("source"))
    if table is None:
        return None, problems
    expr, found = _read_optional(definition, "expr", table, Kind.MEASURE)
    problems += found
    having, found = _read_optional(definition, "having", table, Kind.MEASURE)
    problems += found
    where, found = _read_optional(definition, "where", table, Kind.ROW)
    problems += found
    problems += _check_time(definition, table)
    problems += _check_dimensions(definition, table, dimensions)
    if expr is not None:
        problems += _check_exact(definition, expr, table)
    if having is not None and table.column(PERSON) is None:
        problems.append(unknown("Column", PERSON, table.column_names, definition.place("having")))
    if any(tree is not None and has_keyed_aggregate(tree) for tree in (expr, having)):
        message = "min_by and max_by cannot stand in a metric."
        problems.append(Problem("config.sql_refused", message, "Use min or max.", definition.place("expr")))
    return (None if problems else MeasureTrees(expr, having, where)), problems


def check_ratio(definition: Definition[MetricShape], metrics: Catalogue[MetricShape]) -> Iterator[Problem]:
    """Yield what is wrong with a ratio: metrics that do not exist, circles, parts that are ratios themselves."""
    circle = _circle(definition.name, metrics)
    if circle:
        message = f"{' → '.join(circle)}: the metric is made of itself."
        yield Problem("config.cycle", message, "Name metrics of tables.", definition.place("numerator"))
        return
    for key in ("numerator", "denominator"):
        name = getattr(definition.value, key)
        found = metrics.find(name, definition.place(key))
        if isinstance(found, Problem):
            yield found
        elif found.value.numerator is not None:
            message = f'"{name}" is a ratio itself.'
            yield Problem("config.value", message, "A ratio divides metrics of tables.", definition.place(key))
    yield from _check_across(definition, metrics)


def _check_across(definition: Definition[MetricShape], metrics: Catalogue[MetricShape]) -> Iterator[Problem]:
    name = definition.value.numerator
    if name is None or name not in metrics:
        return
    known = metrics[name].value.dimensions
    for at, dimension in enumerate(definition.value.across):
        if dimension not in known:
            yield unknown("Dimension", dimension, known, definition.place("across", at))


def _circle(name: str, metrics: Catalogue[MetricShape], path: tuple[str, ...] = ()) -> tuple[str, ...]:
    if name in path:
        return (*path[path.index(name) :], name)
    if name not in metrics:
        return ()
    shape = metrics[name].value
    parts = [part for part in (shape.numerator, shape.denominator) if part is not None]
    circles = (_circle(part, metrics, (*path, name)) for part in parts)
    return next((circle for circle in circles if circle), ())


def _read_optional(
    definition: Definition[MetricShape], key: str, table: Table, kind: Kind
) -> tuple[Tree | None, list[Problem]]:
    text = getattr(definition.value, key)
    return (None, []) if text is None else read(definition, text, table, (key,), kind)


def _check_time(definition: Definition[MetricShape], table: Table) -> Iterator[Problem]:
    shape = definition.value
    named: dict[tuple[str, ...], tuple[str | None, Type]]
    named = {("time",): (shape.time, Type.DATE), ("snapshot",): (shape.snapshot, Type.DATE)}
    if shape.period is not None:
        named |= {
            ("period", "kind"): (shape.period.kind, Type.TEXT),
            ("period", "start"): (shape.period.start, Type.DATE),
        }
    for path, (name, wanted) in named.items():
        if name is None:
            continue
        column = table.column(name)
        if column is None:
            yield unknown("Column", name, table.column_names, definition.place(*path))
        elif column.type is not wanted:
            message = f'"{name}" is no {wanted.value} but a {column.type.value}.'
            yield Problem("config.type", message, f"Name a {wanted.value} column.", definition.place(*path))


def _check_dimensions(
    definition: Definition[MetricShape], table: Table, dimensions: Mapping[str, frozenset[str]]
) -> Iterator[Problem]:
    shape = definition.value
    for at, name in enumerate(shape.dimensions):
        where = definition.place("dimensions", at)
        if name not in dimensions:
            yield unknown("Dimension", name, tuple(dimensions), where)
        elif table.name not in dimensions[name]:
            message = f'Dimension "{name}" cannot split {table.name}.'
            yield Problem("config.reference", message, f"Add {table.name} to its `columns`.", where)
    for at, name in enumerate(shape.needs):
        if name not in shape.dimensions:
            remedy = did_you_mean(name, shape.dimensions) or "List it there too."
            message = f'"{name}" is not among the dimensions.'
            yield Problem("config.reference", message, remedy, definition.place("needs", at))


def _check_exact(definition: Definition[MetricShape], expr: Tree, table: Table) -> Iterator[Problem]:
    doubles = frozenset(column.name for column in table.columns if column.type is Type.RATIO)
    if definition.value.unit in _WHOLE and is_inexact(expr, doubles):
        message = f"A metric in {definition.value.unit} is computed in doubles."
        remedy = "Use a whole or DECIMAL column; make a ratio of two metrics."
        yield Problem("config.float_money", message, remedy, definition.place("expr"))
