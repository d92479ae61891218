"""What house SQL must not mix, seen once the types of the columns are known from the contracts.

Engines round, cut and print differently where kinds of numbers meet, without an error: DuckDB rounds a double to a
whole number where Spark cuts it.  So such meetings are refused, and money stays whole numbers end to end.
A type that cannot be told (a parameter, a twin) is let through: running every step on both engines is the second net.
"""

import logging
from collections.abc import Iterable
from typing import Final

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from quanyu.engine.column_types import PHYSICAL
from quanyu.engine.functions import expand
from quanyu.engine.house_sql import Trouble
from quanyu.errors import Problem, Where
from quanyu.tables.contract import Table, Type

_DOUBLE: Final = frozenset({exp.DType.DOUBLE, exp.DType.FLOAT})
_WHOLE: Final = frozenset({exp.DType.BIGINT, exp.DType.INT, exp.DType.INT128, exp.DType.SMALLINT, exp.DType.TINYINT})
_TEXT: Final = frozenset({exp.DType.VARCHAR, exp.DType.TEXT})
_TIME: Final = frozenset({exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ})
_NUMBER: Final = frozenset({*_DOUBLE, *_WHOLE, exp.DType.DECIMAL})
_GIVES: Final = (
    (_WHOLE, Type.INT),
    (_DOUBLE, Type.RATIO),
    (frozenset({exp.DType.DECIMAL}), Type.DECIMAL),
    (_TEXT, Type.TEXT),
    (frozenset({exp.DType.DATE}), Type.DATE),
    (_TIME, Type.TIME),
    (frozenset({exp.DType.BOOLEAN}), Type.BOOL),
)
_COMPARE: Final = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)


def check_types(tree: exp.Query, reads: Iterable[Table], target: Table | None, file: str) -> list[Problem]:
    """Return where a query over the given tables mixes kinds of values, and outputs that its table would round."""
    schema: dict[str, object] = {
        table.name: {column.name: PHYSICAL["duckdb"][column.type] for column in table.columns} for table in reads
    }
    try:
        typed = annotate_types(_qualified(tree, schema), schema=schema, dialect="duckdb")
    except SqlglotError as error:
        logging.getLogger(__name__).debug("%s: types unknown: %s", file, error)
        return []
    problems = [
        Problem(code, message, remedy, Where(file))
        for node in typed.walk(bfs=False)
        if (trouble := _trouble(node)) is not None
        for code, message, remedy in (trouble,)
    ]
    return problems + (_check_outputs(typed, target, file) if target else [])


def type_of(tree: exp.Expr, table: Table) -> Type | None:
    """Return what kind of value an expression over one table gives; None when that cannot be told."""
    schema: dict[str, object] = {table.name: {column.name: PHYSICAL["duckdb"][column.type] for column in table.columns}}
    query = exp.select(exp.alias_(tree.copy(), "value")).from_(exp.table_(table.name, quoted=True))
    try:
        typed = annotate_types(_qualified(query, schema), schema=schema, dialect="duckdb")
    except SqlglotError as error:
        logging.getLogger(__name__).debug("%s: type unknown: %s", table.name, error)
        return None
    kind = _kind(typed.selects[0].unalias()) if isinstance(typed, exp.Query) else None
    return next((given for kinds, given in _GIVES if kind in kinds), None)


def _qualified(tree: exp.Query, schema: dict[str, object]) -> exp.Expr:
    expanded = expand(tree, "duckdb")
    for node in list(expanded.find_all(exp.Literal)):
        # SQLGlot takes 0.5 for a double; DuckDB and Spark both read a decimal.
        if not node.is_string and "." in node.name and "e" not in node.name.lower():
            digits, _, fraction = node.name.partition(".")
            to = exp.DataType.build(f"DECIMAL({len(digits) + len(fraction)}, {len(fraction)})", dialect="duckdb")
            node.replace(exp.Cast(this=node.copy(), to=to))
    return qualify(expanded, schema=schema, dialect="duckdb", quote_identifiers=False, expand_stars=False)


