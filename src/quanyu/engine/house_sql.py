"""House SQL: the narrow part of SQL that every engine reads the same way, parsed to a tree and refused by name otherwise.

Free DuckDB SQL does not survive being written for another engine, and what does may mean something else there.  So a
step may use only the node kinds below and the house functions of `functions.py`; anything else is a `Problem` with the
line.  What the list cannot see (null order, string order, integer sums) is proved by running every step on every engine.
"""

from collections.abc import Iterable
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError, ParseError, TokenError
from sqlglot.optimizer.qualify import qualify

from quanyu.engine.functions import HOUSE_FUNCTIONS, house_call
from quanyu.errors import Problem, Where, did_you_mean
from quanyu.tables.contract import Table

STRUCTURE: Final = (
    exp.Select, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Limit, exp.Union,
    exp.Except, exp.Intersect, exp.With, exp.CTE, exp.Subquery, exp.Table, exp.TableAlias, exp.Identifier, exp.Alias,
    exp.Column, exp.Star, exp.Paren, exp.Tuple, exp.Literal, exp.Boolean, exp.Null, exp.Placeholder, exp.DataType,
    exp.DataTypeParam, exp.Window, exp.WindowSpec, exp.Filter, exp.Distinct, exp.Var,
)  # fmt: skip
OPERATORS: Final = (
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ,
    exp.Is, exp.In, exp.Between, exp.Like, exp.Exists, exp.Case, exp.If, exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.Neg,
    exp.DPipe, exp.Cast,
)  # fmt: skip
SCALARS: Final = (
    exp.Coalesce, exp.Nullif, exp.Lower, exp.Upper, exp.Substring, exp.Length, exp.Greatest, exp.Least, exp.Abs,
    exp.Floor, exp.Trim,
)  # fmt: skip
AGGREGATES: Final = (exp.Count, exp.Sum, exp.Min, exp.Max)
WINDOW_ONLY: Final = (exp.RowNumber, exp.Rank, exp.DenseRank, exp.Lag, exp.Lead)
_ORDERED: Final = WINDOW_ONLY
CAST_TYPES: Final = frozenset(
    {
        exp.DType.BIGINT, exp.DType.INT, exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ, exp.DType.VARCHAR, exp.DType.TEXT,
        exp.DType.DOUBLE, exp.DType.BOOLEAN, exp.DType.DECIMAL,
    }
)  # fmt: skip
_WHY_REFUSED: Final = {
    exp.Div: "engines divide integers differently; write safe_divide(a, b) or int_div(a, b)",
    exp.IntDiv: "write int_div(a, b)",
    exp.Avg: "write safe_divide(sum(x), count(x))",
    exp.AnyValue: "it gives changing answers; use min or max",
    exp.First: "it gives changing answers; use min_by with a unique key",
    exp.Last: "it gives changing answers; use max_by with a unique key",
    exp.Qualify: "number the rows in a CTE and filter in the next",
    exp.ApproxDistinct: "approximate answers change from run to run; use count(DISTINCT x)",
    exp.ApproxQuantile: "approximate answers change from run to run; rank with row_number",
    exp.Round: "engines round doubles differently; keep integers, round when shown",
    exp.Rand: "chance is hash_bucket of an id",
    exp.CurrentDate: "time is a parameter: $as_of",
    exp.CurrentTimestamp: "time is a parameter: $as_of",
}


def parse(text: str, file: str, first_line: int = 1) -> tuple[exp.Query | None, list[Problem]]:
    """Return the tree of one house SELECT and all problems in it; the tree is None when it cannot be read.

    `file` names the place in problems; `first_line` is the line of the file at which `text` begins.
    """
    try:
        statements = sqlglot.parse(text, dialect="duckdb")
    except (ParseError, TokenError) as error:
        detail = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
        line = first_line - 1 + int(detail.get("line") or 1)
        message = str(detail.get("description") or "the SQL cannot be read").rstrip(".")
        return None, [Problem("sql.syntax", f"{message}.", "Check the SQL near here.", Where(file, line))]
    if len(statements) != 1:
        return None, [Problem("sql.statements", f"{len(statements)} statements.", "Write one SELECT.", Where(file))]
    tree = statements[0]
    if not isinstance(tree, exp.Query):
        return None, [Problem("sql.not_a_query", "This is not a SELECT.", "Write one SELECT.", Where(file))]
    return tree, check(tree, file, first_line)


def check(tree: exp.Expr, file: str, first_line: int = 1) -> list[Problem]:
    """Return what of a tree is not house SQL, in the order of the text."""
    problems: list[Problem] = []
    for node in tree.walk():
        problem = _check_node(node)
        if problem:
            code, message, remedy = problem
            problems.append(Problem(code, message, remedy, Where(file, line_of(node, first_line))))
    return problems


