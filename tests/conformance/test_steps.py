"""Every step of quanyu runs on every engine and gives equal tables."""

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cases.rules import rule_tables
from conformance.generated import FIRST_DAY, make_inputs
from quanyu.engine import DuckDBEngine, Step, order_steps, read_steps
from quanyu.engine.adapters.spark import SparkEngine
from quanyu.engine.column_types import Value
from quanyu.engine.functions import expand
from quanyu.engine.step import unread
from quanyu.facts.calendar import report_periods, snapshot_dates
from quanyu.tables import CONTRACTS

PACKAGE = Path(__file__).parents[2] / "src" / "quanyu"
DOCS = Path(__file__).parents[2] / "docs" / "engine.md"
# `.duckdb.sql` files run in the embedded engine only (ingest); `queries/` holds questions, not tables.
FOLDERS = sorted({path.parent for path in PACKAGE.rglob("*.sql") if path.parent.name != "queries"})
STEPS: list[Step] = [step for folder in FOLDERS for step in read_steps(folder)]
AS_OF = dt.date(2024, 2, 29)
PARAMETERS: dict[str, Value] = {
    "as_of": AS_OF,
    "watermark": 30,
    "zone": "Asia/Shanghai",
    "param_version": "p1",
    "affinity_categories": 10,
    "head_pct": 20,
    "life_gap_days": 90,
    "life_min_gaps": 3,
    "life_dormant_pct": 75,
    "life_lost_pct": 90,
    "life_dormant_fallback_days": 20,
    "life_lost_fallback_days": 40,
    "rfm_window_days": 60,
    "rfm_recency_cut": 10,
    "rfm_frequency_cut": 2,
    "rfm_monetary_cut_fen": 20_000,
    "tier_key_pct": 5,
    "tier_main_pct": 15,
    "tier_ordinary_pct": 30,
    "fp_period": "month",
    "fp_periods": 13,
    "capital_subscription": "included",
    "capital_mini_program": "left_out",
    "review_positive": 4,
    "hard_bounce": 1,
    "venue_pages": 20,
    "venue_seconds": 20,
}
BY_TYPE: dict[str, Value] = {"date": AS_OF, "int": 30, "text": "x", "time": dt.datetime(2024, 2, 29), "bool": True}
RFM_MODES = ("mean", "quantile", "median", "fixed")


def parameters_of(step: Step, rfm_mode: str = "quantile") -> dict[str, Value]:
    known = {**PARAMETERS, "rfm_mode": rfm_mode}
    return {name: known.get(name, BY_TYPE[kind]) for name, kind in step.parameters}


@pytest.fixture(scope="module")
def duckdb_run() -> DuckDBEngine:
    """Give the embedded engine with every step's table made from generated rows."""
    engine = DuckDBEngine(None, CONTRACTS)
    inputs = make_inputs(CONTRACTS, unread(STEPS))
    inputs["report_period"] = report_periods(FIRST_DAY, AS_OF)
    inputs["snapshot_date"] = snapshot_dates(FIRST_DAY, AS_OF, 12)
    inputs |= {name: rows for name, rows in rule_tables().items() if name in inputs}
    for name, rows in inputs.items():
        engine.register(name, rows)
    for step in order_steps(STEPS, frozenset(inputs)):
        engine.make(step, parameters_of(step))
    return engine


@pytest.fixture(scope="module")
def spark_run(
    spark_home: SparkEngine, tmp_path_factory: pytest.TempPathFactory, duckdb_run: DuckDBEngine
) -> SparkEngine:
    """Give Spark with every step's table made from the same rows."""
    engine = SparkEngine(spark_home.url, CONTRACTS, tmp_path_factory.mktemp("spark_run"))
    engine.take_tables(duckdb_run, sorted(unread(STEPS)))
    for step in order_steps(STEPS, engine.tables):
        engine.make(step, parameters_of(step))
    return engine


def test_there_are_steps_and_no_two_write_one_table() -> None:
    names = [step.name for step in STEPS]
    assert len(names) > 20
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_step_is_written_for_spark(step: Step) -> None:
    assert step.twin is not None or expand(step.tree, "spark").sql("spark")


def test_every_step_runs_and_most_tables_hold_rows(duckdb_run: DuckDBEngine) -> None:
    empty = [step.name for step in STEPS if duckdb_run.rows_of(step.name).num_rows == 0]
    assert set(empty) <= EMPTY, f"generated rows reach nothing in {empty}"


# Tables that random rows cannot fill, each with its reason; their cases are in tests/cases.
EMPTY: set[str] = {
    "group_order",  # no made-up person clicks in a group shortly before a valid order of their own
    "star_unidentified",  # the few made-up visitor keys all come with a person somewhere
    "send_failure_span",  # reasons of failure are free text; made-up text is none of those that close a channel
}


# The first one makes every table on Spark.
@pytest.mark.timeout(900)
@pytest.mark.spark
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_step_gives_equal_tables_on_both_engines(duckdb_run: DuckDBEngine, spark_run: SparkEngine, step: Step) -> None:
    here, there = sorted_rows(duckdb_run.rows_of(step.name)), sorted_rows(spark_run.rows_of(step.name))
    differing = [name for name in here.column_names if here[name].to_pylist() != there[name].to_pylist()]
    assert here.schema == there.schema
    assert here.num_rows == there.num_rows
    assert not differing, [(here[name].to_pylist()[:5], there[name].to_pylist()[:5]) for name in differing]


def sorted_rows(table: pa.Table) -> pa.Table:
    return table.take(pc.sort_indices(table, [(name, "ascending") for name in table.column_names]))


def test_twins_are_listed_in_the_docs() -> None:
    twins = sorted(step.file for step in STEPS if step.twin is not None)
    listed = DOCS.read_text(encoding="utf-8").partition("## Twins")[2].partition("\n## ")[0]
    assert [line.split("`")[1] for line in listed.splitlines() if line.startswith("- `")] == twins
