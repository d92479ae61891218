"""Rows are neither lost nor doubled, whatever the order of files, wherever the process dies (E2–E5, E8–E9, E13–E14)."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.workplace import Workplace, workplace
from quanyu.errors import ExternalError, InternalError
from quanyu.ingest.landing import TABLES, rebuild_landing
from quanyu.ingest.reconcile import check_reconciliation
from quanyu.tables import CONTRACTS, Type
from tries import tries

ORDERS = """
source: {name}
system: {name}
format: csv
path: {name}/*.csv
feeds:
  - table: order
    key: id
    version: changed
    columns:
      order_id: id
      paid_at: time
      status: {{value: paid}}
      paid_fen: amount
    identifiers: [{{type: mobile, from: phone}}, {{type: platform_buyer_id, from: buyer}}]
"""
EVENTS = """
source: clicks
system: own
format: csv
path: clicks/*.csv
feeds:
  - table: event
    key: id
    columns: {event_id: id, occurred_at: time, local_date: time, type: type}
    identifiers: [{type: member_id, from: member}]
"""
HEAD = "id,changed,time,amount,phone,buyer"


@pytest.fixture(autouse=True)
def _frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANYU_NOW", "2026-06-01T00:00:00+00:00")


def put(place: Workplace, folder: str, name: str, head: str, rows: list[str]) -> None:
    path = place.workspace.root / folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([head, *rows]) + "\n")


def newest(place: Workplace) -> list[tuple[Any, ...]]:
    """The order that holds per id, without provenance: what facts are made of."""
    sql = (
        "SELECT order_id, paid_at, paid_fen, version FROM (SELECT *, row_number() OVER "
        '(PARTITION BY order_id ORDER BY batch_seq DESC, source_row DESC) AS n FROM landing."order") '
        "WHERE n = 1 ORDER BY ALL"
    )
    return place.engine.run_text(sql).fetchall()


def everything(place: Workplace) -> dict[str, list[tuple[Any, ...]]]:
    tables = {table.name: table.column_names for table in TABLES}
    return {name: rows for name, columns in tables.items() if (rows := place.rows(name, *columns))}


def versions() -> st.SearchStrategy[list[tuple[int, int, int]]]:
    """Order number, version, and which file it is delivered in; the content follows from the first two."""
    return st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(0, 3)), min_size=1, max_size=12)


def row(order: int, version: int) -> str:
    return f"A{order},{version},2026-05-0{order} 10:00:00,{order}{version}.00,1381234567{order},b{order % 2}"


def delivered(root: Path, deliveries: list[tuple[int, int, int]], names: Sequence[int]) -> list[tuple[Any, ...]]:
    """The orders that hold after the rows came in files of these names."""
    with workplace(root) as place:
        place.source(ORDERS.format(name="shop"))
        for number, name in enumerate(names):
            rows = [row(order, version) for order, version, file in deliveries if file == number]
            if rows:
                put(place, "shop", f"{name}.csv", HEAD, rows)
        report = place.ingest()
        check_reconciliation(place.engine, place.store)
        assert report.rows.quarantined == 0
        return newest(place)


@settings(max_examples=tries(2, 5), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=versions(), seed=st.permutations(range(4)))
def test_the_order_of_files_and_repeated_rows_change_no_fact(
    tmp_path_factory: pytest.TempPathFactory, deliveries: list[tuple[int, int, int]], seed: list[int]
) -> None:
    results = [delivered(tmp_path_factory.mktemp("order"), deliveries, names) for names in (range(4), seed)]
    assert results[0] == results[1]
    assert len(results[0]) == len({order for order, _, _ in deliveries})


def test_an_event_id_with_other_content_is_refused_and_the_first_stays(tmp_path: Path) -> None:
    with workplace(tmp_path) as place:
        place.source(EVENTS, "clicks")
        put(place, "clicks", "1.csv", "id,time,type,member", ["e1,2026-05-01 10:00:00,view,M1"])
        put(
            place,
            "clicks",
            "2.csv",
            "id,time,type,member",
            ["e1,2026-05-01 10:00:00,view,M1", "e1,2026-05-01 11:00:00,buy,M1"],
        )
        report = place.ingest()
        assert (report.rows.stored, report.rows.duplicate, report.rows.quarantined) == (1, 1, 1)
        assert [code for _, _, code in place.codes()] == ["row.event_id_reused"]
        assert place.rows("event", "type") == [("view",)]


def test_two_sources_may_use_the_same_id(tmp_path: Path) -> None:
    with workplace(tmp_path) as place:
        for name in ("shop", "till"):
            place.source(ORDERS.format(name=name), name)
            put(place, name, "1.csv", HEAD, [row(1, 1)])
        place.ingest()
        assert place.rows("order", "order_id", "source") == [("shop:A1", "shop"), ("till:A1", "till")]
        # The mobile is one identifier, the buyers of two platforms are two.
        assert place.one("SELECT count(*) FROM landing.identifier") == 3


def test_an_older_version_delivered_late_does_not_win(tmp_path: Path) -> None:
    with workplace(tmp_path) as place:
        place.source(ORDERS.format(name="shop"))
        put(place, "shop", "1.csv", HEAD, [row(1, 10)])
        put(place, "shop", "2.csv", HEAD, [row(1, 9)])
        place.ingest()
        assert [order[2] for order in newest(place)] == [11000]


def test_the_warehouse_rebuilt_from_the_raw_log_is_the_same(tmp_path: Path) -> None:
    with workplace(tmp_path) as place:
        place.source(ORDERS.format(name="shop"))
        for number in range(1, 4):
            put(place, "shop", f"{number}.csv", HEAD, [row(number, 1), row(number, 2), row(1, 3)])
        place.ingest()
        before = everything(place)
        assert set(before) == {"order", "identifier", "identifier_pair"}
        rebuild_landing(place.engine, place.store, place.workspace)
        assert everything(place) == before


def test_a_changed_segment_of_the_raw_log_is_never_loaded(tmp_path: Path) -> None:
    with workplace(tmp_path) as place:
        place.source(ORDERS.format(name="shop"))
        put(place, "shop", "1.csv", HEAD, [row(1, 1)])
        place.ingest()
        segment = next((place.workspace.folder("raw")).rglob("order.parquet"))
        segment.write_bytes(segment.read_bytes()[:-1] + b"!")
        with pytest.raises(ExternalError, match="raw log is damaged"):
            rebuild_landing(place.engine, place.store, place.workspace)


def test_books_that_do_not_balance_are_an_error(tmp_path: Path) -> None:
    with workplace(tmp_path) as place:
        place.source(ORDERS.format(name="shop"))
        put(place, "shop", "1.csv", HEAD, [row(1, 1), row(2, 1)])
        place.ingest()
        place.engine.run_text("DELETE FROM landing.\"order\" WHERE order_id = 'shop:A1'")
        with pytest.raises(InternalError, match="2 rows in the raw log, 1 loaded"):
            check_reconciliation(place.engine, place.store)


def test_no_landing_column_keeps_money_as_a_float() -> None:
    with_money = [column for table in CONTRACTS for column in table.columns if column.name.endswith(("_fen", "qty"))]
    assert {column.type for column in with_money} <= {Type.FEN, Type.DECIMAL}


CHILD = """
import os, sys
sys.path[:0] = {path}
from concurrent.futures import Future
from pathlib import Path
from ingest.workplace import workplace
from quanyu.engine import DuckDBEngine
from quanyu.store import Store
import quanyu.ingest.batch as batch
import quanyu.ingest.landing as landing

left = int(sys.argv[2])

def die_at(owner, name):
    kept = getattr(owner, name)
    def dying(*args, **kwargs):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), 9)
        return kept(*args, **kwargs)
    setattr(owner, name, dying)

die_at(batch, "write_segment")
die_at(batch, "append_batch")
die_at(batch, "_new_identifiers")
# The store has committed, the warehouse has not.
die_at(Future, "result")
die_at(DuckDBEngine, "transaction")
die_at(DuckDBEngine, "beside")
die_at(Store, "transaction")
die_at(landing, "insert")
with workplace(Path(sys.argv[1])) as place:
    place.ingest()
"""


# 38 places where it may die in three files; every sixth one, or every other one.
@pytest.mark.parametrize("step", range(2, 39, tries(6, 2)))
def test_a_process_killed_at_any_step_loses_and_doubles_nothing(tmp_path: Path, step: int) -> None:
    with workplace(tmp_path) as place:
        place.source(ORDERS.format(name="shop"))
        for number in range(1, 4):
            put(place, "shop", f"{number}.csv", HEAD, [row(number, 1), row(number, 2), "bad,1,never,1,,"])
    code = CHILD.format(path=[path for path in sys.path if path])
    child = subprocess.run([sys.executable, "-c", code, str(tmp_path), str(step)], env=os.environ, check=False)
    assert child.returncode == -9
    with workplace(tmp_path) as place:
        place.ingest()
        check_reconciliation(place.engine, place.store)
        assert [order[0] for order in newest(place)] == ["shop:A1", "shop:A2", "shop:A3"]
        assert place.one('SELECT count(*) FROM landing."order"') == 3
        assert place.one("SELECT count(*) FROM landing.identifier") == 5
        assert len(place.codes()) == 3
        totals = place.engine.run_text(
            "SELECT sum(received), sum(stored), sum(quarantined) FROM landing.reconciliation"
        )
        assert totals.fetchall() == [(9, 3, 3)]
