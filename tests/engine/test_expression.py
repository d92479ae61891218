"""Expressions that people write are one value over known columns, or a problem with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.engine import Kind, columns_of, parse_expression
from quanyu.errors import Where

PLACE = Where("library/metrics/sales.yaml", 7)
COLUMNS = ("a", "b", "city", "net_fen")

HOSTILE = {
    "": "expression.empty",
    "  ": "expression.empty",
    "net_fen >": "expression.syntax",
    "(a = 1 and b = 2": "expression.syntax",
    "a in ()": "expression.in_empty",
    "net_fn > 1": "expression.column_unknown",
    "cnt(a) > 1": "expression.function_unknown",
    "a = 1; drop table person": "expression.statements",
    "city = 'x' or 1=1 --": "expression.comment",
    "/* x */ city = 'x'": "expression.comment",
    "read_csv('x')": "config.sql_refused",
    "getenv('HOME')": "expression.function_unknown",
    "person.mobile = 'x'": "expression.table",
    "information_schema.tables": "expression.table",
    "`city` = 'x'": "expression.syntax",
    "$1 = city": "config.sql_refused",
    "city = ?": "config.sql_refused",
    "city = %s": "expression.syntax",
    "city = “上海”": "expression.column_unknown",
    "a ＞＝ 3": "expression.syntax",
    "a = 1 and or b = 2": "expression.syntax",
    "not " * 1000 + "a": "expression.syntax",
    "not " * 20 + "a": "expression.depth",
    "a = 1" + " or a = 1" * 400: "expression.size",
    "a in (" + ",".join("1" * 1 for _ in range(10_001)) + ")": "expression.too_long",
    "a = '" + "x" * 1_000_000 + "'": "expression.too_long",
    "city ~ '(a+)+$'": "config.sql_refused",
    "city = null": "expression.null",
    "a > 1,000": "expression.syntax",
    "a > ¥100": "expression.column_unknown",
    "a / b > 5": "config.sql_refused",
    "(select 1) = a": "config.sql_refused",
    "a in (select b from person)": "config.sql_refused",
    "exists (select 1)": "config.sql_refused",
    "sum(a) > 1": "config.sql_refused",
    "row_number() over (order by a)": "config.sql_refused",
    "city like '%\\%'": "expression.like",
    "a::json": "expression.cast",
    "a[1]": "config.sql_refused",
    "*": "config.sql_refused",
    "select a": "config.sql_refused",
}


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:30] or "empty")
def test_hostile_text_is_refused_with_its_place(text: str) -> None:
    tree, problems = parse_expression(text, COLUMNS, PLACE)
    assert tree is None
    assert HOSTILE[text] in [problem.code for problem in problems]
    assert all(problem.where == PLACE and problem.remedy + problem.message for problem in problems)
    assert all("sqlglot" not in problem.message and len(problem.message) < 200 for problem in problems)


def test_text_that_looks_like_sql_stays_text() -> None:
    tree, problems = parse_expression("city = 'a'' or ''1''=''1'", COLUMNS, PLACE)
    assert tree is not None and not problems
    assert tree.sql("duckdb") == "city = 'a'' or ''1''=''1'"


@pytest.mark.parametrize(
    "text",
    [
        "a > 1 AND city IN ('x', 'y')",
        "days_between(a, b) <= 30",
        "CASE WHEN a > 1 THEN 'x' ELSE 'y' END",
        "NOT city = 'x'",
    ],
)
def test_sound_expression_is_read(text: str) -> None:
    tree, problems = parse_expression(text, COLUMNS, PLACE)
    assert tree is not None and not problems
    assert columns_of(tree) <= set(COLUMNS)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a", "expression.measure"),
        ("sum(a) + b", "expression.measure_column"),
        ("sum(sum(a))", "expression.measure_nested"),
        ("sum(min_by(a, b))", "expression.measure_nested"),
        ("avg(a)", "config.sql_refused"),
        ("sum(a) over ()", "config.sql_refused"),
    ],
)
def test_measure_must_aggregate_once(text: str, code: str) -> None:
    tree, problems = parse_expression(text, COLUMNS, PLACE, Kind.MEASURE)
    assert tree is None
    assert code in [problem.code for problem in problems]


@pytest.mark.parametrize(
    "text", ["sum(a)", "count(*) FILTER (WHERE b > 1)", "safe_divide(sum(a), count(DISTINCT b))", "max_by(a, b)"]
)
def test_measure_is_read(text: str) -> None:
    tree, problems = parse_expression(text, COLUMNS, PLACE, Kind.MEASURE)
    assert tree is not None and not problems


def test_unknown_column_is_answered_with_the_nearest() -> None:
    _, (problem,) = parse_expression("net_fn > 1", COLUMNS, PLACE)
    assert 'Did you mean "net_fen"?' in problem.remedy


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=120), st.sampled_from(Kind))
def test_random_text_never_raises(text: str, kind: Kind) -> None:
    parse_expression(text, COLUMNS, PLACE, kind)