def line_of(node: exp.Expr, first_line: int = 1) -> int | None:
    """Return the line of the file at which the node's first named part stands, or None when it has none."""
    for part in node.walk():
        line = part.meta.get("line")
        if line:
            return first_line - 1 + int(line)
    return None


def _check_node(node: exp.Expr) -> tuple[str, str, str] | None:
    call = house_call(node)
    if call:
        return _check_call(*call)
    if isinstance(node, exp.Star):
        return None if isinstance(node.parent, exp.Count) else ("sql.star", "SELECT *.", "Name the columns.")
    if isinstance(node, exp.Group):
        return _check_group(node)
    if isinstance(node, exp.Window):
        return _check_window(node)
    if isinstance(node, exp.Cast) and type(node) is exp.Cast:
        return _check_cast(node)
    if isinstance(node, WINDOW_ONLY) and not isinstance(node.parent, exp.Window):
        return "sql.window", f"{node.sql('duckdb')} without OVER.", "Give it OVER (PARTITION BY … ORDER BY …)."
    if type(node) in _ALLOWED:
        return None
    return _refused(node)


def _check_call(name: str, arguments: list[exp.Expr]) -> tuple[str, str, str] | None:
    function = HOUSE_FUNCTIONS.get(name)
    if function is None:
        known = [*HOUSE_FUNCTIONS, "count", "sum", "min", "max", "coalesce", "nullif", "substr", "length", "row_number"]
        remedy = did_you_mean(name, known) or f"House functions: {', '.join(sorted(HOUSE_FUNCTIONS))}."
        return "sql.function_unknown", f"{name}() is not a house function.", remedy
    if len(arguments) != len(function.arguments):
        wanted = ", ".join(function.arguments)
        return "sql.arguments", f"{name}() has {len(arguments)} arguments.", f"Write {name}({wanted})."
    return None


def _check_group(node: exp.Group) -> tuple[str, str, str] | None:
    if any(isinstance(key, exp.Literal) for key in node.expressions):
        return "sql.group_position", "GROUP BY a position.", "Name the columns."
    extras = [name for name in ("grouping_sets", "cube", "rollup", "all") if node.args.get(name)]
    return ("sql.group", f"GROUP BY {extras[0]}.", "Write one SELECT per grouping.") if extras else None


def _check_window(node: exp.Window) -> tuple[str, str, str] | None:
    if isinstance(node.this, _ORDERED) and not node.args.get("order"):
        remedy = "Add ORDER BY … ending in a unique column, or the result changes from run to run."
        return "sql.window_order", f"{node.this.sql('duckdb')} OVER without ORDER BY.", remedy
    if node.args.get("order") and isinstance(node.this, exp.Sum | exp.Count) and not node.args.get("spec"):
        remedy = "Add ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW: the default frame joins ties."
        return "sql.window_frame", "a running aggregate without a frame.", remedy
    return None


def _check_cast(node: exp.Cast) -> tuple[str, str, str] | None:
    if node.to.this in CAST_TYPES:
        return None
    return "sql.cast", f"CAST to {node.to.sql('duckdb')}.", "Use BIGINT, DECIMAL, DOUBLE, VARCHAR, BOOLEAN, DATE or TIMESTAMP."


def _refused(node: exp.Expr) -> tuple[str, str, str]:
    remedy = next((why for kind, why in _WHY_REFUSED.items() if isinstance(node, kind)), "Use a house function.")
    shown = node.sql("duckdb")
    return "sql.refused", f"{type(node).__name__} is not house SQL: {shown[:60]}.", remedy[0].upper() + remedy[1:] + "."


_ALLOWED: Final = frozenset((*STRUCTURE, *OPERATORS, *SCALARS, *AGGREGATES, *WINDOW_ONLY))


def tables_of(tree: exp.Expr) -> frozenset[str]:
    """Return the names of the relations a tree reads, its own CTEs left out."""
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return frozenset(table.name for table in tree.find_all(exp.Table) if table.name not in own)


def resolve(tree: exp.Query, tables: Iterable[Table], file: str) -> list[Problem]:
    """Return a problem when the tree names a column that no table it reads has; contracts are the schema."""
    known = {table.name: table for table in tables}
    schema = {name: {column.name: "text" for column in table.columns} for name, table in known.items()}
    try:
        qualify(tree.copy(), schema=schema, dialect="duckdb", quote_identifiers=False, expand_stars=False)
    except OptimizeError as error:
        message = str(error).splitlines()[0].rstrip(".")
        names = sorted({column for table in known.values() for column in table.column_names})
        quoted = message.split("'")[1] if "'" in message else message.split()[-1]
        return [Problem("sql.column_unknown", f"{message}.", did_you_mean(quoted.split(".")[-1], names), Where(file))]
    return []


def outputs_of(tree: exp.Query) -> tuple[str, ...]:
    """Return the names of the columns a query gives, in order."""
    return tuple(tree.named_selects)
