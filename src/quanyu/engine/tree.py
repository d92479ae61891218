"""Builders of query trees, so that other floors compose queries without knowing the SQL library.

Every builder takes and gives trees; text enters only as names and literals, which are quoted by the tree, never pasted.
"""

from collections.abc import Mapping, Sequence

from sqlglot import exp

from quanyu.engine.column_types import Value, literal

Tree = exp.Expr
Query = exp.Query


def col(name: str, table: str | None = None) -> Tree:
    """Return a column, quoted, optionally of a named relation."""
    return exp.column(name, table=table, quoted=True)


def lit(value: Value) -> Tree:
    """Return a typed literal."""
    return literal(value)


def call(name: str, *arguments: Tree) -> Tree:
    """Return a call of a function by name: a house function, or a macro of the embedded engine."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def named(tree: Tree, name: str) -> Tree:
    """Return the tree as an output column of that name."""
    return exp.alias_(tree, name, quoted=True)


def case(branches: Sequence[tuple[Tree, Tree]], otherwise: Tree | None = None) -> Tree:
    """Return CASE WHEN condition THEN result … ELSE otherwise END."""
    ifs = [exp.If(this=condition, true=result) for condition, result in branches]
    return exp.Case(ifs=ifs, default=otherwise)


def all_of(conditions: Sequence[Tree]) -> Tree:
    """Return the conjunction of the conditions; TRUE for none."""
    return exp.and_(*conditions) if conditions else exp.true()


def any_of(conditions: Sequence[Tree]) -> Tree:
    """Return the disjunction of the conditions; FALSE for none."""
    return exp.or_(*conditions) if conditions else exp.false()


def is_null(tree: Tree) -> Tree:
    """Return `tree IS NULL`."""
    return exp.Is(this=tree, expression=exp.Null())


def not_null(tree: Tree) -> Tree:
    """Return `tree IS NOT NULL`."""
    return exp.Not(this=is_null(tree))


def coalesce(*trees: Tree) -> Tree:
    """Return the first of the trees that is not null."""
    return exp.Coalesce(this=trees[0], expressions=list(trees[1:]))


def count(tree: Tree | None = None) -> Tree:
    """Return count(*) or, given a tree, the count of its values that are not null."""
    return exp.Count(this=exp.Star() if tree is None else tree)


def joined_text(one: Tree, other: Tree) -> Tree:
    """Return the two texts one after the other; null when either is null."""
    return exp.DPipe(this=one, expression=other)


def cast(tree: Tree, to: str) -> Tree:
    """Return the tree cast to a type in DuckDB's spelling."""
    return exp.Cast(this=tree, to=exp.DataType.build(to, dialect="duckdb"))


def select(
    columns: Mapping[str, Tree],
    source: str | Query,
    *,
    where: Tree | None = None,
    group: Sequence[Tree] = (),
    order: Sequence[Tree] = (),
    limit: int | None = None,
    alias: str = "relation",
) -> exp.Select:
    """Return SELECT of the named columns from a table (contract name) or a sub-query, which is known as `alias`."""
    target: exp.Expr
    if isinstance(source, str):
        target = exp.alias_(exp.table_(source, quoted=True), alias, table=True, quoted=True)
    else:
        target = exp.Subquery(this=source, alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    query = exp.select(*(named(tree, name) for name, tree in columns.items())).from_(target)
    if where is not None:
        query = query.where(where)
    if group:
        query = query.group_by(*group)
    if order:
        query = query.order_by(*order)
    return query.limit(limit) if limit is not None else query


def left_join(query: exp.Select, table: str, alias: str, on: Tree) -> exp.Select:
    """Return the query with a contract table joined to its left side."""
    target = exp.alias_(exp.table_(table, quoted=True), alias, table=True, quoted=True)
    return query.join(target, on=on, join_type="left")


def union_all(queries: Sequence[Query]) -> Query:
    """Return UNION ALL of the queries, which must have the same columns in the same order."""
    result = queries[0]
    for query in queries[1:]:
        result = exp.Union(this=result, expression=query, distinct=False)
    return result


def descending(tree: Tree) -> Tree:
    """Return the tree as a descending sort key, nulls last on every engine."""
    return exp.Ordered(this=tree, desc=True, nulls_first=False)


def row_number(partition: Sequence[Tree], order: Sequence[Tree]) -> Tree:
    """Return row_number() over the partition in the order, which must end in a unique key."""
    return exp.Window(this=exp.RowNumber(), partition_by=list(partition), order=exp.Order(expressions=list(order)))


def total(tree: Tree) -> Tree:
    """Return sum() of whole numbers; null for no rows."""
    return exp.Sum(this=tree)


def greatest_of(tree: Tree) -> Tree:
    """Return max() over rows; null for no rows."""
    return exp.Max(this=tree)


def smallest_of(tree: Tree) -> Tree:
    """Return the aggregate min(tree)."""
    return exp.Min(this=tree)


def text_length(tree: Tree) -> Tree:
    """Return the number of characters of a text."""
    return exp.Length(this=tree)
