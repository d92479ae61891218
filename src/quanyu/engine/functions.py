"""House functions: the only way to say what engines read differently, and their form per engine.

A house function is written in a step like any SQL function.  Each has one template per engine, an expression over its
argument names; `expand` replaces every call on the tree.  Meaning is fixed by rows of input and answer in
`tests/conformance/functions.yaml`, which must agree on all engines.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import sqlglot
from sqlglot import exp

from quanyu.engine.settle import settle
from quanyu.errors import InternalError


@dataclass(frozen=True, slots=True)
class HouseFunction:
    """One function: argument names, what it gives, and its expression on each engine over those names."""

    name: str
    arguments: tuple[str, ...]
    gives: str
    duckdb: str
    spark: str
    aggregate: bool = False

    def template(self, dialect: str) -> str:
        """Return the expression of the engine."""
        return self.duckdb if dialect == "duckdb" else self.spark


_FUNCTIONS: Final = (
    HouseFunction(
        "days_between",
        ("a", "b"),
        "whole days from date a to date b, negative when b is earlier; null if either is null",
        "date_diff('day', CAST(a AS DATE), CAST(b AS DATE))",
        "CAST(datediff(CAST(b AS DATE), CAST(a AS DATE)) AS BIGINT)",
    ),
    HouseFunction(
        "add_days",
        ("d", "n"),
        "the date n days after date d",
        "CAST(d AS DATE) + CAST(n AS INTEGER)",
        "date_add(CAST(d AS DATE), CAST(n AS INT))",
    ),
    HouseFunction(
        "add_months",
        ("d", "n"),
        "the date n calendar months after date d, the last day of a shorter month",
        "CAST(CAST(d AS DATE) + to_months(CAST(n AS INTEGER)) AS DATE)",
        "add_months(CAST(d AS DATE), CAST(n AS INT))",
    ),
    HouseFunction(
        "week_start",
        ("d",),
        "the Monday on or before date d",
        "CAST(CAST(d AS DATE) - CAST(isodow(CAST(d AS DATE)) - 1 AS INTEGER) AS DATE)",
        "date_sub(CAST(d AS DATE), weekday(CAST(d AS DATE)))",
    ),
    HouseFunction(
        "month_start",
        ("d",),
        "the first day of the month of date d",
        "make_date(year(d), month(d), 1)",
        "make_date(year(d), month(d), 1)",
    ),
    HouseFunction(
        "quarter_start",
        ("d",),
        "the first day of the quarter of date d",
        "make_date(year(d), ((month(d) - 1) // 3) * 3 + 1, 1)",
        "make_date(year(d), CAST(((month(d) - 1) div 3) * 3 + 1 AS INT), 1)",
    ),
    HouseFunction(
        "year_start",
        ("d",),
        "the first day of the year of date d",
        "make_date(year(d), 1, 1)",
        "make_date(year(d), 1, 1)",
    ),
    HouseFunction(
        "month_index",
        ("d",),
        "year * 12 + month of date d; differences count calendar months",
        "CAST(year(d) * 12 + month(d) AS BIGINT)",
        "CAST(year(d) * 12 + month(d) AS BIGINT)",
    ),
    HouseFunction(
        "iso_weekday",
        ("d",),
        "day of the week of date d, Monday 1 … Sunday 7",
        "CAST(isodow(CAST(d AS DATE)) AS BIGINT)",
        "CAST(weekday(CAST(d AS DATE)) + 1 AS BIGINT)",
    ),
    HouseFunction(
        "local_date",
        ("ts", "zone"),
        "the calendar date of UTC moment ts in the IANA zone",
        "CAST(timezone(zone, timezone('UTC', CAST(ts AS TIMESTAMP))) AS DATE)",
        "CAST(convert_timezone('UTC', zone, CAST(ts AS TIMESTAMP_NTZ)) AS DATE)",
    ),
    HouseFunction(
        "hour_of",
        ("ts",),
        "hour 0–23 of a moment as stored",
        "CAST(hour(ts) AS BIGINT)",
        "CAST(hour(ts) AS BIGINT)",
    ),
    HouseFunction(
        "local_hour",
        ("ts", "zone"),
        "the hour 0–23 of UTC moment ts on the clocks of the IANA zone",
        "CAST(hour(timezone(zone, timezone('UTC', CAST(ts AS TIMESTAMP)))) AS BIGINT)",
        "CAST(hour(convert_timezone('UTC', zone, CAST(ts AS TIMESTAMP_NTZ))) AS BIGINT)",
    ),
    HouseFunction(
        "seconds_between",
        ("a", "b"),
        "whole seconds from moment a to b, the fraction cut off, negative when b is earlier; null if either is null",
        "(epoch_us(CAST(b AS TIMESTAMP)) - epoch_us(CAST(a AS TIMESTAMP))) // 1000000",
        "(unix_micros(CAST(b AS TIMESTAMP)) - unix_micros(CAST(a AS TIMESTAMP))) div 1000000",
    ),
    HouseFunction(
        "safe_divide",
        ("a", "b"),
        "a / b as a double; null when b is 0 or either is null",
        "CAST(a AS DOUBLE) / NULLIF(CAST(b AS DOUBLE), 0)",
        "CAST(a AS DOUBLE) / NULLIF(CAST(b AS DOUBLE), 0)",
    ),
    HouseFunction(
        "int_div",
        ("a", "b"),
        "a divided by b as integers, the fraction cut off towards zero; null when b is 0",
        "CAST(a AS BIGINT) // NULLIF(CAST(b AS BIGINT), 0)",
        "CAST(a AS BIGINT) div NULLIF(CAST(b AS BIGINT), 0)",
    ),
    HouseFunction(
        "hash60",
        ("x",),
        "a positive 60-bit integer from the MD5 of a text; the same on every engine and version",
        "CAST('0x' || substr(md5(x), 1, 15) AS BIGINT)",
        "CAST(conv(substr(md5(x), 1, 15), 16, 10) AS BIGINT)",
    ),
    HouseFunction(
        "hash_bucket",
        ("x", "n"),
        "bucket 0 … n-1 of a text, from hash60",
        "CAST('0x' || substr(md5(x), 1, 15) AS BIGINT) % CAST(n AS BIGINT)",
        "CAST(conv(substr(md5(x), 1, 15), 16, 10) AS BIGINT) % CAST(n AS BIGINT)",
    ),
    HouseFunction(
        "min_by",
        ("x", "k"),
        "x of the row with the smallest k (k must be unique); rows with null k do not count",
        "arg_min_null(x, k)",
        "min_by(x, k)",
        aggregate=True,
    ),
    HouseFunction(
        "max_by",
        ("x", "k"),
        "x of the row with the greatest k (k must be unique); rows with null k do not count",
        "arg_max_null(x, k)",
        "max_by(x, k)",
        aggregate=True,
    ),
)

HOUSE_FUNCTIONS: Final[dict[str, HouseFunction]] = {function.name: function for function in _FUNCTIONS}

# SQLGlot parses some of our names into classes of its own; this is how each of them is read back as a call.
_KNOWN: Final[dict[type[exp.Expr], tuple[str, Callable[[exp.Expr], list[exp.Expr]]]]] = {
    exp.SafeDivide: ("safe_divide", lambda node: [node.this, node.expression]),
    exp.ArgMin: ("min_by", lambda node: [node.this, node.expression]),
    exp.ArgMax: ("max_by", lambda node: [node.this, node.expression]),
    exp.AddMonths: ("add_months", lambda node: [node.this, node.expression]),
    exp.WeekStart: ("week_start", lambda node: [node.this]),
}


def house_call(node: exp.Expr) -> tuple[str, list[exp.Expr]] | None:
    """Return (function name, arguments) when the node is a call of a function by name, else None."""
    known = _KNOWN.get(type(node))
    if known:
        return known[0], known[1](node)
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower(), list(node.expressions)
    return None


@cache
def _template(name: str, dialect: str) -> exp.Expr:
    return sqlglot.parse_one(HOUSE_FUNCTIONS[name].template(dialect), dialect=dialect)


def _fill(template: exp.Expr, bindings: dict[str, exp.Expr]) -> exp.Expr:
    def put(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and not node.table and node.name in bindings:
            argument = bindings[node.name].copy()
            return argument if isinstance(argument, exp.Column | exp.Literal) else exp.Paren(this=argument)
        return node

    return exp.Paren(this=template.copy().transform(put, copy=False))


def expand(tree: exp.Expr, dialect: str, *, copy: bool = True) -> exp.Expr:
    """Return the tree with house functions in the engine's form and plain SQL made to mean one thing (`settle`).

    Without `copy` the tree itself is changed.  Raises InternalError for an unknown function or a wrong number of
    arguments (checked files never have either).
    """
    return _expand_calls(settle(tree.copy() if copy else tree, dialect), dialect)


def _expand_calls(tree: exp.Expr, dialect: str) -> exp.Expr:
    def replace(node: exp.Expr) -> exp.Expr:
        call = house_call(node)
        if call is None:
            return node
        name, arguments = call
        function = HOUSE_FUNCTIONS.get(name)
        if function is None or len(arguments) != len(function.arguments):
            raise InternalError(f"no house function {name} with {len(arguments)} arguments")
        done = [_expand_calls(argument, dialect) for argument in arguments]
        return _fill(_template(name, dialect), dict(zip(function.arguments, done, strict=True)))

    return tree.transform(replace, copy=False)
