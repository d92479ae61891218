"""Builders of statements that only the embedded engine runs: temporary tables, inserts, windows, lenient expressions.

Ingest cleans text in DuckDB whatever engine computes the models, so these trees are never written for another engine.
"""

from collections.abc import Sequence
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from quanyu.engine.functions import expand
from quanyu.engine.tree import Query, Tree, col

_NUMBER: Final = "DECIMAL(38, 6)"
_ARITHMETIC: Final = (exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.Neg, exp.Abs)
_COMPARED: Final = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In)


def temp_table(name: str, query: Query) -> Tree:
    """Return CREATE OR REPLACE TEMP TABLE name AS query."""
    properties = exp.Properties(expressions=[exp.TemporaryProperty()])
    target = exp.table_(name, quoted=True)
    return exp.Create(this=target, kind="TABLE", replace=True, properties=properties, expression=query)


def temp_view(name: str, query: Query) -> Tree:
    """Return CREATE OR REPLACE TEMP VIEW name AS query."""
    properties = exp.Properties(expressions=[exp.TemporaryProperty()])
    target = exp.table_(name, quoted=True)
    return exp.Create(this=target, kind="VIEW", replace=True, properties=properties, expression=query)


def empty_table(name: str, schema: str, columns: Sequence[tuple[str, exp.DataType]]) -> Tree:
    """Return CREATE TABLE IF NOT EXISTS of a permanent table with the columns."""
    defined = [exp.ColumnDef(this=exp.to_identifier(column, quoted=True), kind=kind) for column, kind in columns]
    table = exp.Schema(this=exp.table_(name, db=schema, quoted=True), expressions=defined)
    return exp.Create(this=table, kind="TABLE", exists=True)


def insert(name: str, schema: str, columns: Sequence[str], query: Query) -> Tree:
    """Return INSERT INTO schema.name (columns) query."""
    names = [exp.to_identifier(column, quoted=True) for column in columns]
    target = exp.Schema(this=exp.table_(name, db=schema, quoted=True), expressions=names)
    return exp.Insert(this=target, expression=query)


def insert_temp(name: str, query: Query) -> Tree:
    """Return INSERT INTO a temporary table."""
    return exp.Insert(this=exp.table_(name, quoted=True), expression=query)


def physical(name: str, schema: str) -> Tree:
    """Return a table of the database by schema and name."""
    return exp.table_(name, db=schema, quoted=True)


def parquet(path: str) -> Tree:
    """Return the relation of a Parquet file."""
    return exp.Table(this=exp.Anonymous(this="read_parquet", expressions=[exp.Literal.string(path)]))


def select_from(relation: Tree, columns: Sequence[Tree], where: Tree | None = None) -> exp.Select:
    """Return SELECT columns FROM a relation built by `physical` or `parquet`."""
    query = exp.select(*columns).from_(relation)
    return query.where(where) if where is not None else query


def over(function: Tree, partition: Sequence[Tree], order: Sequence[Tree] = ()) -> Tree:
    """Return a window call: function OVER (PARTITION BY … ORDER BY …)."""
    ordering = exp.Order(expressions=[exp.Ordered(this=key, nulls_first=False) for key in order]) if order else None
    return exp.Window(this=function, partition_by=list(partition), order=ordering)


def only(aggregate: Tree, condition: Tree) -> Tree:
    """Return aggregate FILTER (WHERE condition)."""
    return exp.Filter(this=aggregate, expression=exp.Where(this=condition))


def array(items: Sequence[Tree]) -> Tree:
    """Return a list of the items."""
    return exp.Array(expressions=list(items))


def try_cast(tree: Tree, to: str) -> Tree:
    """Return the tree cast to a type, null when it does not fit."""
    return exp.TryCast(this=tree, to=exp.DataType.build(to, dialect="duckdb"), safe=True)


def lenient(tree: Tree) -> Tree:
    """Return a checked expression over text columns so that no row can make it fail.

    A column that is reckoned with or compared to a number is read as an exact number, null when it is none; every CAST
    becomes TRY_CAST.  House functions are expanded to this engine's form.
    """

    def put(node: Tree) -> Tree:
        if type(node) is exp.Cast:
            return exp.TryCast(this=node.this, to=node.to, safe=True)
        if isinstance(node, exp.Column) and _is_number_here(node):
            return try_cast(col(node.name), _NUMBER)
        return exp.column(node.name, quoted=True) if isinstance(node, exp.Column) else node

    return expand(tree.copy().transform(put, copy=False), "duckdb", copy=False)


def _is_number_here(column: exp.Column) -> bool:
    parent = column.parent
    while isinstance(parent, exp.Paren):
        parent = parent.parent
    if isinstance(parent, _ARITHMETIC):
        return True
    return isinstance(parent, _COMPARED) and any(_is_number(side) for side in parent.iter_expressions())


def _is_number(node: Tree) -> bool:
    while isinstance(node, exp.Paren | exp.Neg):
        node = node.this
    return isinstance(node, _ARITHMETIC) or (isinstance(node, exp.Literal) and not node.is_string)


def everything(name: str) -> Query:
    """Return all columns and rows of a temporary table or registered Arrow table."""
    return exp.select("*").from_(exp.table_(name, quoted=True))


def everything_in(relation: Tree) -> Query:
    """Return all columns and rows of a relation built by `physical` or `parquet`."""
    return exp.select("*").from_(relation)


def cast_to(tree: Tree, to: exp.DataType) -> Tree:
    """Return the tree cast to an engine type."""
    return exp.Cast(this=tree, to=to)


def query_after(
    query: str | None, table: str | None, cursor: str | None, after: str | None, dialect: str
) -> str | None:
    """Return the text of a SELECT for another database over a query or a table, None when it is none.

    Only rows whose cursor is greater than `after` are asked for; nothing but one SELECT is ever sent.
    """
    if query is not None:
        try:
            trees = sqlglot.parse(query, dialect=dialect)
        except (ParseError, TokenError):
            return None
        if len(trees) != 1 or not isinstance(trees[0], exp.Query):
            return None
        source: exp.Expr = exp.Subquery(this=trees[0], alias=exp.TableAlias(this=exp.to_identifier("given")))
    else:
        source = exp.to_table(table or "", dialect=dialect)
    wanted = exp.select("*").from_(source)
    if cursor is not None and after is not None:
        wanted = wanted.where(exp.column(cursor, quoted=True) > exp.Literal.string(after))
    return wanted.sql(dialect)
