"""House SQL: the narrow part of SQL that every engine reads the same way; the rest is refused by name.

Free DuckDB SQL does not survive being written for another engine, and what does may mean something else there.  So a
step may use only the node kinds below and the house functions of `functions.py`; anything else is a `Problem` with the
line.  What the list cannot see (string order, joins on null, integer sums) is proved by running rows on every engine
(`tests/conformance`).  Types are checked in `typed.py`, once the tables are known.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError, ParseError, SqlglotError, TokenError
from sqlglot.optimizer.qualify import qualify

from quanyu.engine.functions import HOUSE_FUNCTIONS, house_call
from quanyu.errors import Problem, Where, did_you_mean
from quanyu.tables.contract import Table

STRUCTURE: Final = (
    exp.Select, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Limit, exp.Union,
    exp.Except, exp.Intersect, exp.With, exp.CTE, exp.Subquery, exp.Table, exp.TableAlias, exp.Identifier, exp.Alias,
    exp.Column, exp.Star, exp.Paren, exp.Literal, exp.Boolean, exp.Null, exp.Placeholder, exp.DataType,
    exp.DataTypeParam, exp.Window, exp.WindowSpec, exp.Filter, exp.Distinct, exp.Var,
)  # fmt: skip
OPERATORS: Final = (
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ,
    exp.Is, exp.In, exp.Between, exp.Like, exp.Exists, exp.Case, exp.If, exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.Neg,
    exp.DPipe, exp.Cast,
)  # fmt: skip
SCALARS: Final = (
    exp.Coalesce, exp.Nullif, exp.Lower, exp.Substring, exp.Length, exp.Greatest, exp.Least, exp.Abs, exp.Floor,
    exp.Trim,
)  # fmt: skip
AGGREGATES: Final = (exp.Count, exp.Sum, exp.Min, exp.Max)
WINDOW_ONLY: Final = (exp.RowNumber, exp.Rank, exp.DenseRank, exp.Lag, exp.Lead)
CHANGING: Final = (
    exp.AnyValue, exp.First, exp.Last, exp.Rand, exp.Uuid, exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp,
    exp.CurrentDatetime, exp.ApproxDistinct, exp.TableSample,
)  # fmt: skip
"""Nodes whose answer may change from run to run over the same rows; never allowed."""
CAST_TYPES: Final = frozenset(
    {
        exp.DType.BIGINT, exp.DType.INT, exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ, exp.DType.VARCHAR,
        exp.DType.TEXT, exp.DType.DOUBLE, exp.DType.BOOLEAN, exp.DType.DECIMAL,
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
    exp.Quantile: "engines interpolate differently; rank with row_number and compare integers",
    exp.PercentileCont: "engines interpolate differently; rank with row_number and compare integers",
    exp.PercentileDisc: "rank with row_number and compare integers",
    exp.Median: "engines interpolate differently; rank with row_number and compare integers",
    exp.Ntile: "ties fall differently; rank with row_number and compare integers",
    exp.Round: "engines round doubles differently; keep integers, round when shown",
    exp.Ceil: "write -floor(-x)",
    exp.Upper: "engines disagree on letters such as ß; compare lower(x)",
    exp.Concat: "it reads null differently; write a || b",
    exp.ILike: "write lower(x) LIKE 'pattern'",
    exp.Escape: "compare with substr instead",
    exp.RegexpLike: "engines read patterns differently; clean text in ingest",
    exp.TryCast: "text is cleaned in ingest; write CAST",
    exp.Interval: "write add_days(d, n) or add_months(d, n)",
    exp.DateDiff: "write days_between(a, b)",
    exp.DateAdd: "write add_days(d, n) or add_months(d, n)",
    exp.DateSub: "write add_days(d, -n) or add_months(d, -n)",
    exp.DateTrunc: "write month_start(d), week_start(d), quarter_start(d) or year_start(d)",
    exp.TimestampTrunc: "write month_start(d), week_start(d), quarter_start(d) or year_start(d)",
    exp.Extract: "write month_index(d), iso_weekday(d) or hour_of(ts)",
    exp.Year: "write year_start(d) or month_index(d)",
    exp.Month: "write month_start(d) or month_index(d)",
    exp.Unnest: "make the rows in Python, or read a table",
    exp.Values: "make the rows in Python, or write SELECT … UNION ALL",
    exp.Lateral: "write a join",
    exp.TableSample: "samples change from run to run; use hash_bucket of an id",
    exp.Pivot: "write sum(…) FILTER (WHERE …)",
    exp.ArrayAgg: "lists are not portable; keep rows",
    exp.GroupConcat: "order and separators differ; keep rows",
    exp.Rand: "chance is hash_bucket of an id",
    exp.CurrentDate: "time is a parameter: $as_of",
    exp.CurrentTimestamp: "time is a parameter: $as_of",
    exp.IgnoreNulls: "filter the nulls in a CTE first",
    exp.Offset: "number the rows in a CTE and filter in the next",
}
MAX_TEXT: Final = 50_000

Trouble = tuple[str, str, str]
"""Code, message and remedy of one refusal, before its place is known."""


def parse(text: str, file: str, first_line: int = 1) -> tuple[exp.Query | None, list[Problem]]:
    """Return the tree of one house SELECT and all problems in it; the tree is None when it cannot be read.

    `file` names the place in problems; `first_line` is the line of the file at which `text` begins.
    """
    statements, problem = read(text)
    if problem:
        code, message, line = problem
        place = Where(file, first_line - 1 + line)
        return None, [Problem(code, message, "Check the SQL near here.", place)]
    if len(statements) != 1:
        return None, [Problem("sql.statements", f"{len(statements)} statements.", "Write one SELECT.", Where(file))]
    tree = statements[0]
    if not isinstance(tree, exp.Query):
        return None, [Problem("sql.not_a_query", "This is not a SELECT.", "Write one SELECT.", Where(file, first_line))]
    return tree, check(tree, file, first_line)


def read(text: str) -> tuple[list[exp.Expr], tuple[str, str, int] | None]:
    """Return the trees of the statements in a text, or (code, message, line in the text) of why it cannot be read."""
    if len(text) > MAX_TEXT:
        return [], ("sql.too_long", f"{len(text)} characters; the limit is {MAX_TEXT}", 1)
    try:
        return [tree for tree in sqlglot.parse(text, dialect="duckdb") if tree is not None], None
    except (ParseError, TokenError) as error:
        detail = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
        message = str(detail.get("description") or "The SQL cannot be read").rstrip(".")
        if message.startswith("Required keyword"):  # it names the parser's classes
            message = "A value or name is missing"
        return [], ("sql.syntax", f"{message}.", int(detail.get("line") or 1))
    except (RecursionError, SqlglotError, ValueError):
        return [], ("sql.syntax", "The SQL cannot be read: it nests too deeply, or holds a literal that is none.", 1)


def check(tree: exp.Expr, file: str, first_line: int = 1) -> list[Problem]:
    """Return what of a tree is not house SQL, in the order of the text."""
    problems: list[Problem] = []
    line = first_line
    for node in tree.walk(bfs=False):
        line = own_line(node, first_line) or line
        trouble = trouble_of(node)
        if trouble:
            code, message, remedy = trouble
            problems.append(Problem(code, message, remedy, Where(file, _place(node, first_line) or line)))
    return sorted(problems, key=lambda problem: problem.where.line or 0)


def own_line(node: exp.Expr, first_line: int = 1) -> int | None:
    """Return the line of the file on which a named node itself stands, or None when the parser kept none."""
    line = node.meta.get("line")
    return first_line - 1 + int(line) if line else None


def line_of(node: exp.Expr, first_line: int = 1) -> int | None:
    """Return the line of the file at which the node's first named part stands, or None when it has none."""
    return next((line for part in node.walk(bfs=False) if (line := own_line(part, first_line))), None)