def _trouble(node: exp.Expr) -> Trouble | None:
    if isinstance(node, exp.Sum):
        return _check_sum(node)
    if type(node) is exp.Cast:
        return _check_cast(node)
    if isinstance(node, exp.Add | exp.Sub) and not _made_by_house_function(node):
        return _check_date_arithmetic(node)
    if isinstance(node, _COMPARE):
        return _check_comparison(node)
    if isinstance(node, exp.DPipe) and (_kind(node.this) in _DOUBLE or _kind(node.expression) in _DOUBLE):
        return "sql.text_of_double", f"{_shown(node)} prints a double.", "Print whole numbers or decimals."
    return None


def _check_sum(node: exp.Expr) -> Trouble | None:
    if _kind(node.this) in _DOUBLE:
        remedy = "Sum whole numbers or decimals, then safe_divide: the order of rows changes a sum of doubles."
        return "sql.sum_double", f"{_shown(node)} adds up doubles.", remedy
    if _kind(node.this) is exp.DType.BOOLEAN:
        return "sql.sum_boolean", f"{_shown(node)} adds up truths.", "Write count(*) FILTER (WHERE …)."
    return None


def _check_cast(node: exp.Expr) -> Trouble | None:
    given, wanted = _kind(node.this), node.args["to"].this
    inner = node.this.unnest()
    if isinstance(inner, exp.Floor | exp.Literal):
        return None
    if wanted in _WHOLE and given in {*_DOUBLE, exp.DType.DECIMAL}:
        return "sql.cast_rounds", f"{_shown(node)}: one engine rounds, another cuts.", "Write floor(x)."
    if wanted is exp.DType.DECIMAL and given in _DOUBLE:
        return "sql.cast_double", f"{_shown(node)} rounds a double.", "Keep decimals from the start, or a RATIO column."
    if wanted in _TEXT and given in _DOUBLE:
        return "sql.text_of_double", f"{_shown(node)} prints a double.", "Print whole numbers or decimals."
    return None


def _check_date_arithmetic(node: exp.Expr) -> Trouble | None:
    if _kind(node.this) in _TIME or _kind(node.expression) in _TIME:
        remedy = "Write days_between(a, b), add_days(d, n) or add_months(d, n)."
        return "sql.date_arithmetic", f"{_shown(node)} calculates with dates.", remedy
    return None


def _check_comparison(node: exp.Expr) -> Trouble | None:
    left, right = _kind(node.this), _kind(node.expression)
    if (left in _TEXT and right in _NUMBER) or (left in _NUMBER and right in _TEXT):
        return "sql.mixed_types", f"{_shown(node)} compares text with a number.", "CAST one side."
    return None


def _check_outputs(typed: exp.Expr, target: Table, file: str) -> list[Problem]:
    if not isinstance(typed, exp.Query):
        return []
    problems = []
    for output in typed.selects:
        column = target.column(output.alias_or_name)
        given = _kind(output)
        if column is None or not _loses(given, column.type):
            continue
        message = f"{column.name} is {column.type.value}, the SELECT gives {given.value if given else '?'}."
        problems.append(
            Problem("sql.output_type", message, "Give the contract's type: floor(x), or a CAST.", Where(file))
        )
    return problems


def _loses(given: exp.DType | None, wanted: Type) -> bool:
    if wanted in {Type.INT, Type.FEN, Type.KEY}:
        return given in {*_DOUBLE, exp.DType.DECIMAL, *_TEXT}
    if wanted is Type.DECIMAL:
        return given in {*_DOUBLE, *_TEXT}
    return wanted in {Type.TEXT, Type.JSON} and given in _DOUBLE


def _made_by_house_function(node: exp.Expr) -> bool:
    # add_days, add_months and week_start are date arithmetic themselves; only they cast an operand, and only add_months
    # adds what a function of the engine's own gives.
    return isinstance(node.this, exp.Cast) and isinstance(node.expression, exp.Cast | exp.Anonymous)


def _kind(node: exp.Expr) -> exp.DType | None:
    known = node.type
    return known.this if known is not None else None


def _shown(node: exp.Expr) -> str:
    return node.sql("duckdb", comments=False)[:60]
