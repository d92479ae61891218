"""Statements that take persons out of physical tables and files of the embedded engine, and look for what is left.

They work on whatever stands in the warehouse, contract or not: what nobody declared must be found, too.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlglot import exp

from quanyu.engine.adapters.duckdb import DuckDBEngine
from quanyu.engine.embedded import parquet, physical
from quanyu.engine.tree import Tree, col, lit

_WHOLE: Final = ("BIGINT", "HUGEINT", "INTEGER", "UBIGINT", "UHUGEINT", "UINTEGER")
_SAYS_NOTHING: Final = ("BOOLEAN", "DATE", "DOUBLE", "FLOAT", "SMALLINT", "TINYINT", "USMALLINT", "UTINYINT")


@dataclass(frozen=True, slots=True)
class PhysicalColumn:
    """A column of a table or file as the engine knows it: its name and type (`BIGINT`, `VARCHAR` …)."""

    name: str
    type: str

    @property
    def is_whole(self) -> bool:
        """Return whether it holds whole numbers of a size that an id has."""
        return self.type in _WHOLE

    @property
    def may_tell(self) -> bool:
        """Return whether, as text, it may hold a value of a person."""
        silent = (*_WHOLE, *_SAYS_NOTHING)
        return self.type not in silent and not self.type.startswith(("DECIMAL", "TIME"))


def tables_of(engine: DuckDBEngine) -> dict[tuple[str, str], list[PhysicalColumn]]:
    """Return every table (no view) of the warehouse, temporary ones left out, with its columns, by schema and name."""
    names = ("table_schema", "table_name", "column_name", "data_type")
    place = exp.table_("columns", db="information_schema")
    kinds = exp.table_("tables", db="information_schema")
    own = exp.column("table_catalog").eq(exp.func("current_database"))
    based = exp.select("table_schema", "table_name").from_(kinds)
    based = based.where(exp.and_(exp.column("table_type").eq("BASE TABLE"), own.copy()))
    tables = {(str(schema), str(name)) for schema, name in engine.run(based).fetchall()}
    found: dict[tuple[str, str], list[PhysicalColumn]] = {key: [] for key in sorted(tables)}
    query = exp.select(*(exp.column(name) for name in names)).from_(place).where(own)
    for schema, table, column, kind in engine.run(query.order_by("ordinal_position")).fetchall():
        if (schema, table) in found:
            found[schema, table].append(PhysicalColumn(str(column), str(kind)))
    return found


def columns_of_file(engine: DuckDBEngine, path: Path) -> list[PhysicalColumn]:
    """Return the columns of a Parquet file."""
    none = exp.select("*").from_(parquet(str(path))).limit(0)
    answer = engine.run(none)
    return [PhysicalColumn(str(column[0]), str(column[1])) for column in answer.description or ()]


def among(column: str, numbers: Collection[int]) -> Tree:
    """Return the condition that a column is one of the numbers; FALSE for none."""
    return exp.In(this=col(column), expressions=[lit(one) for one in sorted(numbers)]) if numbers else exp.false()


def one_of(column: str, texts: Collection[str]) -> Tree:
    """Return the condition that a column, as text, is one of the texts; FALSE for none."""
    as_text = exp.Cast(this=col(column), to=exp.DataType.build("VARCHAR"))
    return exp.In(this=as_text, expressions=[lit(one) for one in sorted(texts)]) if texts else exp.false()


def holds(column: str, texts: Collection[str]) -> Tree:
    """Return the condition that a column, as text, holds one of the texts anywhere; FALSE for none."""
    if not texts:
        return exp.false()
    pattern = "|".join(re.escape(one) for one in sorted(texts))
    as_text = exp.Cast(this=col(column), to=exp.DataType.build("VARCHAR"))
    return exp.Anonymous(this="regexp_matches", expressions=[as_text, exp.Literal.string(pattern)])


def rows_where(engine: DuckDBEngine, relation: Tree, condition: Tree) -> int:
    """Return how many rows of a relation (`physical`, `parquet`) meet a condition."""
    query = exp.select(exp.Count(this=exp.Star())).from_(relation).where(condition)
    return int(engine.run(query).fetchall()[0][0])


def delete_rows(engine: DuckDBEngine, schema: str, table: str, condition: Tree) -> int:
    """Delete the rows of a physical table that meet a condition; returns how many."""
    target = physical(table, schema)
    return int(engine.run(exp.Delete(this=target, where=exp.Where(this=condition)), table).fetchall()[0][0])


def change_rows(engine: DuckDBEngine, schema: str, table: str, values: Mapping[str, Tree], condition: Tree) -> int:
    """Give columns of the rows of a physical table that meet a condition other values; returns how many rows."""
    sets = [exp.EQ(this=col(name), expression=value) for name, value in values.items()]
    target = physical(table, schema)
    changed = exp.Update(this=target, expressions=sets, where=exp.Where(this=condition))
    return int(engine.run(changed, table).fetchall()[0][0])


def query_of_file(path: Path, columns: Sequence[str], keep: Tree | None, values: Mapping[str, Tree]) -> exp.Select:
    """Return the rows of a Parquet file that meet `keep` (None: all), some columns with other values."""
    chosen = [exp.alias_(values.get(name, col(name)), name, quoted=True) for name in columns]
    query = exp.select(*chosen).from_(parquet(str(path)))
    return query if keep is None else query.where(keep)


def when(condition: Tree, value: Tree, column: str) -> Tree:
    """Return a value where a condition holds, else the column as it is."""
    return exp.Case(ifs=[exp.If(this=condition, true=value)], default=col(column))


def nothing() -> Tree:
    """Return NULL."""
    return exp.Null()


def rewrite_file(engine: DuckDBEngine, draft: Path) -> None:
    """Write everything the warehouse holds into a new file, in which nothing of deleted rows is left."""
    name = exp.to_identifier("fresh")
    place = exp.alias_(exp.Literal.string(str(draft)), name)
    engine.run(exp.Attach(this=place))
    own = engine.run(exp.select(exp.func("current_database"))).fetchall()[0][0]
    try:
        source = exp.to_identifier(str(own), quoted=True).sql(engine.name)
        # SQLGlot has no tree for this statement of DuckDB; the names are quoted by it.
        engine.run(exp.Command(this="COPY", expression=f" FROM DATABASE {source} TO {name.sql()}"))
    finally:
        engine.run(exp.Detach(this=name))
