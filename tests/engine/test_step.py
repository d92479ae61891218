"""A step file is checked whole when it is loaded: header, house SQL, tables, columns, types, contract."""

from pathlib import Path

import pytest

from engine.shop import CONTRACTS
from quanyu.engine import load_step, load_steps
from quanyu.errors import InternalError

GOOD = """-- person_sum: what each person paid
-- grain: person_id
-- reads: order
-- params: as_of date
-- source: domain §2.0,
--         second line
SELECT o.person_id, sum(o.paid_fen) AS paid_fen, count(*) AS orders
FROM "order" AS o
WHERE o.local_date <= $as_of AND o.person_id IS NOT NULL
GROUP BY o.person_id
"""


def load(folder: Path, text: str, name: str = "person_sum.sql") -> tuple[object, list[str]]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    step, problems = load_step(path, CONTRACTS)
    return step, [problem.code for problem in problems]


def test_good_step_loads_with_its_header(tmp_path: Path) -> None:
    (tmp_path / "person_sum.sql").write_text(GOOD, encoding="utf-8")
    step, problems = load_step(tmp_path / "person_sum.sql", CONTRACTS)
    assert not problems and step is not None
    assert (step.name, step.grain, step.reads) == ("person_sum", ("person_id",), ("order",))
    assert step.parameters == (("as_of", "date"),)
    assert step.source == "domain §2.0, second line"
    assert step.twin is None


@pytest.mark.parametrize(
    ("was", "becomes", "code"),
    [
        ("-- grain: person_id\n", "", "step.header"),
        ("-- source: domain", "-- sauce: domain", "step.header"),
        ("-- reads: order", "-- reads: order, coupon", "step.table_unknown"),
        ("-- reads: order", "-- reads: person_sum", "step.reads"),
        ("-- params: as_of date", "-- params: as_of day", "step.parameter"),
        ("-- params: as_of date\n", "", "step.parameter"),
        ("count(*) AS orders", "count(*) AS order_count", "step.columns"),
        ("o.person_id IS NOT NULL", "o.persn_id IS NOT NULL", "sql.column_unknown"),
        ("o.person_id IS NOT NULL", "o.person_id / 2 = 1", "sql.refused"),
        ("sum(o.paid_fen) AS paid_fen", "sum(o.share) AS paid_fen", "sql.sum_double"),
        ("sum(o.paid_fen) AS paid_fen", "sum(o.qty) AS paid_fen", "sql.output_type"),
        ("sum(o.paid_fen) AS paid_fen", "sum(o.paid_fen * 0.5) AS paid_fen", "sql.output_type"),
        ("sum(o.paid_fen) AS paid_fen", "CAST(sum(o.qty) AS BIGINT) AS paid_fen", "sql.cast_rounds"),
        (
            "sum(o.paid_fen) AS paid_fen",
            "CAST(safe_divide(sum(o.paid_fen), 2) AS BIGINT) AS paid_fen",
            "sql.cast_rounds",
        ),
        ("sum(o.paid_fen) AS paid_fen", "sum(CAST(o.share AS DECIMAL(18, 6))) AS paid_fen", "sql.cast_double"),
        ("o.local_date <= $as_of", "o.local_date - 1 <= $as_of", "sql.date_arithmetic"),
        ("o.local_date <= $as_of", "o.order_id > 5 AND o.local_date <= $as_of", "sql.mixed_types"),
        ("o.local_date <= $as_of", "'a' || o.share = 'a1' AND o.local_date <= $as_of", "sql.text_of_double"),
        ("sum(o.paid_fen)", "sum(o.paid_fen > 5)", "sql.sum_boolean"),
    ],
)
def test_fault_is_named(tmp_path: Path, was: str, becomes: str, code: str) -> None:
    assert was in GOOD
    step, codes = load(tmp_path, GOOD.replace(was, becomes))
    assert step is None
    assert code in codes


@pytest.mark.parametrize(
    "expression",
    [
        "floor(sum(o.paid_fen) * 0.5)",
        "int_div(sum(o.paid_fen), 2)",
        "sum(o.paid_fen) + 1",
        "days_between(min(o.local_date), $as_of)",
    ],
)
def test_whole_numbers_pass_the_types(tmp_path: Path, expression: str) -> None:
    _, codes = load(tmp_path, GOOD.replace("sum(o.paid_fen) AS", f"{expression} AS"))
    assert codes == []


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    _, codes = load(tmp_path, GOOD.replace("-- grain: person_id\n", "").replace("sum(o.paid_fen)", "avg(o.paid_fen)"))
    assert {"step.header", "sql.refused"} <= set(codes)


def test_table_without_a_contract_is_refused(tmp_path: Path) -> None:
    _, codes = load(tmp_path, GOOD.replace("-- person_sum", "-- person_sun"), "person_sun.sql")
    assert "step.contract" in codes


def test_cte_may_not_hide_a_table(tmp_path: Path) -> None:
    text = GOOD.replace("SELECT o", 'WITH person_sum AS (SELECT o.person_id FROM "order" AS o)\nSELECT o')
    assert "step.cte_name" in load(tmp_path, text)[1]


def test_folder_with_a_broken_step_says_all(tmp_path: Path) -> None:
    load(tmp_path, GOOD.replace("sum(o.paid_fen)", "avg(o.paid_fen)"))
    with pytest.raises(InternalError, match=r"person_sum\.sql:7"):
        load_steps(tmp_path, CONTRACTS)


def test_twin_is_found_and_not_taken_for_a_step(tmp_path: Path) -> None:
    (tmp_path / "person_sum.sql").write_text(GOOD, encoding="utf-8")
    twin = "SELECT person_id, sum(paid_fen) AS paid_fen, 1 AS orders FROM `order` WHERE local_date <= :as_of GROUP BY 1"
    (tmp_path / "person_sum.spark.sql").write_text(twin, encoding="utf-8")
    (tmp_path / "load.duckdb.sql").write_text("SELECT * FROM read_csv($file)", encoding="utf-8")
    (step,) = load_steps(tmp_path, CONTRACTS)
    assert step.twin is not None