def _place(node: exp.Expr, first_line: int) -> int | None:
    """Return the line of a node, or of the output it stands in: literals and bare keywords carry none."""
    output = node.find_ancestor(exp.Alias, exp.Query)
    named = line_of(output, first_line) if isinstance(output, exp.Alias) else None
    return line_of(node, first_line) or named


def trouble_of(node: exp.Expr) -> Trouble | None:
    """Return why one node, its children left aside, is not house SQL; None when it is."""
    call = house_call(node)
    if call:
        return _check_call(*call)
    rule = _RULES.get(type(node))
    if rule:
        return rule(node)
    if isinstance(node, WINDOW_ONLY) and not isinstance(node.parent, exp.Window):
        return "sql.window", f"{node.sql('duckdb')} without OVER.", "Give it OVER (PARTITION BY … ORDER BY …)."
    return None if type(node) in _ALLOWED else _refused(node)


def _check_call(name: str, arguments: list[exp.Expr]) -> Trouble | None:
    function = HOUSE_FUNCTIONS.get(name)
    if function is None:
        known = [*HOUSE_FUNCTIONS, "count", "sum", "min", "max", "coalesce", "nullif", "substr", "length", "row_number"]
        remedy = did_you_mean(name, known) or f"House functions: {', '.join(sorted(HOUSE_FUNCTIONS))}."
        return "sql.function_unknown", f"{name}() is not a house function.", remedy
    if len(arguments) != len(function.arguments):
        wanted = ", ".join(function.arguments)
        return "sql.arguments", f"{name}() has {len(arguments)} arguments.", f"Write {name}({wanted})."
    return None


