"""Reads tables of a build into frozen rows: the fields of the row's class are the columns that are asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from quanyu.engine import DuckDBEngine, Kind, parse_expression
from quanyu.engine import tree as t
from quanyu.errors import InternalError, Where
from quanyu.tables import CONTRACTS

Row = TypeVar("Row")


class Reader:
    """The tables of one build, and `queries`: the SQL of everything that was asked, by name."""

    def __init__(self, engine: DuckDBEngine) -> None:
        self._engine = engine
        self.queries: dict[str, str] = {}

    def rows(
        self,
        kind: type[Row],
        table: str,
        measures: Mapping[str, str] | None = None,
        *,
        where: Sequence[t.Tree] = (),
        name: str = "",
    ) -> tuple[Row, ...]:
        """Return the rows of a table that meet all conditions, ordered by their columns.

        With `measures` (checked aggregate expressions by field) the other fields group the rows.  A table that this
        build does not have gives no rows.
        """
        if table not in self._engine.tables:
            return ()
        asked = [field.name for field in fields(kind)]  # type: ignore[arg-type]
        measured = {field: _measure(table, text) for field, text in (measures or {}).items()}
        plain = [field for field in asked if field not in measured]
        columns = {field: measured.get(field) or t.col(field) for field in asked}
        grouping = [t.col(field) for field in plain] if measured else []
        query = t.select(columns, table, where=t.all_of(where) if where else None, group=grouping)
        self.queries[name or table] = self._engine.sql_of(query)
        found: list[dict[str, Any]] = self._engine.query(query).to_pylist()
        found.sort(key=lambda row: [(row[field] is None, row[field]) for field in plain])
        return tuple(kind(**row) for row in found)

    def count(self, table: str) -> int:
        """Return the number of rows of a table; 0 when this build does not have it."""
        if table not in self._engine.tables:
            return 0
        answer = self._engine.query(t.select({"rows": t.count()}, table)).to_pylist()
        return int(answer[0]["rows"])


def _measure(table: str, text: str) -> t.Tree:
    tree, problems = parse_expression(text, CONTRACTS[table].column_names, Where(field=text), Kind.MEASURE)
    if tree is None:
        raise InternalError("; ".join(str(problem) for problem in problems))
    return tree
