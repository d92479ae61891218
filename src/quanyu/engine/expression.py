"""Small SQL expressions that people write in YAML: parsed to a tree, checked against the columns they may use.

An expression is one value, condition or measure over the columns of one relation.  It can hold no sub-query, no table,
no function outside the allow-list and no second statement; it is never executed as Python and never pasted into SQL.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from quanyu.engine import house_sql
from quanyu.engine.functions import HOUSE_FUNCTIONS, house_call
from quanyu.errors import Problem, Where, did_you_mean


class Kind(StrEnum):
    """What an expression may be: a value or condition per row, or a measure (aggregates allowed, none nested)."""

    ROW = "row"
    MEASURE = "measure"


_PLAIN: Final = frozenset(
    (
        exp.Column, exp.Identifier, exp.Paren, exp.Tuple, exp.Literal, exp.Boolean, exp.Null, exp.DataType,
        exp.DataTypeParam, *house_sql.OPERATORS, *house_sql.SCALARS,
    )
) - {exp.Exists}  # fmt: skip
_MEASURE: Final = frozenset((exp.Count, exp.Sum, exp.Min, exp.Max, exp.Distinct, exp.Star, exp.Filter, exp.Where))


def parse_expression(
    text: str, columns: Sequence[str], where: Where, kind: Kind = Kind.ROW
) -> tuple[exp.Expr | None, list[Problem]]:
    """Return the tree of an expression over the given columns and every problem in it; None when there is one.

    `where` names the YAML place; columns are compared exactly, an unknown one is answered with the nearest name.
    """
    try:
        trees = sqlglot.parse(text, dialect="duckdb")
    except (ParseError, TokenError) as error:
        detail = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
        message = str(detail.get("description") or "it cannot be read").rstrip(".")
        return None, [Problem("expression.syntax", f"`{text[:60]}`: {message}.", "Write one SQL expression.", where)]
    tree = trees[0] if len(trees) == 1 else None
    if tree is None:
        return None, [Problem("expression.statements", "More than one statement.", "Write one expression.", where)]
    problems = [problem for node in tree.walk() if (problem := _check(node, columns, where, kind))]
    if kind is Kind.MEASURE and not problems and not tree.find(*house_sql.AGGREGATES):
        remedy = "Use count, sum, min or max."
        problems.append(Problem("expression.measure", f"`{text[:60]}` aggregates nothing.", remedy, where))
    return (None, problems) if problems else (tree, [])


def columns_of(tree: exp.Expr) -> frozenset[str]:
    """Return the names of the columns an expression uses."""
    return frozenset(column.name for column in tree.find_all(exp.Column))


def _check(node: exp.Expr, columns: Sequence[str], where: Where, kind: Kind) -> Problem | None:
    if isinstance(node, exp.Column):
        return _check_column(node, columns, where)
    call = house_call(node)
    if call:
        return _check_call(call[0], len(call[1]), kind, where)
    if type(node) is exp.Cast and node.to.this not in house_sql.CAST_TYPES:
        return Problem("expression.cast", f"CAST to {node.to.sql('duckdb')}.", "Use BIGINT, DECIMAL, VARCHAR or DATE.", where)
    if type(node) in _PLAIN or (kind is Kind.MEASURE and type(node) in _MEASURE):
        return None
    shown = node.sql("duckdb")[:60]
    return Problem("config.sql_refused", f"{shown}: {type(node).__name__} is not allowed here.", "Only expressions.", where)


def _check_column(node: exp.Column, columns: Sequence[str], where: Where) -> Problem | None:
    if node.table:
        return Problem("expression.table", f'"{node.sql("duckdb")}" names a table.', "Write the column alone.", where)
    if node.name in columns:
        return None
    return Problem("expression.column_unknown", f'No column "{node.name}".', did_you_mean(node.name, columns), where)


def _check_call(name: str, count: int, kind: Kind, where: Where) -> Problem | None:
    function = HOUSE_FUNCTIONS.get(name)
    if function is None or (function.aggregate and kind is Kind.ROW):
        remedy = did_you_mean(name, [*HOUSE_FUNCTIONS, "count", "sum", "coalesce"]) or "See the house functions."
        return Problem("expression.function_unknown", f"{name}() is not allowed here.", remedy, where)
    if count != len(function.arguments):
        return Problem("expression.arguments", f"{name}() has {count} arguments.", f"It takes {len(function.arguments)}.", where)
    return None