def _check_star(node: exp.Expr) -> Trouble | None:
    return None if isinstance(node.parent, exp.Count) else ("sql.star", "SELECT *.", "Name the columns.")


def _check_select(node: exp.Expr) -> Trouble | None:
    distinct = node.args.get("distinct")
    if distinct is not None and distinct.args.get("on"):
        return "sql.distinct_on", "DISTINCT ON.", "Number the rows in a CTE and keep number 1."
    if node.args.get("kind") or node.args.get("into") or node.args.get("hint"):
        return "sql.select", "a SELECT with a modifier.", "Write a plain SELECT."
    return None


def _check_set_operation(node: exp.Expr) -> Trouble | None:
    if node.args.get("by_name"):
        return "sql.union_by_name", "UNION BY NAME.", "Write the columns in one order."
    return None


def _check_limit(node: exp.Expr) -> Trouble | None:
    if node.parent is not None and not node.parent.args.get("order"):
        return "sql.limit", "LIMIT without ORDER BY.", "Add ORDER BY … ending in a unique column, or the rows change."
    if not node.expression.is_int and not isinstance(node.expression, exp.Placeholder):
        return "sql.limit", "LIMIT by something computed.", "Write a whole number or a parameter."
    return None


def _check_table(node: exp.Expr) -> Trouble | None:
    if node.args.get("db") or node.args.get("catalog"):
        return "sql.schema", f"{node.sql('duckdb')} names a schema.", "Write the contract name alone."
    if not isinstance(node.this, exp.Identifier) or not _TABLE_NAME.fullmatch(node.name):
        return "sql.table_name", f"{node.sql('duckdb')[:60]} is not a table.", "Read contract tables only."
    return None


def _check_column(node: exp.Expr) -> Trouble | None:
    if node.args.get("db"):
        return "sql.schema", f"{node.sql('duckdb')} names a schema.", "Write table.column."
    return None


def _check_join(node: exp.Expr) -> Trouble | None:
    if node.args.get("method"):
        return "sql.join", f"{node.args['method']} JOIN.", "Write JOIN … ON …."
    kind = str(node.args.get("side") or node.args.get("kind") or "")
    if kind not in {"", "CROSS"} and not node.args.get("on") and not node.args.get("using"):
        return "sql.join", f"{kind} JOIN without ON.", "Write JOIN … ON …, or CROSS JOIN."
    return None


def _check_with(node: exp.Expr) -> Trouble | None:
    if node.args.get("recursive"):
        return "sql.recursive", "WITH RECURSIVE.", "Run short steps until a count is zero."
    return None


def _check_cte(node: exp.Expr) -> Trouble | None:
    if node.args.get("materialized") is not None:
        return "sql.materialized", "AS MATERIALIZED.", "Leave it out: it means nothing to other engines."
    return None


def _check_group(node: exp.Expr) -> Trouble | None:
    if any(isinstance(key, exp.Literal) for key in node.expressions):
        return "sql.group_position", "GROUP BY a position.", "Name the columns."
    extras = [name for name in ("grouping_sets", "cube", "rollup", "all", "totals") if node.args.get(name)]
    return ("sql.group", f"GROUP BY {extras[0]}.", "Write one SELECT per grouping.") if extras else None


def _check_order(node: exp.Expr) -> Trouble | None:
    if isinstance(node.this, exp.Literal):
        return "sql.order_position", "ORDER BY a position.", "Name the columns."
    return ("sql.order", "ORDER BY … WITH FILL.", "Make the rows first.") if node.args.get("with_fill") else None


def _check_window(node: exp.Expr) -> Trouble | None:
    if node.args.get("alias") or node.arg_key == "windows":
        return "sql.window_named", "a named window.", "Write the window out after OVER."
    function = node.this.this if isinstance(node.this, exp.Filter) else node.this
    if isinstance(function.this, exp.Distinct):
        return "sql.window_distinct", "DISTINCT in a window.", "Number the rows in a CTE and count number 1."
    if isinstance(function, WINDOW_ONLY) and not node.args.get("order"):
        remedy = "Add ORDER BY … ending in a unique column, or the result changes from run to run."
        return "sql.window_order", f"{function.sql('duckdb')} OVER without ORDER BY.", remedy
    if node.args.get("order") and isinstance(function, exp.Sum | exp.Count) and not node.args.get("spec"):
        remedy = "Add ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW: the default frame joins ties."
        return "sql.window_frame", "a running aggregate without a frame.", remedy
    return None


def _check_frame(node: exp.Expr) -> Trouble | None:
    if str(node.args.get("kind") or "ROWS").upper() not in {"ROWS", "RANGE"} or node.args.get("exclude"):
        return "sql.window_frame", f"{node.args.get('kind')} frame.", "Use ROWS BETWEEN … AND …."
    return None


