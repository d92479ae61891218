"""A refused row is kept, can be looked at without giving anybody away, corrected, and read again."""

from pathlib import Path

import pytest

from ingest.workplace import Workplace
from quanyu.definitions.sources import load_sources
from quanyu.errors import UserError
from quanyu.ingest.drive import FileResult
from quanyu.ingest.quarantine import discard_rows, repair_rows, replay_rows, show_row
from quanyu.store import open_vault

SOURCE = """
source: orders
system: own
format: csv
path: data/*.csv
feeds:
  - table: order
    key: 订单号
    one_per: 订单号
    columns:
      order_id: 订单号
      paid_at: {from: 时间, combine: min}
      status: {value: paid}
      paid_fen: {from: 金额, combine: sum}
    identifiers: [{type: mobile, from: 手机}]
    fill_from_first: {by: 订单号, columns: [手机, 时间]}
  - table: order_line
    key: [订单号, 行]
    columns:
      order_id: 订单号
      line_no: {number_within: 订单号}
      product_id: 货号
      qty: 数量
      paid_fen: 金额
"""
HEADER = "订单号,行,时间,手机,货号,数量,金额\n"
GOOD = "A1,1,2026-05-01 10:00:00,13812345678,S1,1,10.00\n"


@pytest.fixture
def orders(place: Workplace) -> Workplace:
    place.source(SOURCE)
    return place


def replay(place: Workplace, ids: list[int] | None = None) -> tuple[FileResult, ...]:
    sources, _ = load_sources(place.workspace)
    return replay_rows(place.workspace, sources, place.store, place.engine, quarantine_ids=ids)


def repair(place: Workplace, quarantine_id: int, **cells: str) -> None:
    repair_rows(place.store, open_vault(place.workspace.key_file), [quarantine_id], cells, "tester")


def ids(place: Workplace) -> dict[int, str]:
    with place.store.reading() as work:
        return {row.quarantine_id: row.code for row in work.quarantine.find() if row.state in ("open", "repaired")}


def test_a_bad_line_keeps_its_whole_order_back_until_it_is_repaired(orders: Workplace) -> None:
    orders.file(HEADER + GOOD + "A1,2,,,S2,zwei,5.00\nA1,3,,,S3,1,1.00\nA2,1,2026-05-02,,S1,1,7.00\n")
    orders.ingest()
    assert orders.rows("order", "order_id", "paid_fen") == [("A2", 700)]
    waiting = ids(orders)
    assert list(waiting.values()) == ["group.incomplete", "amount.not_number", "group.incomplete"]
    repair(orders, list(waiting)[1], 数量="2")
    (result,) = replay(orders)
    assert (result.rows.received, result.rows.stored) == (3, 3) if result.rows else False
    assert orders.rows("order", "order_id", "paid_fen") == [("A1", 1600), ("A2", 700)]
    # Numbers and filled cells are those the rows had in their file.
    lines = orders.rows("order_line", "order_id", "line_no", "product_id")
    assert lines == [("A1", 1, "S1"), ("A1", 2, "S2"), ("A1", 3, "S3"), ("A2", 1, "S1")]
    assert ids(orders) == {}
    assert replay(orders) == ()


def test_a_row_that_is_still_wrong_is_refused_again(orders: Workplace) -> None:
    orders.file(HEADER + "A2,1,2026-05-02,,S1,x,7.00\n")
    orders.ingest()
    (first,) = ids(orders)
    repair(orders, first, 数量="y")
    (result,) = replay(orders)
    assert result.rows is not None
    assert (result.rows.stored, result.rows.quarantined) == (0, 1)
    assert list(ids(orders).values()) == ["amount.not_number"]


def test_a_line_that_could_not_be_cut_is_repaired_as_a_line(orders: Workplace) -> None:
    orders.file(HEADER + GOOD + "A3,1,2026-05-03,S1,1,3.00\n")
    orders.ingest()
    (waiting,) = ids(orders)
    repair(orders, waiting, **{"#text": "A3,1,2026-05-03,,S1,1,3.00"})
    replay(orders)
    assert ("A3", 300) in orders.rows("order", "order_id", "paid_fen")


def test_a_refused_row_is_shown_without_giving_anybody_away(orders: Workplace) -> None:
    orders.file(HEADER + "A2,1,2026-05-02,13812345678,S1,x,7.00\n")
    orders.ingest()
    (waiting,) = ids(orders)
    sources, _ = load_sources(orders.workspace)
    shown = show_row(orders.store, open_vault(orders.workspace.key_file), sources, waiting)
    assert shown.cells["手机"] == "138****5678"
    assert (shown.cells["数量"], shown.cells["订单号"]) == ("x", "A2")
    with orders.store.reading() as work:
        row = work.quarantine.get(waiting)
    assert row is not None
    assert "13812345678" not in repr(row)


def test_unknown_headings_and_rows_are_named_and_change_nothing(orders: Workplace) -> None:
    orders.file(HEADER + "A2,1,2026-05-02,,S1,x,7.00\n")
    orders.ingest()
    (waiting,) = ids(orders)
    with pytest.raises(UserError, match="数量"):
        repair(orders, waiting, 数里="2")
    with pytest.raises(UserError, match="No refused row 5"):
        repair(orders, 5, 数量="2")
    with orders.store.reading() as work:
        assert [row.state for row in work.quarantine.find()] == ["open"]


def test_a_discarded_row_stays_counted_and_cannot_come_back(orders: Workplace) -> None:
    orders.file(HEADER + "A2,1,2026-05-02,,S1,x,7.00\n")
    orders.ingest()
    (waiting,) = ids(orders)
    discard_rows(orders.store, [waiting], "tester")
    with pytest.raises(UserError, match="was replayed or discarded"):
        replay(orders, [waiting])
    assert orders.one("SELECT quarantined FROM landing.reconciliation") == 1


def test_nothing_personal_is_written_in_clear(orders: Workplace) -> None:
    orders.file(HEADER + GOOD + "A2,1,2026-05-02,13912345678,S1,x,7.00\n")
    orders.ingest()
    orders.engine.run_text("CHECKPOINT")
    state = orders.workspace.state
    found = [
        path for path in sorted(state.rglob("*")) if path.is_file() and _holds(path, b"13812345678", b"13912345678")
    ]
    assert found == []


def _holds(path: Path, *values: bytes) -> bool:
    content = path.read_bytes()
    return any(value in content for value in values)
