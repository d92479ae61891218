"""The embedded engine keeps what contracts promise and says what is wrong with a file, memory or rows."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from sqlglot import exp

from engine.shop import CONTRACTS, orders
from quanyu.engine import DuckDBEngine, Within, house_sql, load_step, set_aside
from quanyu.errors import ExternalError, InternalError, UserError

GOOD = orders(("o1", 1, 500), ("o2", 1, 700), ("o3", 2, -100))
SUMS = """
SELECT person_id, sum(paid_fen) AS paid_fen, count(*) AS orders FROM "order"
WHERE person_id IS NOT NULL GROUP BY person_id
"""


def parsed(sql: str) -> exp.Query:
    tree, problems = house_sql.parse(sql, "x.sql")
    assert tree is not None and not problems
    return tree


@pytest.fixture
def engine() -> DuckDBEngine:
    engine = DuckDBEngine(None, CONTRACTS, schema="b000001")
    engine.register("order", GOOD)
    return engine


def test_table_made_from_a_query_has_the_contracts_columns(engine: DuckDBEngine) -> None:
    made = engine.make_query(parsed(SUMS), "person_sum", {})
    assert made.rows == 2
    assert engine.rows_of("person_sum").sort_by("person_id").to_pylist() == [
        {"person_id": 1, "paid_fen": 1200, "orders": 2},
        {"person_id": 2, "paid_fen": -100, "orders": 1},
    ]
    assert engine.tables_in("b000001") == {"order", "person_sum"}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (orders(("o1", 1, 5), ("o1", 2, 6)), "more than one row per order_id"),
        (GOOD.set_column(2, "paid_fen", pa.array([1, None, 2])), "null in paid_fen"),
        (GOOD.drop_columns(["qty"]), "rows have columns"),
    ],
)
def test_rows_that_break_the_contract_are_refused(engine: DuckDBEngine, rows: pa.Table, message: str) -> None:
    with pytest.raises(InternalError, match=message):
        engine.register("order", rows)


def test_query_that_repeats_the_key_is_refused(engine: DuckDBEngine) -> None:
    with pytest.raises(InternalError, match="more than one row per person_id"):
        engine.make_query(parsed('SELECT person_id, paid_fen, 1 AS orders FROM "order"'), "person_sum", {})


def test_group_that_is_not_the_key_is_checked(engine: DuckDBEngine) -> None:
    query = 'SELECT person_id, paid_fen, count(*) AS orders FROM "order" GROUP BY person_id, paid_fen'
    with pytest.raises(InternalError, match="more than one row per person_id"):
        engine.make_query(parsed(query), "person_sum", {})


def test_answers_have_one_width(engine: DuckDBEngine) -> None:
    answer = engine.query(parsed('SELECT sum(paid_fen) AS s, sum(qty) AS q, length(min(order_id)) AS n FROM "order"'))
    assert [str(field.type) for field in answer.schema] == ["int64", "decimal128(38, 6)", "int64"]


def test_failed_transaction_leaves_nothing(engine: DuckDBEngine) -> None:
    with pytest.raises(RuntimeError), engine.transaction():
        engine.register("order", orders(("new", 1, 1)))
        raise RuntimeError("killed")
    assert engine.rows_of("order").num_rows == 3


def test_dropped_schema_leaves_the_catalogue(engine: DuckDBEngine) -> None:
    engine.drop_schema("b000001")
    assert engine.tables == frozenset()
    assert "b000001" not in engine.schemas()


def test_failing_query_carries_table_and_sql(engine: DuckDBEngine) -> None:
    with pytest.raises(ExternalError, match=r"(?s)while making person_sum.*SELECT") as caught:
        engine.make_query(
            parsed('SELECT CAST(order_id AS BIGINT) AS person_id, paid_fen, 1 AS orders FROM "order"'), "person_sum", {}
        )
    assert caught.value.code == "engine.failed"


def test_python_variables_are_not_tables(engine: DuckDBEngine) -> None:
    secret = pa.table({"x": [1]})
    with pytest.raises(duckdb.CatalogException, match="secret"):
        engine.connection.sql("SELECT x FROM secret")
    assert secret.num_rows == 1


def test_file_held_by_another_process_is_said_to_be_locked(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    hold = f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdin is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(UserError) as caught:
            DuckDBEngine(path, CONTRACTS)
        holder.stdin.close()
        holder.wait(timeout=20)
    assert caught.value.code == "warehouse.locked"


def test_broken_file_is_told_and_can_be_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(b"not a database" * 1000)
    path.with_name("warehouse.duckdb.wal").write_bytes(b"x")
    with pytest.raises(ExternalError) as caught:
        DuckDBEngine(path, CONTRACTS)
    assert caught.value.code == "warehouse.open"
    aside = set_aside(path)
    assert aside.name == "warehouse.duckdb.broken-1"
    assert aside.with_name(aside.name + ".wal").exists()
    path.write_bytes(b"again")
    assert set_aside(path).name == "warehouse.duckdb.broken-2"
    DuckDBEngine(path, CONTRACTS).close()


def test_too_little_memory_is_said_in_one_line() -> None:
    engine = DuckDBEngine(None, CONTRACTS, memory_limit="20MB", threads=1)
    engine.connection.execute("SET temp_directory = ''")
    with pytest.raises(ExternalError, match="ran out of memory") as caught:
        engine.run_text(
            "CREATE TABLE big AS SELECT md5(CAST(i AS VARCHAR)) AS x FROM range(5000000) AS r(i) ORDER BY 1"
        )
    assert caught.value.code == "engine.memory"
    assert "\n" not in str(caught.value)


def test_work_beyond_memory_spills_to_the_given_folder(tmp_path: Path) -> None:
    engine = DuckDBEngine(tmp_path / "w.duckdb", CONTRACTS, memory_limit="40MB", threads=1, spill=tmp_path / "spill")
    engine.run_text("CREATE TABLE big AS SELECT md5(CAST(i AS VARCHAR)) AS x FROM range(1000000) AS r(i) ORDER BY 1")
    used = engine.answer("SELECT current_setting('temp_directory') AS folder, count(*) AS n FROM big")
    assert used.to_pylist() == [{"folder": str(tmp_path / "spill"), "n": 1_000_000}]
    engine.close()


def test_parquet_goes_out_and_comes_back(engine: DuckDBEngine, tmp_path: Path) -> None:
    before = engine.rows_of("order")
    assert engine.export_parquet("order", tmp_path / "out" / "order.parquet") > 0
    other = DuckDBEngine(None, CONTRACTS)
    other.import_parquet("order", str(tmp_path / "out" / "*.parquet"))
    assert other.rows_of("order").equals(before)


def test_step_kept_as_a_view_takes_no_room_and_goes_with_its_build(engine: DuckDBEngine, tmp_path: Path) -> None:
    header = "-- person_sum: sums\n-- grain: person_id\n-- reads: order\n-- kept: view\n-- source: none\n"
    path = tmp_path / "person_sum.sql"
    path.write_text(header + SUMS.strip(), encoding="utf-8")
    step, problems = load_step(path, CONTRACTS)
    assert step is not None and not problems
    made = engine.make(step, {})
    kinds = engine.run(exp.select("table_name", "table_type").from_("information_schema.tables")).fetchall()
    assert made.rows == 2 and ("person_sum", "VIEW") in kinds
    assert engine.rows_of("person_sum").num_rows == 2
    engine.drop_schema("b000001")
    assert not engine.tables


def test_view_with_null_in_a_required_column_is_refused(engine: DuckDBEngine, tmp_path: Path) -> None:
    header = "-- person_sum: sums\n-- grain: person_id\n-- reads: order\n-- kept: view\n-- source: none\n"
    path = tmp_path / "person_sum.sql"
    select = 'SELECT NULLIF(o.person_id, 2) AS person_id, o.paid_fen, 1 AS orders FROM "order" AS o'
    path.write_text(header + select, encoding="utf-8")
    step, problems = load_step(path, CONTRACTS)
    assert step is not None and not problems
    with pytest.raises(InternalError, match="null in person_id"):
        engine.make(step, {})


def test_rows_are_looked_up_by_one_value_several_or_a_range(engine: DuckDBEngine) -> None:
    def looked_up(**wanted) -> list[str]:
        return sorted(row["order_id"] for row in engine.look_up("order", ("order_id", "paid_fen"), wanted))

    assert engine.look_up("order", ("order_id", "paid_fen"), {"order_id": ["o2"]}) == [
        {"order_id": "o2", "paid_fen": 700}
    ]
    assert looked_up(person_id=[1]) == looked_up(order_id=["o2", "none", "o1"]) == ["o1", "o2"]
    assert looked_up(paid_fen=Within(-100, 500)) == ["o1", "o3"]
    assert looked_up(person_id=[1, 2], paid_fen=Within(-100, 500)) == ["o1", "o3"]
    assert looked_up(person_id=[]) == [] and looked_up() == ["o1", "o2", "o3"]


def test_a_row_looked_up_reads_as_one_asked_for(engine: DuckDBEngine) -> None:
    columns = engine.contracts["order"].column_names
    assert engine.look_up("order", columns, {"order_id": ["o3"]}) == [
        row for row in engine.rows_of("order").to_pylist() if row["order_id"] == "o3"
    ]
