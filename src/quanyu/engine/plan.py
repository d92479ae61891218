"""The order of steps, and the finished query of a step on one engine.

A query is finished in one order: parameters bound, tables located, house functions expanded, cast to the contract.
"""

from collections.abc import Mapping, Sequence

from sqlglot import exp

from quanyu.engine.column_types import Value, data_type, literal
from quanyu.engine.functions import expand
from quanyu.engine.house_sql import cte_of, outputs_of
from quanyu.engine.step import Step, unread
from quanyu.errors import InternalError
from quanyu.tables.contract import Table

Catalog = Mapping[str, str]
"""Contract name of a table → its name in the database, `schema.table`."""


def order_steps(steps: Sequence[Step], available: frozenset[str]) -> list[Step]:
    """Return the steps so that each comes after those whose tables it reads; ties by name, so the order never changes.

    Raises InternalError naming tables that nobody writes, or the steps of a cycle.
    """
    missing = unread(steps) - available
    if missing:
        raise InternalError(f"no step writes {sorted(missing)}")
    waiting = {step.name: step for step in sorted(steps, key=lambda step: step.name)}
    if len(waiting) != len(steps):
        raise InternalError("two steps write one table")
    done: list[Step] = []
    while waiting:
        ready = [step for step in waiting.values() if not any(name in waiting for name in step.reads)]
        if not ready:
            raise InternalError(f"steps wait for each other: {sorted(waiting)}")
        for step in ready:
            done.append(waiting.pop(step.name))
    return done


def bind(tree: exp.Query, parameters: Mapping[str, Value]) -> exp.Query:
    """Return the query with every `$parameter` as a literal; raises InternalError for one without a value."""

    def put(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Placeholder):
            return node
        name = str(node.this)
        if name not in parameters:
            raise InternalError(f"no value for ${name}")
        return literal(parameters[name])

    return _query(tree.copy().transform(put, copy=False))


def locate(tree: exp.Query, catalog: Catalog) -> exp.Query:
    """Return the query, changed in place: contract names become the database's own, aliases keep columns valid.

    A CTE that shares its name with another one or with a table is renamed: nested WITH clauses are moved to the top
    for Spark, where one name would hide the other.  Raises InternalError for a table that is not in the catalogue.
    """
    tables = [(table, cte_of(table)) for table in tree.find_all(exp.Table) if not table.db]
    taken = {table.name for table, cte in tables if cte is None}
    for cte in tree.find_all(exp.CTE):
        if cte.alias in taken:
            _rename(cte, [table for table, meant in tables if meant is cte], taken)
        taken.add(cte.alias)
    for table in (table for table, cte in tables if cte is None):
        physical = catalog.get(table.name)
        if physical is None:
            raise InternalError(f"table {table.name} is not built")
        schema, _, name = physical.rpartition(".")
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
        table.set("this", exp.to_identifier(name, quoted=True))
        table.set("db", exp.to_identifier(schema, quoted=True) if schema else None)
    return tree


def _rename(cte: exp.CTE, readers: list[exp.Table], taken: set[str]) -> None:
    number = 2
    while (name := f"{cte.alias}_{number}") in taken:
        number += 1
    for table in readers:
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
        table.set("this", exp.to_identifier(name, quoted=True))
    cte.args["alias"].set("this", exp.to_identifier(name, quoted=True))


def conform(tree: exp.Query, table: Table, dialect: str) -> exp.Query:
    """Return a query that gives the columns of the contract, in its order, cast to its types."""
    given = set(outputs_of(tree))
    if given != set(table.column_names):
        wanted = sorted(table.column_names)
        raise InternalError(f"{table.name}: the query gives {sorted(given)}, the contract wants {wanted}")
    columns: list[exp.Expr] = [
        exp.alias_(
            exp.Cast(this=exp.column(column.name, quoted=True), to=data_type(column.type, dialect)),
            column.name,
            quoted=True,
        )
        for column in table.columns
    ]
    return exp.select(*columns).from_(exp.Subquery(this=tree, alias=exp.TableAlias(this=exp.to_identifier("result"))))


def finish(
    tree: exp.Query, parameters: Mapping[str, Value], catalog: Catalog, dialect: str, table: Table | None = None
) -> exp.Query:
    """Return the query ready for the engine: bound, located, expanded and, given a contract, cast to it."""
    # Copied once, by `bind`: the trees of steps are large and shared.
    done = _query(expand(locate(bind(tree, parameters), catalog), dialect, copy=False))
    return conform(done, table, dialect) if table else done


def finish_twin(
    tree: exp.Query, parameters: Mapping[str, Value], catalog: Catalog, dialect: str, table: Table
) -> exp.Query:
    """Return a twin ready for its engine: as `finish`, but its functions are the engine's own and stay as written."""
    return conform(locate(bind(tree, parameters), catalog), table, dialect)


def _query(tree: exp.Expr) -> exp.Query:
    if not isinstance(tree, exp.Query):
        raise InternalError("a query became something else")
    return tree
