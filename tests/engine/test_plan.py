"""Steps run in the order of their tables, and a query is finished without changing its meaning."""

import datetime as dt

import pytest
from sqlglot import exp

from engine.shop import CONTRACTS, ORDER, PERSON_SUM
from quanyu.engine import Step, Value, house_sql, order_steps, tree
from quanyu.engine.plan import bind, conform, finish, locate
from quanyu.errors import InternalError

PLACES = {"order": "b000001.order", "person_sum": "b000001.person_sum"}


def step(name: str, *reads: str) -> Step:
    return Step(name, "", (), reads, (), "", "", "", exp.select("1"))


def parsed(sql: str) -> exp.Query:
    query, problems = house_sql.parse(sql, "x.sql")
    assert query is not None and not problems
    return query


def test_steps_come_after_what_they_read_and_the_order_never_changes() -> None:
    steps = [step("c", "b"), step("b", "a", "x"), step("a", "x"), step("d", "x")]
    assert [one.name for one in order_steps(steps, frozenset({"x"}))] == ["a", "d", "b", "c"]
    assert order_steps(steps[::-1], frozenset({"x"})) == order_steps(steps, frozenset({"x"}))


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([step("a", "nobody")], r"no step writes \['nobody'\]"),
        ([step("a", "b"), step("b", "a")], r"wait for each other: \['a', 'b'\]"),
        ([step("a", "x"), step("a", "x")], "two steps write one table"),
    ],
)
def test_plan_that_cannot_run_is_refused(steps: list[Step], message: str) -> None:
    with pytest.raises(InternalError, match=message):
        order_steps(steps, frozenset({"x"}))


def test_parameters_become_typed_literals() -> None:
    morning = dt.datetime(2024, 2, 29, 8, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    values: dict[str, Value] = {"x": dt.date(2024, 2, 29), "y": "it's", "z": -5, "w": morning}
    text = bind(parsed("SELECT a FROM t WHERE a = $x AND b = $y AND c = $z AND d = $w"), values).sql("duckdb")
    assert "CAST('2024-02-29' AS DATE)" in text
    assert "'it''s'" in text
    assert "c = -5" in text
    assert "CAST('2024-02-29 00:00:00' AS TIMESTAMP)" in text


def test_parameter_without_value_is_refused() -> None:
    with pytest.raises(InternalError, match=r"no value for \$x"):
        bind(parsed("SELECT a FROM t WHERE a = $x"), {})


def test_float_is_no_literal() -> None:
    with pytest.raises(InternalError, match="float"):
        bind(parsed("SELECT a FROM t WHERE a = $x"), {"x": 1.5})  # type: ignore[dict-item]


def test_tables_get_their_schema_and_keep_their_names() -> None:
    query = parsed(
        'SELECT "order".order_id, p.orders FROM "order" JOIN person_sum AS p ON p.person_id = "order".person_id'
    )
    text = locate(query, PLACES).sql("duckdb")
    assert '"b000001"."order" AS "order"' in text
    assert '"b000001"."person_sum" AS p' in text


def test_tables_in_sub_queries_and_joins_are_located() -> None:
    query = parsed(
        "SELECT s.n FROM (SELECT count(*) AS n FROM person_sum) AS s CROSS JOIN person_sum "
        'WHERE s.n IN (SELECT paid_fen FROM "order") AND EXISTS (SELECT 1 AS x FROM "order")'
    )
    located = locate(query, PLACES)
    assert all(table.db == "b000001" for table in located.find_all(exp.Table))


def test_cte_with_a_tables_name_elsewhere_is_kept_apart() -> None:
    inner = parsed("WITH person_sum AS (SELECT 7 AS n) SELECT n FROM person_sum")
    query = exp.select("a.n", "b.orders").from_(inner.subquery("a")).join("person_sum AS b", join_type="cross")
    text = locate(query, PLACES).sql("duckdb")
    assert '"person_sum_2" AS (SELECT 7 AS n)' in text
    assert 'FROM "person_sum_2" AS "person_sum"' in text
    assert '"b000001"."person_sum" AS b' in text


def test_unbuilt_table_is_refused() -> None:
    with pytest.raises(InternalError, match="coupon is not built"):
        locate(parsed("SELECT a FROM coupon"), PLACES)


def test_output_takes_the_contracts_order_and_types() -> None:
    query = parsed("SELECT count(*) AS orders, person_id, sum(paid_fen) AS paid_fen FROM t GROUP BY person_id")
    text = conform(query, PERSON_SUM, "duckdb").sql("duckdb")
    assert text.startswith(
        'SELECT CAST("person_id" AS BIGINT) AS "person_id", CAST("paid_fen" AS BIGINT) AS "paid_fen"'
    )


def test_output_with_other_columns_is_refused() -> None:
    with pytest.raises(InternalError, match="the contract wants"):
        conform(parsed("SELECT person_id FROM t"), PERSON_SUM, "duckdb")


def test_keys_put_in_by_a_builder_sort_nulls_last_on_spark() -> None:
    query = tree.select({"n": tree.col("person_id")}, "order", order=[tree.col("person_id")])
    assert "ORDER BY `person_id` ASC NULLS LAST" in finish(query, {}, {"order": "order"}, "spark").sql("spark")


def test_contracts_of_the_shop_have_the_tables_that_tests_use() -> None:
    assert CONTRACTS.names == (ORDER.name, PERSON_SUM.name)
