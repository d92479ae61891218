"""A corrected mapping: withdrawn on record, read anew in the old order, nothing lost, nobody renamed."""

import os
from pathlib import Path

import pytest

from quanyu.engine import DuckDBEngine
from quanyu.store import QuarantineState, SegmentStatus, open_store
from quanyu.tables import CONTRACTS
from services.shop import MEMBERS_SOURCE, ORDERS_SOURCE, problems, told

SEVERAL = MEMBERS_SOURCE.replace("data/members.csv", "data/members*.csv")
CORRECTED = ORDERS_SOURCE.replace("{value: 1}", "{value: 3}")


def _write(shop: Path, name: str, text: str) -> None:
    (shop / "sources" / f"{name}.yaml").write_text(text, encoding="utf-8")


def _rows(shop: Path, sql: str) -> list[tuple[object, ...]]:
    engine = DuckDBEngine(shop / ".quanyu" / "warehouse.duckdb", CONTRACTS, read_only=True)
    try:
        return engine.run_text(sql).fetchall()
    finally:
        engine.close()


def _persons(shop: Path) -> list[tuple[object, ...]]:
    return _rows(shop, "SELECT identifier_id, person_id FROM identity.identifier_person ORDER BY ALL")


def test_rows_of_the_old_mapping_are_gone_and_the_batches_are_kept_on_record(shop: Path):
    _write(shop, "orders", CORRECTED)
    told("ingest", "reread", "orders", "--reason", "pieces", "-w", shop)
    assert _rows(shop, "SELECT DISTINCT batch_seq, qty FROM landing.order_line") == [(3, 3)]
    with open_store(shop / ".quanyu") as store, store.reading() as work:
        old, new = work.segments.get(2), work.segments.get(3)
        assert old is not None and new is not None
        assert (old.status, new.status, new.reading) == (SegmentStatus.WITHDRAWN, SegmentStatus.SEALED, 2)
        assert [(one.action, one.purpose) for one in work.audit.find()] == [("ingest.reread", "pieces")]
        assert store.verify() == []


def _many_members(shop: Path) -> None:
    """Ten members whose mobiles buy later: which of two ids is smaller is chance, so one pair would prove little."""
    mobiles = {f"m{number}": f"137000000{number}" for number in range(10, 20)}
    members = "".join(f"{name},{mobile},2025-12-03 09:00:00,\n" for name, mobile in mobiles.items())
    header = "member,mobile,joined,remark\n"
    (shop / "data" / "members_2.csv").write_text(header + members, encoding="utf-8")
    _write(shop, "members", SEVERAL)
    told("run", "--only", "ingest", "-w", shop)
    orders = "".join(f"{name},2026-02-01 10:00:00,done,,{mobile},s1,1.00\n" for name, mobile in mobiles.items())
    header = "order,paid at,state,member,mobile,sku,amount\n"
    (shop / "data" / "orders_3.csv").write_text(header + orders, encoding="utf-8")
    told("run", "--only", "ingest", "--only", "build", "-w", shop)


def test_nobody_is_renamed_and_identifiers_of_a_wrong_column_vanish(shop: Path):
    _many_members(shop)
    before = _persons(shop)
    wrong = SEVERAL.replace("{type: mobile, from: [mobile]}", "{type: email, from: [remark]}")
    _write(shop, "members", wrong.replace("ignore_columns: [remark]", "ignore_columns: [mobile]"))
    told("ingest", "reread", "members", "-w", shop)
    told("run", "--only", "build", "-w", shop)
    assert len(_persons(shop)) == len(before) - 1
    _write(shop, "members", SEVERAL)
    told("ingest", "reread", "members", "-w", shop)
    told("run", "--only", "build", "-w", shop)
    assert _persons(shop) == before
    links = _rows(shop, "SELECT count(*) FROM identity.identity_link WHERE unlinked_at IS NULL")
    assert links == [(len(before),)]


def test_the_landing_equals_one_made_from_the_raw_log(shop: Path):
    _write(shop, "members", MEMBERS_SOURCE.replace("{value: active}", "{value: frozen}"))
    told("ingest", "reread", "members", "-w", shop)
    tables = ("identifier", "identifier_pair", "membership", "order", "order_line")
    before = {name: _rows(shop, f'SELECT * FROM landing."{name}" ORDER BY ALL') for name in tables}
    told("ingest", "rebuild", "-w", shop)
    assert {name: _rows(shop, f'SELECT * FROM landing."{name}" ORDER BY ALL') for name in tables} == before


