"""Small SQL expressions that people write in YAML: parsed to a tree, checked against the columns they may use.

An expression is one value, condition or measure over the columns of one relation.  It can hold no sub-query, no table,
no function outside the allow-list and no second statement; it is never executed as Python and never pasted into SQL.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final

from sqlglot import exp

from quanyu.engine import house_sql
from quanyu.engine.functions import HOUSE_FUNCTIONS, house_call
from quanyu.errors import Problem, Where, did_you_mean


class Kind(StrEnum):
    """What an expression may be: a value or condition per row, or a measure (aggregates allowed, none nested)."""

    ROW = "row"
    MEASURE = "measure"


MAX_TEXT: Final = 20_000
MAX_CONDITIONS: Final = 300
MAX_LIST: Final = 10_000
MAX_DEPTH: Final = 12

_PLAIN: Final = frozenset(
    (
        exp.Column, exp.Identifier, exp.Paren, exp.Literal, exp.Boolean, exp.Null, exp.DataType,
        exp.DataTypeParam, *house_sql.OPERATORS, *house_sql.SCALARS,
    )
) - {exp.Exists}  # fmt: skip
_MEASURE: Final = frozenset((*house_sql.AGGREGATES, exp.Distinct, exp.Star, exp.Filter, exp.Where))
_NESTING: Final = (exp.Paren, exp.Not, exp.Case, exp.Func)
_FUNCTIONS: Final = (*HOUSE_FUNCTIONS, "count", "sum", "min", "max", "coalesce", "nullif", "lower", "substr", "length")


def parse_expression(
    text: str, columns: Sequence[str], where: Where, kind: Kind = Kind.ROW
) -> tuple[exp.Expr | None, list[Problem]]:
    """Return the tree of an expression over the given columns and every problem in it; None when there is one.

    `where` names the YAML place; columns are compared exactly, an unknown one is answered with the nearest name.
    """
    tree, problem = _read(text, where)
    if tree is None:
        return None, [problem] if problem else []
    problems = _check_size(tree, where)
    problems += [found for node in tree.walk(bfs=False) if (found := _check(node, columns, where, kind))]
    if kind is Kind.MEASURE and not problems:
        problems += _check_measure(tree, where)
    return (None, problems) if problems else (tree, [])


def columns_of(tree: exp.Expr) -> frozenset[str]:
    """Return the names of the columns an expression uses."""
    return frozenset(column.name for column in tree.find_all(exp.Column))


def _read(text: str, where: Where) -> tuple[exp.Expr | None, Problem | None]:
    if not text.strip():
        return None, Problem("expression.empty", "The expression is empty.", "Write one SQL expression.", where)
    if len(text) > MAX_TEXT:
        message = f"{len(text)} characters; the limit is {MAX_TEXT}."
        return None, Problem("expression.too_long", message, "Shorten it, or keep the list in a table.", where)
    trees, trouble = house_sql.read(text)
    if trouble:
        message = f"`{_shown(text)}`: {trouble[1]}"
        return None, Problem("expression.syntax", message, "Write one SQL expression.", where)
    if len(trees) != 1:
        return None, Problem("expression.statements", f"{len(trees)} statements.", "Write one expression.", where)
    if any(node.comments for node in trees[0].walk()):
        message = f"`{_shown(text)}` holds a comment."
        return None, Problem("expression.comment", message, "Write it beside the expression, in YAML.", where)
    return trees[0], None


def _check_size(tree: exp.Expr, where: Where) -> list[Problem]:
    conditions = sum(1 for _ in tree.find_all(exp.Predicate))
    longest = max((len(node.expressions) for node in tree.find_all(exp.In)), default=0)
    depth = max((_depth(node) for node in tree.find_all(exp.Column, exp.Literal)), default=0)
    limits = (
        ("expression.size", conditions, MAX_CONDITIONS, "conditions", "Split it into several definitions."),
        ("expression.list_size", longest, MAX_LIST, "values in a list", "Keep the list in a table."),
        ("expression.depth", depth, MAX_DEPTH, "levels of nesting", "Take brackets and NOTs apart."),
    )
    return [
        Problem(code, f"{count} {what}; the limit is {limit}.", remedy, where)
        for code, count, limit, what, remedy in limits
        if count > limit
    ]


def _depth(node: exp.Expr) -> int:
    depth = 0
    parent = node.parent
    while parent is not None:
        depth += isinstance(parent, _NESTING) and not isinstance(parent, exp.Connector | exp.Cast)
        parent = parent.parent
    return depth


def _check(node: exp.Expr, columns: Sequence[str], where: Where, kind: Kind) -> Problem | None:
    if isinstance(node, exp.Column):
        return _check_column(node, columns, where)
    call = house_call(node)
    if call:
        return _check_call(call[0], len(call[1]), kind, where)
    if type(node) not in _PLAIN and not (kind is Kind.MEASURE and type(node) in _MEASURE):
        shown = _shown(node.sql("duckdb"))
        message = f"{shown}: {type(node).__name__} is not allowed here."
        code = "config.nondeterministic" if isinstance(node, house_sql.CHANGING) else "config.sql_refused"
        return Problem(code, message, house_sql.why_refused(node) + ".", where)
    trouble = house_sql.trouble_of(node)
    if trouble is None:
        return None
    code, message, remedy = trouble
    return Problem(code.replace("sql.", "expression."), message, remedy, where)


def _check_column(node: exp.Column, columns: Sequence[str], where: Where) -> Problem | None:
    if node.table:
        message = f'"{_shown(node.sql("duckdb"))}" names a table.'
        return Problem("expression.table", message, "Write the column alone.", where)
    if node.name in columns:
        return None
    message = f'No column "{_shown(node.name)}".'
    return Problem("expression.column_unknown", message, did_you_mean(node.name, columns), where)


def _check_call(name: str, count: int, kind: Kind, where: Where) -> Problem | None:
    function = HOUSE_FUNCTIONS.get(name)
    if function is None or (function.aggregate and kind is Kind.ROW):
        remedy = did_you_mean(name, _FUNCTIONS) or "See the house functions."
        return Problem("expression.function_unknown", f"{_shown(name)}() is not allowed here.", remedy, where)
    wanted = len(function.arguments)
    if count != wanted:
        return Problem("expression.arguments", f"{name}() has {count} arguments.", f"It takes {wanted}.", where)
    return None


def _check_measure(tree: exp.Expr, where: Where) -> list[Problem]:
    problems: list[Problem] = []
    aggregates = [node for node in tree.walk() if _is_aggregate(node)]
    if not aggregates:
        message = f"`{_shown(tree.sql('duckdb'))}` aggregates nothing."
        problems.append(Problem("expression.measure", message, "Use count, sum, min or max.", where))
    if any(_above(node, _is_aggregate) for node in aggregates):
        message = "An aggregate stands inside another."
        problems.append(Problem("expression.measure_nested", message, "Make the inner one a measure.", where))
    bare = [node.name for node in tree.find_all(exp.Column) if not _above(node, _is_aggregate_or_filter)]
    if aggregates and bare:
        message = f'Column "{bare[0]}" stands outside every aggregate.'
        problems.append(Problem("expression.measure_column", message, "Aggregate it, or make it a dimension.", where))
    return problems


def _is_aggregate(node: exp.Expr) -> bool:
    call = house_call(node)
    return HOUSE_FUNCTIONS[call[0]].aggregate if call else isinstance(node, house_sql.AGGREGATES)


def _is_aggregate_or_filter(node: exp.Expr) -> bool:
    return isinstance(node, exp.Filter) or _is_aggregate(node)


def _above(node: exp.Expr, test: Callable[[exp.Expr], bool]) -> bool:
    parent = node.parent
    while parent is not None:
        if test(parent):
            return True
        parent = parent.parent
    return False


def _shown(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
