"""House SQL refuses by name, with the line and what to write instead, and never falls over a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.engine import house_sql

# Statement, its refused part on the third line → code and a word of the remedy (`|` between alternatives).
REFUSED = {
    "SELECT\n  a,\n  a / b AS x\nFROM t": ("sql.refused", "safe_divide"),
    "SELECT\n  a,\n  a // b AS x\nFROM t": ("sql.refused", "int_div"),
    "SELECT\n  a,\n  avg(b) AS x\nFROM t": ("sql.refused", "safe_divide"),
    "SELECT\n  a,\n  any_value(b) AS x\nFROM t": ("sql.refused", "min or max"),
    "SELECT\n  a,\n  first(b) AS x\nFROM t": ("sql.refused", "min_by"),
    "SELECT\n  a,\n  median(b) AS x\nFROM t": ("sql.refused", "row_number"),
    "SELECT\n  a,\n  quantile_cont(b, 0.5) AS x\nFROM t": ("sql.refused", "row_number"),
    "SELECT\n  a,\n  approx_count_distinct(b) AS x\nFROM t": ("sql.refused", "count(DISTINCT"),
    "SELECT\n  a,\n  round(b, 2) AS x\nFROM t": ("sql.refused", "whole|integers"),
    "SELECT\n  a,\n  upper(b) AS x\nFROM t": ("sql.refused", "lower"),
    "SELECT\n  a,\n  concat(b, a) AS x\nFROM t": ("sql.refused", "||"),
    "SELECT\n  a,\n  b ILIKE 'x' AS x\nFROM t": ("sql.refused", "lower"),
    "SELECT\n  a,\n  TRY_CAST(b AS BIGINT) AS x\nFROM t": ("sql.refused", "CAST"),
    "SELECT\n  a,\n  b + INTERVAL 1 DAY AS x\nFROM t": ("sql.refused", "add_days"),
    "SELECT\n  a,\n  date_diff('day', a, b) AS x\nFROM t": ("sql.refused", "days_between"),
    "SELECT\n  a,\n  date_trunc('month', b) AS x\nFROM t": ("sql.refused", "month_start"),
    "SELECT\n  a,\n  year(b) AS x\nFROM t": ("sql.refused", "year_start"),
    "SELECT\n  a,\n  current_date AS x\nFROM t": ("sql.refused", "$as_of"),
    "SELECT\n  a,\n  random() AS x\nFROM t": ("sql.refused", "hash_bucket"),
    "SELECT\n  a,\n  list(b) AS x\nFROM t": ("sql.refused", "rows"),
    "SELECT\n  a,\n  string_agg(b, ',') AS x\nFROM t": ("sql.refused", "rows"),
    "SELECT\n  a,\n  b -> 'x' AS x\nFROM t": ("sql.refused", ""),
    "SELECT\n  a,\n  b[1] AS x\nFROM t": ("sql.refused", ""),
    "SELECT\n  a,\n  list_aggregate(b, 'sum') AS x\nFROM t": ("sql.function_unknown", ""),
    "SELECT\n  a,\n  hash(b) AS x\nFROM t": ("sql.function_unknown", "hash60"),
    "SELECT\n  a,\n  days_betwen(a, b) AS x\nFROM t": ("sql.function_unknown", "days_between"),
    'SELECT\n  a,\n  "hash"(b) AS x\nFROM t': ("sql.function_unknown", "hash60"),
    "SELECT\n  a,\n  main.hash60(b) AS x\nFROM t": ("sql.refused", ""),
    "SELECT\n  a,\n  hash_bucket(b) AS x\nFROM t": ("sql.arguments", "hash_bucket(x, n)"),
    "SELECT\n  a,\n  CAST(b AS FLOAT) AS x\nFROM t": ("sql.cast", "DOUBLE"),
    "SELECT\n  a,\n  CAST(b AS TIMESTAMPTZ) AS x\nFROM t": ("sql.cast", "TIMESTAMP"),
    "SELECT\n  a,\n  b = NULL AS x\nFROM t": ("sql.null", "IS NULL"),
    "SELECT\n  a,\n  b LIKE 'x\\%' AS x\nFROM t": ("sql.like", "backslash"),
    "SELECT\n  a,\n  b LIKE a AS x\nFROM t": ("sql.like", "literal"),
    "SELECT\n  a,\n  b IN () AS x\nFROM t": ("sql.in_empty", "FALSE"),
    "SELECT\n  a,\n  substr(b, 0, 2) AS x\nFROM t": ("sql.substr", "from 1"),
    "SELECT\n  a,\n  substr(b, -2) AS x\nFROM t": ("sql.substr", "from 1"),
    "SELECT\n  a,\n  row_number() OVER (PARTITION BY b) AS x\nFROM t": ("sql.window_order", "ORDER BY"),
    "SELECT\n  a,\n  lag(b) AS x\nFROM t": ("sql.window", "OVER"),
    "SELECT\n  a,\n  sum(b) OVER (ORDER BY b) AS x\nFROM t": ("sql.window_frame", "ROWS"),
    "SELECT\n  a,\n  count(DISTINCT b) OVER () AS x\nFROM t": ("sql.window_distinct", "CTE"),
    "SELECT\n  a,\n  lag(b IGNORE NULLS) OVER (ORDER BY b) AS x\nFROM t": ("sql.refused", "filter|Filter"),
    "SELECT\n  a,\n  sum(b) OVER w AS x\nFROM t WINDOW w AS (PARTITION BY b)": ("sql.window_named", "OVER"),
    "SELECT\n  a,\n  count(DISTINCT a, b) AS x\nFROM t": ("sql.distinct", "CTE"),
    "SELECT\n  a\nFROM main.t": ("sql.schema", "contract"),
    "SELECT\n  a\nFROM 'orders.csv'": ("sql.table_name", "contract"),
    "SELECT\n  a\nFROM read_csv('x')": ("sql.table_name", "contract"),
    "SELECT\n  a\nFROM range(10)": ("sql.table_name", "contract"),
    "SELECT\n  a\nFROM t ASOF JOIN u ON t.a >= u.a": ("sql.join", "JOIN"),
    "SELECT\n  a\nFROM t NATURAL JOIN u": ("sql.join", "JOIN"),
    "SELECT\n  a\nFROM t TABLESAMPLE 10%": ("sql.refused", "hash_bucket"),
    "SELECT\n  a\nFROM t GROUP BY 1": ("sql.group_position", "columns"),
    "SELECT\n  a\nFROM t GROUP BY ROLLUP (a)": ("sql.refused", ""),
    "SELECT\n  a\nFROM t ORDER BY 1": ("sql.order_position", "columns"),
    "SELECT\n  a\nFROM t LIMIT 3": ("sql.limit", "ORDER BY"),
    "SELECT\n  a\nFROM t ORDER BY a LIMIT 3 OFFSET 2": ("sql.refused", "CTE|CTE"),
    "SELECT\n  a\nFROM t QUALIFY row_number() OVER (ORDER BY a) = 1": ("sql.refused", "CTE"),
    "WITH c AS (\n  SELECT a\n  FROM t, LATERAL (SELECT 1 AS b) AS l\n)\nSELECT a FROM c": ("sql.refused", "join"),
}  # fmt: skip
WHOLE = {
    "SELECT * FROM t": "sql.star",
    "SELECT t.* FROM t": "sql.star",
    "FROM t": "sql.star",
    "SELECT DISTINCT ON (a) a FROM t": "sql.distinct_on",
    "WITH RECURSIVE c AS (SELECT a FROM t) SELECT a FROM c": "sql.recursive",
    "WITH c AS MATERIALIZED (SELECT a FROM t) SELECT a FROM c": "sql.materialized",
    "SELECT a FROM t UNION BY NAME SELECT a FROM u": "sql.union_by_name",
    "SELECT a FROM t LEFT JOIN u": "sql.join",
    "SELECT a FROM (VALUES (1)) AS v(a)": "sql.refused",
    "SELECT main.t.a FROM t": "sql.schema",
    "SELECT a FROM t; SELECT a FROM t": "sql.statements",
    "DROP TABLE t": "sql.not_a_query",
    "INSERT INTO t SELECT a FROM u": "sql.not_a_query",
    "COPY t TO 'x.csv'": "sql.not_a_query",
    "ATTACH 'x.db'": "sql.not_a_query",
    "PRAGMA version": "sql.not_a_query",
    "SELECT a FROM": "sql.syntax",
    "SELECT (a FROM t": "sql.syntax",
    "": "sql.statements",
    "(" * 2000: "sql.syntax",
    "SELECT " + "x" * 60_000: "sql.too_long",
}


@pytest.mark.parametrize("sql", REFUSED)
def test_refusal_names_the_line_and_what_to_write(sql: str) -> None:
    code, remedy = REFUSED[sql]
    _, problems = house_sql.parse(sql, "x.sql", first_line=10)
    assert code in [problem.code for problem in problems]
    found = [problem for problem in problems if problem.code == code]
    assert 12 in {problem.where.line for problem in found}
    assert any(part in problem.remedy for part in remedy.split("|") for problem in found)


@pytest.mark.parametrize("sql", WHOLE)
def test_statement_is_refused(sql: str) -> None:
    _, problems = house_sql.parse(sql, "x.sql")
    assert WHOLE[sql] in [problem.code for problem in problems]


@pytest.mark.parametrize("inner", ["avg(b)", "a / b", "list(b)", "hash(b)"])
@pytest.mark.parametrize(
    "around", ["CASE WHEN a THEN {} END", "coalesce(({}), 1)", "(SELECT {} FROM u)", "safe_divide({}, 2)"]
)
def test_refused_part_is_found_inside_others(inner: str, around: str) -> None:
    _, problems = house_sql.parse(f"WITH c AS (SELECT {around.format(inner)} AS x FROM t) SELECT x FROM c", "x.sql")
    assert next(problem.code for problem in problems) in {"sql.refused", "sql.function_unknown"}


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_random_text_is_answered_with_problems(text: str) -> None:
    house_sql.parse(text, "x.sql")


WORDS = (
    "SELECT FROM WHERE a b t ( ) , . * 'x' 1 1.5 AS CASE WHEN THEN END OVER ORDER BY GROUP WITH c UNION ALL IN NOT "
    "NULL $p :: - + / % || = < [ ] { } JOIN ON sum count LIMIT"
).split()


@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_random_words_are_answered_with_problems(words: list[str]) -> None:
    house_sql.parse(" ".join(words), "x.sql")


def test_tables_of_knows_the_scope_of_a_cte() -> None:
    tree, _ = house_sql.parse(
        "SELECT a.x FROM (WITH u AS (SELECT x FROM t) SELECT x FROM u) AS a JOIN u ON u.x = a.x", "x"
    )
    assert tree is not None
    assert house_sql.tables_of(tree) == {"t", "u"}


def test_a_cte_does_not_see_itself() -> None:
    tree, _ = house_sql.parse("WITH t AS (SELECT x FROM t) SELECT x FROM t", "x")
    assert tree is not None
    assert house_sql.tables_of(tree) == {"t"}