def test_repairs_replays_and_discards_are_made_again(shop: Path):
    second = "order,paid at,state,member,mobile,sku,amount\nx1,2026-02-01 10:00:00,odd,m1,,s1,1.00\n"
    (shop / "data" / "orders_2.csv").write_text(second, encoding="utf-8")
    told("run", "--only", "ingest", "-w", shop)
    told("ingest", "repair", "2000000008", "--set", "mobile=13912345678", "-w", shop)
    told("ingest", "replay", "-w", shop)
    told("ingest", "discard", "3000000001", "-w", shop)
    _write(shop, "orders", CORRECTED)
    said = told("ingest", "reread", "orders", "-w", shop)
    assert (said["withdrawn"], said["carried"], said["lost"]) == ([2, 3, 4], 2, 0)
    assert told("ingest", "quarantine", "-w", shop)["waiting"] == 0
    assert _rows(shop, "SELECT count(*), count(DISTINCT order_id) FROM landing.order WHERE order_id = 'till:o9'") == [
        (1, 1)
    ]
    with open_store(shop / ".quanyu") as store, store.reading() as work:
        states = [row.state for row in work.quarantine.find(batch_seq=6)]
        assert states == [QuarantineState.DISCARDED]


def test_a_file_that_is_gone_stops_the_rereading_before_anything_is_done(shop: Path):
    _write(shop, "orders", CORRECTED)
    path = shop / "data" / "orders.csv"
    content = path.read_bytes()
    path.write_bytes(content + b"o10,2026-02-14 09:00:00,done,m1,,s1,30.00\n")
    assert problems("ingest", "reread", "orders", "-w", shop) == ["ingest.file_gone"]
    assert told("ingest", "status", "-w", shop)["withdrawn_batches"] == 0
    path.unlink()
    (shop / "data" / "orders_renamed.csv").write_bytes(content)
    assert told("ingest", "reread", "orders", "-w", shop)["withdrawn"] == [2]


def test_an_export_that_is_overwritten_is_read_anew_as_far_as_it_is_there(shop: Path):
    path = shop / "data" / "members.csv"
    path.write_text(path.read_text(encoding="utf-8") + "m4,,2025-12-04 09:00:00,\n", encoding="utf-8")
    told("run", "--only", "ingest", "-w", shop)
    _write(shop, "members", MEMBERS_SOURCE.replace("{value: active}", "{value: frozen}"))
    assert problems("ingest", "reread", "members", "-w", shop) == ["ingest.file_gone"]
    assert told("ingest", "reread", "members", "--keep-gone", "-w", shop)["withdrawn"] == [3]
    told("run", "-w", shop)
    newest = "SELECT max_by(status, batch_seq) FROM landing.membership GROUP BY member_id"
    assert set(_rows(shop, newest)) == {("frozen",)}


def test_files_are_read_in_their_old_order(shop: Path):
    # orders_0.csv came later though its name sorts before: its word on o1 is the newer one.
    newer = "order,paid at,state,member,mobile,sku,amount\no1,2026-01-05 10:00:00,done,m1,,s1,111.00\n"
    (shop / "data" / "orders_0.csv").write_text(newer, encoding="utf-8")
    told("run", "-w", shop)
    assert told("explain", "o1", "-w", shop)[0]["order_fact"]["net_fen"] == 11100
    _write(shop, "orders", CORRECTED)
    told("ingest", "reread", "orders", "-w", shop)
    told("run", "-w", shop)
    assert told("explain", "o1", "-w", shop)[0]["order_fact"]["net_fen"] == 11100


@pytest.mark.parametrize("touched", [False, True])
def test_a_touched_file_is_known_by_its_content(shop: Path, touched: bool):
    if touched:
        os.utime(shop / "data" / "orders.csv", (1, 1))
    _write(shop, "orders", CORRECTED)
    assert told("ingest", "reread", "orders", "-w", shop)["files"][0]["stored"] == 7
