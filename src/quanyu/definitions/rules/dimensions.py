"""Rules for dimensions: tables, columns and keys exist, values are exact, a lookup finds at most one row."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from quanyu.definitions.catalogue import Definition
from quanyu.definitions.metric import DimensionShape, LookupShape
from quanyu.definitions.rules.expressions import find_table, read, unknown
from quanyu.engine.query import is_inexact
from quanyu.engine.tree import Tree
from quanyu.errors import Problem
from quanyu.tables.contract import Contracts, Table, Type


@dataclass(frozen=True, slots=True)
class DimensionTrees:
    """The checked expressions of a dimension: values per source table, keys per source table, the looked-up value."""

    columns: dict[str, Tree]
    keys: dict[str, Tree]
    value: Tree | None


def read_dimension(
    definition: Definition[DimensionShape], contracts: Contracts
) -> tuple[DimensionTrees, list[Problem]]:
    """Return the trees of a dimension that could be read, and every problem."""
    shape = definition.value
    columns, problems = _read_each(definition, shape.columns, ("columns",), contracts)
    if shape.lookup is None:
        return DimensionTrees(columns, {}, None), problems
    keys, found = _read_each(definition, shape.lookup.keys, ("lookup", "keys"), contracts)
    value, wrong = _read_lookup(definition, shape.lookup, contracts)
    return DimensionTrees(columns, keys, value), [*problems, *found, *wrong]


def _read_each(
    definition: Definition[DimensionShape], texts: Mapping[str, str], path: tuple[str, ...], contracts: Contracts
) -> tuple[dict[str, Tree], list[Problem]]:
    trees: dict[str, Tree] = {}
    problems: list[Problem] = []
    for source, text in texts.items():
        table, found = find_table(source, contracts, definition.place(*path, source))
        problems += found
        if table is None:
            continue
        tree, found = read(definition, text, table, (*path, source))
        problems += found
        if tree is not None:
            trees[source] = tree
            problems += _inexact(definition, tree, table)
    return trees, problems


def _read_lookup(
    definition: Definition[DimensionShape], lookup: LookupShape, contracts: Contracts
) -> tuple[Tree | None, list[Problem]]:
    table, problems = find_table(lookup.table, contracts, definition.place("lookup", "table"))
    if table is None:
        return None, problems
    problems += _check_columns(definition, lookup, table)
    value, found = read(definition, lookup.value, table, ("lookup", "value"))
    problems += found
    if value is not None:
        problems += _inexact(definition, value, table)
    if not problems and not definition.value.overlap:
        problems += _check_unique(definition, lookup, table)
    return value, problems


def _check_columns(definition: Definition[DimensionShape], lookup: LookupShape, table: Table) -> Iterator[Problem]:
    named = [("match", lookup.match), *(("date", name) for name in (lookup.date,) if name is not None)]
    for key, name in named:
        if table.column(name) is None:
            yield unknown("Column", name, table.column_names, definition.place("lookup", key))
    for name in lookup.fixed:
        if table.column(name) is None:
            yield unknown("Column", name, table.column_names, definition.place("lookup", "fixed", name))


def _check_unique(definition: Definition[DimensionShape], lookup: LookupShape, table: Table) -> Iterator[Problem]:
    """A lookup that finds two rows would count everything of the first table twice."""
    bound = {lookup.match, *lookup.fixed, *((lookup.date,) if lookup.date else ())}
    key = table.entity or table.key
    if set(key) <= bound:
        return
    message = f"{table.name} may have several rows per {', '.join(sorted(bound))}; its key is {', '.join(key)}."
    remedy = "Bind the rest of the key in `fixed` or `date`, or say `overlap: true`."
    yield Problem("config.fan_out", message, remedy, definition.place("lookup"))


def _inexact(definition: Definition[DimensionShape], tree: Tree, table: Table) -> list[Problem]:
    doubles = frozenset(column.name for column in table.columns if column.type is Type.RATIO)
    if not is_inexact(tree, doubles):
        return []
    return [Problem("config.float", "A dimension cannot be a double.", "Band it with CASE.", definition.where)]