def _check_distinct(node: exp.Expr) -> Trouble | None:
    if len(node.expressions) > 1:
        return "sql.distinct", "DISTINCT over several columns.", "Group by them in a CTE, then count(*)."
    return None


def _check_like(node: exp.Expr) -> Trouble | None:
    pattern = node.expression
    if isinstance(pattern, exp.Literal) and pattern.is_string and "\\" not in pattern.name:
        return None
    return "sql.like", f"{node.sql('duckdb')[:60]}.", "Write a literal pattern without a backslash; or use substr."


def _check_substring(node: exp.Expr) -> Trouble | None:
    start = node.args.get("start")
    if start is not None and start.is_int and start.to_py() < 1:
        remedy = "Count from 1; write length(x) - n from the end."
        return "sql.substr", f"{node.sql('duckdb')[:60]} starts before 1.", remedy
    return None


def _check_equal(node: exp.Expr) -> Trouble | None:
    if isinstance(node.this, exp.Null) or isinstance(node.expression, exp.Null):
        return "sql.null", f"{node.sql('duckdb')[:60]} is never true.", "Write IS NULL or IS NOT NULL."
    return None


def _check_floor(node: exp.Expr) -> Trouble | None:
    return ("sql.floor", "floor to decimals.", "Write floor(x) alone.") if node.args.get("decimals") else None


def _check_cast(node: exp.Expr) -> Trouble | None:
    to = node.args["to"]
    sized = to.this == exp.DType.DECIMAL
    if to.this not in CAST_TYPES or (len(to.expressions) == 2) != sized:
        remedy = "Use BIGINT, DECIMAL(p, s), DOUBLE, VARCHAR, BOOLEAN, DATE or TIMESTAMP."
        return "sql.cast", f"CAST to {to.sql('duckdb')}.", remedy
    return None


def _check_in(node: exp.Expr) -> Trouble | None:
    if node.expressions or node.args.get("query"):
        return None
    return "sql.in_empty", f"{node.sql('duckdb')[:60]} holds no value.", "Name the values; write FALSE for none."


def _refused(node: exp.Expr) -> Trouble:
    shown = node.sql("duckdb")
    return "sql.refused", f"{type(node).__name__} is not house SQL: {shown[:60]}.", why_refused(node) + "."


def why_refused(node: exp.Expr) -> str:
    """Return what to write instead of a node kind outside the allow-list."""
    reason = next((why for kind, why in _WHY_REFUSED.items() if isinstance(node, kind)), "use a house function")
    return reason[0].upper() + reason[1:]


_TABLE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ALLOWED: Final = frozenset((*STRUCTURE, *OPERATORS, *SCALARS, *AGGREGATES, *WINDOW_ONLY))
_RULES: Final[Mapping[type[exp.Expr], Callable[[exp.Expr], Trouble | None]]] = {
    exp.CTE: _check_cte,
    exp.Cast: _check_cast,
    exp.Column: _check_column,
    exp.Distinct: _check_distinct,
    exp.EQ: _check_equal,
    exp.Except: _check_set_operation,
    exp.Floor: _check_floor,
    exp.Group: _check_group,
    exp.In: _check_in,
    exp.Intersect: _check_set_operation,
    exp.Join: _check_join,
    exp.Like: _check_like,
    exp.Limit: _check_limit,
    exp.NEQ: _check_equal,
    exp.Ordered: _check_order,
    exp.Select: _check_select,
    exp.Star: _check_star,
    exp.Substring: _check_substring,
    exp.Table: _check_table,
    exp.Union: _check_set_operation,
    exp.Window: _check_window,
    exp.WindowSpec: _check_frame,
    exp.With: _check_with,
}


def cte_of(table: exp.Table) -> exp.CTE | None:
    """Return the CTE a table reference means: of the nearest WITH around it, written before it; None for a table."""
    node: exp.Expr = table
    while (parent := node.parent) is not None:
        if isinstance(parent, exp.With):
            visible = parent.expressions[: parent.expressions.index(node)]
        else:
            clause = parent.args.get("with_")
            visible = clause.expressions if clause is not None and clause is not node else []
        for cte in visible:
            if isinstance(cte, exp.CTE) and cte.alias == table.name:
                return cte
        node = parent
    return None


def tables_of(tree: exp.Expr) -> frozenset[str]:
    """Return the names of the relations a tree reads, its own CTEs left out."""
    return frozenset(table.name for table in tree.find_all(exp.Table) if cte_of(table) is None)


def resolve(tree: exp.Query, tables: Iterable[Table], file: str) -> list[Problem]:
    """Return a problem when the tree names a column that no table it reads has; contracts are the schema."""
    known = {table.name: table for table in tables}
    schema: dict[str, object] = {name: dict.fromkeys(table.column_names, "text") for name, table in known.items()}
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
