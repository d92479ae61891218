"""Builders of queries over checked expressions: restricted measures, joins of lookups, small constant relations.

The metrics layer composes its queries from these and from `tree.py`; like there, no text enters but names and literals.
"""

from collections.abc import Mapping, Sequence

from sqlglot import exp

from quanyu.engine import house_sql
from quanyu.engine.column_types import Value, literal
from quanyu.engine.functions import HOUSE_FUNCTIONS, house_call
from quanyu.engine.tree import Query, Tree

Select = exp.Select


def put(tree: Tree, values: Mapping[str, Tree]) -> Tree:
    """Return the expression with every column named in `values` replaced by its tree, in brackets where needed."""

    def replace(node: Tree) -> Tree:
        if not isinstance(node, exp.Column) or node.name not in values:
            return node
        value = values[node.name].copy()
        return value if isinstance(value, exp.Column | exp.Literal | exp.Func) else exp.Paren(this=value)

    return tree.copy().transform(replace, copy=False)


def of(tree: Tree, alias: str) -> Tree:
    """Return the expression with every column read from the relation of that alias."""

    def qualify(node: Tree) -> Tree:
        return exp.column(node.name, table=alias, quoted=True) if isinstance(node, exp.Column) else node

    return tree.copy().transform(qualify, copy=False)


def restricted(measure: Tree, condition: Tree) -> Tree:
    """Return the measure with each of its aggregates over the rows of the condition only: FILTER (WHERE …)."""
    done = measure.copy()
    for node in [found for found in done.walk() if isinstance(found, house_sql.AGGREGATES)]:
        if isinstance(node.parent, exp.Filter):
            kept = node.parent.expression
            kept.set("this", exp.and_(kept.this, condition.copy()))
            continue
        only = exp.Filter(this=node.copy(), expression=exp.Where(this=condition.copy()))
        if node is done:
            done = only
        else:
            node.replace(only)
    return done


def is_additive(measure: Tree) -> bool:
    """Return whether the measure of a whole is the sum of the measures of its disjoint parts: sums and plain counts."""
    return _is_linear(measure, distinct=False)


def is_zero_of_nothing(measure: Tree) -> bool:
    """Return whether the measure of no rows is 0 (sums and counts); a least or greatest of nothing has no value."""
    return _is_linear(measure, distinct=True)


def counted_column(measure: Tree) -> str | None:
    """Return the column that a measure of the form count(DISTINCT column) counts, or None for another form."""
    inner = _inner(measure)
    if not isinstance(inner, exp.Count) or not isinstance(inner.this, exp.Distinct):
        return None
    counted = inner.this.expressions
    return counted[0].name if len(counted) == 1 and isinstance(counted[0], exp.Column) else None


def is_inexact(tree: Tree, doubles: frozenset[str]) -> bool:
    """Return whether an expression computes in doubles: a column of `doubles`, a safe_divide, a cast to DOUBLE."""
    return any(_is_double(node, doubles) for node in tree.walk())


def has_keyed_aggregate(tree: Tree) -> bool:
    """Return whether an expression uses min_by or max_by, which cannot be restricted to some of the rows."""
    calls = [call for node in tree.walk() if (call := house_call(node))]
    return any(HOUSE_FUNCTIONS[name].aggregate for name, _ in calls if name in HOUSE_FUNCTIONS)


def count_distinct(tree: Tree) -> Tree:
    """Return count(DISTINCT tree)."""
    return exp.Count(this=exp.Distinct(expressions=[tree]))


def greatest_of(tree: Tree) -> Tree:
    """Return max(tree)."""
    return exp.Max(this=tree)


def least_of(tree: Tree) -> Tree:
    """Return min(tree)."""
    return exp.Min(this=tree)


def is_in(tree: Tree, query: Query) -> Tree:
    """Return `tree IN (query)`; the query gives one column."""
    return exp.In(this=tree, query=exp.Subquery(this=query))


def join_rows(query: Select, rows: Query | str, alias: str, on: Tree, *, keep: bool = False) -> Select:
    """Return the query joined to a table or sub-query; `keep` also keeps rows of the query that find no partner."""
    target: Tree
    if isinstance(rows, str):
        target = exp.alias_(exp.table_(rows, quoted=True), alias, table=True, quoted=True)
    else:
        target = exp.Subquery(this=rows, alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    return query.join(target, on=on, join_type="left" if keep else "inner")


def having(query: Select, condition: Tree) -> Select:
    """Return the grouped query with only the groups of the condition."""
    return query.having(condition)


def constants(columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> Query:
    """Return a relation of constant rows, one or more, every value a typed literal."""
    names = [exp.to_identifier(f"c{number}", quoted=True) for number in range(len(columns))]
    tuples = [exp.Tuple(expressions=[literal(value) for value in row]) for row in rows]
    values = exp.Values(expressions=tuples, alias=exp.TableAlias(this=exp.to_identifier("constant"), columns=names))
    named = [exp.alias_(exp.column(f"c{at}", quoted=True), name, quoted=True) for at, name in enumerate(columns)]
    return exp.select(*named).from_(values)


def given(query: Select, relations: Mapping[str, Query]) -> Select:
    """Return the query after WITH name AS (relation), …; a relation may read those before it."""
    done = query
    for name, relation in relations.items():
        done = done.with_(exp.to_identifier(name, quoted=True), as_=relation, copy=True)
    return done


def running_total(tree: Tree, partition: Sequence[Tree], order: Sequence[Tree]) -> Tree:
    """Return the sum of whole numbers up to each row of its partition; the order must end in a unique key."""
    keys = [exp.Ordered(this=key, nulls_first=False) for key in order]
    return exp.Window(this=exp.Sum(this=tree), partition_by=list(partition), order=exp.Order(expressions=keys))


def neighbour(tree: Tree, partition: Sequence[Tree], order: Sequence[Tree], *, after: bool = False) -> Tree:
    """Return the value of the row before (or after) in its partition; null at its edge."""
    keys = [exp.Ordered(this=key, nulls_first=False) for key in order]
    found = exp.Lead(this=tree) if after else exp.Lag(this=tree)
    return exp.Window(this=found, partition_by=list(partition), order=exp.Order(expressions=keys))


def distinct_rows(query: Select) -> Select:
    """Return SELECT DISTINCT of the query."""
    return query.distinct()


def _inner(tree: Tree) -> Tree:
    while isinstance(tree, exp.Paren | exp.Filter):
        tree = tree.this
    return tree


def _is_linear(tree: Tree, *, distinct: bool) -> bool:
    inner = _inner(tree)
    if isinstance(inner, exp.Count | exp.Sum):
        return distinct or not isinstance(inner.this, exp.Distinct)
    if isinstance(inner, exp.Neg | exp.Coalesce):
        return _is_linear(inner.this, distinct=distinct)
    if isinstance(inner, exp.Add | exp.Sub):
        return _is_linear(inner.this, distinct=distinct) and _is_linear(inner.expression, distinct=distinct)
    if isinstance(inner, exp.Mul):
        sides = (_inner(inner.this), _inner(inner.expression))
        return any(
            isinstance(one, exp.Literal) and _is_linear(other, distinct=distinct) for one, other in (sides, sides[::-1])
        )
    return False


def _is_double(node: Tree, doubles: frozenset[str]) -> bool:
    if isinstance(node, exp.Column):
        return node.name in doubles
    if isinstance(node, exp.Cast):
        return bool(node.args["to"].this == exp.DType.DOUBLE)
    call = house_call(node)
    return call is not None and call[0] == "safe_divide"
