"""E9 and E12: neither the order of rows, nor their chunks, nor the number of threads changes a byte of a result."""

import hashlib
from typing import Any

import pytest

from cases.build import build, steps
from cases.rows import table_of
from quanyu.engine import DuckDBEngine
from quanyu.engine import tree as t
from quanyu.facts.current import make_current
from quanyu.tables import CONTRACTS
from soundness.world import SNAPSHOTS, make_world, shuffled

Rows = list[dict[str, Any]]
TARGETS = tuple(
    name
    for name, step in steps().items()
    # What these read beside the world's tables is made by ingest and identity.
    if name not in ("data_quality", "identity_coverage")
)
PARAMETERS = {"life_min_gaps": 20}


def _hashes(given: dict[str, Rows], threads: int) -> dict[str, str]:
    engine = DuckDBEngine(None, CONTRACTS, threads=threads)
    build(given, TARGETS, PARAMETERS, engine=engine, snapshots=SNAPSHOTS)
    return {name: _hash(engine, name) for name in TARGETS}


def _hash(engine: DuckDBEngine, table: str) -> str:
    contract = CONTRACTS[table]
    columns = {name: t.col(name) for name in contract.column_names}
    rows = engine.query(t.select(columns, table, order=[t.col(name) for name in contract.key or columns]), {})
    # Written out, not Arrow's own buffers: what lies under a null there is left-over memory.
    return hashlib.sha256(repr(rows.to_pydict()).encode()).hexdigest()


@pytest.fixture(scope="module")
def world() -> dict[str, Rows]:
    """Give a world large enough for DuckDB to split its work."""
    return make_world(11, 800)


@pytest.fixture(scope="module")
def wanted(world: dict[str, Rows]) -> dict[str, str]:
    """Give the hash of every table made with one thread."""
    return _hashes(world, 1)


def test_most_tables_hold_rows(wanted: dict[str, str]) -> None:
    assert len(set(wanted.values())) > len(wanted) - 5


def test_two_threads_give_the_same_bytes(world: dict[str, Rows], wanted: dict[str, str]) -> None:
    assert _hashes(world, 2) == wanted


def test_two_runs_give_the_same_bytes(world: dict[str, Rows], wanted: dict[str, str]) -> None:
    assert _hashes(world, 1) == wanted


@pytest.mark.parametrize("seed", [1, 2])
def test_another_order_of_rows_gives_the_same_bytes(world: dict[str, Rows], wanted: dict[str, str], seed: int) -> None:
    assert _hashes({name: shuffled(rows, seed) for name, rows in world.items()}, 2) == wanted


def test_the_hash_sees_one_fen(world: dict[str, Rows], wanted: dict[str, str]) -> None:
    orders = [dict(row) for row in world["order"]]
    changed = next(row for row in orders if row["status"] == "completed" and row["paid_fen"] > 1 and row["local_date"])
    changed["paid_fen"] += 1
    assert _hashes({**world, "order": orders}, 1)["order_fact"] != wanted["order_fact"]


def test_rows_delivered_in_other_chunks_and_order_are_the_same_current_rows() -> None:
    """Every order in two versions; batches cut and shuffled anew, the versions say which is newer."""
    world = make_world(12, 200)
    versions = [
        {**row, "paid_fen": row["paid_fen"] + number, "version": f"2024-01-0{number}"}
        for row in world["order"]
        for number in (1, 2)
    ]
    found = set()
    for seed, size in ((1, 400), (2, 37), (3, 1)):
        rows = [
            {**row, "batch_seq": 1 + at // size, "source_row": 1 + at % size}
            for at, row in enumerate(shuffled(versions, seed))
        ]
        engine = DuckDBEngine(None, CONTRACTS, schema="landing")
        engine.register("order", table_of("order", rows))
        engine.use_schema("b000001")
        make_current(engine, "landing", 1_000)
        columns = {name: t.col(name) for name in ("order_id", "identifier_id", "local_date", "status", "paid_fen")}
        rows_now = engine.query(t.select(columns, "order", order=[t.col("order_id")]), {})
        found.add(str(rows_now.to_pylist()))
        assert rows_now.num_rows == len(world["order"])
    assert len(found) == 1
