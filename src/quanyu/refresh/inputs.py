"""What steps read to compute some persons anew: of each landing table the current rows of these persons only."""

from collections.abc import Container, Sequence
from typing import Final

from quanyu.engine import DuckDBEngine
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.facts.current import current_version_tree
from quanyu.refresh.overlay import NOW
from quanyu.refresh.touched import IDENTIFIER, OF_ORDERS, ORDER, ORDERS, PERSON, same_entity
from quanyu.tables.contract import Table

_VERSIONS: Final = "refresh_version"


def make_inputs(engine: DuckDBEngine, tables: Sequence[Table], repeating: Container[str]) -> None:
    """Make the rows of the touched persons in the current schema, of landing tables and of identity; catalogue them.

    The engine sees the landing tables as they stand, all of whose rows are known.  `repeating` are those with several
    versions of a thing: the current one decides whose it is, so one that went to somebody else is nobody's any more.
    """
    for table in sorted(tables, key=lambda table: (table.name != ORDERS, table.name)):
        _make(engine, table, table.name in repeating)
        if table.name == ORDERS:
            engine.note_query(t.select({ORDER: t.col(ORDER)}, ORDERS), NOW[ORDER])
    for name, column in (("identifier", IDENTIFIER), ("identifier_person", IDENTIFIER), ("person", PERSON)):
        columns = {one: t.col(one) for one in engine.contracts[name].column_names}
        engine.make_query(t.select(columns, name, where=_is_marked(column)), name, {})


def make_extract(engine: DuckDBEngine, name: str, columns: Sequence[str]) -> None:
    """Make the rows of a table that name a touched person in one of the columns in the current schema; catalogue them.

    For what a refresh does not compute: a table of the build, of which the persons keep what it said.
    """
    mine = [q.is_in(t.col(one), t.select({PERSON: t.col(PERSON)}, NOW[PERSON])) for one in columns]
    given = {one: t.col(one) for one in engine.contracts[name].column_names}
    engine.make_query(t.select(given, name, where=t.any_of(mine)), name, {})


def _make(engine: DuckDBEngine, table: Table, repeats: bool) -> None:
    columns = {name: t.col(name) for name in table.column_names}
    mine = t.any_of([_is_marked(column) for column in (IDENTIFIER, ORDER) if _tells(table, column)])
    if not repeats:
        engine.make_query(t.select(columns, table.name, where=mine), table.name, {})
        return
    entity = {name: t.col(name) for name in table.entity}
    things = q.distinct_rows(t.select(entity, table.name, where=mine))
    same = same_entity(table, "row", "thing")
    of_row = {name: t.col(name, "row") for name in table.column_names}
    engine.note_query(q.join_rows(t.select(of_row, table.name, alias="row"), things, "thing", same), _VERSIONS)
    engine.catalog[table.name] = _VERSIONS
    current = current_version_tree(table, None)
    engine.make_query(t.select(columns, current, where=mine.copy()), table.name, {})


def _tells(table: Table, column: str) -> bool:
    return column in table.column_names and (column == IDENTIFIER or table.name in OF_ORDERS)


def _is_marked(column: str) -> t.Tree:
    return q.is_in(t.col(column), t.select({column: t.col(column)}, NOW[column]))
