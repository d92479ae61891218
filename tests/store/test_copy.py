"""Copies of a store: consistent beside writers, equal after being put back, on SQLite and PostgreSQL."""

import os
import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from quanyu.errors import UserError
from quanyu.store import (
    AuditEntry,
    RowCounts,
    SegmentFile,
    SourceFile,
    Store,
    VaultIdentifier,
    hold_lease,
    open_store,
)
from quanyu.store.copy import copy_store, put_store
from quanyu.store.schema import metadata
from store.conftest import DAY, postgres_place


def fill(store: Store) -> None:
    """Write something into the tables whose values have types of their own, or guards."""
    with store.transaction() as work:
        seq = work.segments.begin(SourceFile("orders", "csv", "orders.csv", "ab" * 32), DAY)
        sealed = SegmentFile("raw/000001.parquet", "cd" * 32, bytes=900, rows=7)
        work.segments.seal(seq, [sealed], RowCounts(received=7, stored=7, quarantined=0, duplicate=0))
        work.identifiers.add([VaultIdentifier(7, "mobile", "", b"\x00\xff", "0badc0de", seq)])
        for number in range(3):
            work.audit.add(AuditEntry("li", "test", str(number), 1, "why", {"n": number, "文": "字"}))


def rows_of(store: Store) -> dict[str, list[tuple[object, ...]]]:
    with store.reading() as work:
        return {
            name: sorted((tuple(row) for row in work.connection.execute(select(table))), key=repr)
            for name, table in metadata.tables.items()
            if name != "run_lease"
        }


def test_a_copy_put_back_is_the_store_without_its_lease(store: Store, tmp_path: Path) -> None:
    fill(store)
    with hold_lease(store, "backup"):
        copy_store(store, tmp_path / "copy.sqlite")
    (tmp_path / "back").mkdir()
    put_store(tmp_path / "copy.sqlite", tmp_path / "back" / "store.sqlite")
    with open_store(tmp_path / "back") as again:
        assert rows_of(again) == rows_of(store)
        assert again.verify() == []
        with hold_lease(again, "run"), again.transaction() as work:
            work.audit.add(AuditEntry("li", "test", "after", 1, "why", {}))
            assert work.audit.verify_chain() == []


@pytest.mark.postgres
def test_a_copy_of_a_file_becomes_a_store_in_postgresql_and_back(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        fill(store)
        copy_store(store, tmp_path / "copy.sqlite")
        with postgres_place(os.environ["QUANYU_TEST_POSTGRES"]) as place:
            put_store(tmp_path / "copy.sqlite", place)
            with open_store(place) as there:
                assert rows_of(there) == rows_of(store)
                assert there.verify() == []
            with pytest.raises(UserError, match="rows in"):
                put_store(tmp_path / "copy.sqlite", place)


def test_a_copy_beside_writers_is_of_one_moment(tmp_path: Path) -> None:
    ended = threading.Event()

    def write(store: Store) -> None:
        while not ended.is_set():
            with store.transaction() as work:
                work.audit.add(AuditEntry("li", "one", "", 1, "", {}))
                work.audit.add(AuditEntry("li", "two", "", 1, "", {}))

    with open_store(tmp_path) as store:
        writing = threading.Thread(target=write, args=(store,))
        writing.start()
        try:
            for number in range(5):
                copy_store(store, tmp_path / f"copy-{number}.sqlite")
        finally:
            ended.set()
            writing.join()
    for number in range(5):
        with open_store(tmp_path / f"copy-{number}.sqlite") as copied, copied.reading() as work:
            assert work.audit.head()[0] % 2 == 0
            assert work.audit.verify_chain() == []


def test_a_newer_copy_and_a_filled_place_are_refused(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        fill(store)
        copy_store(store, tmp_path / "copy.sqlite")
    with pytest.raises(UserError) as filled:
        put_store(tmp_path / "copy.sqlite", tmp_path / "store.sqlite")
    assert filled.value.code == "restore.not_empty"
    with open_store(tmp_path / "copy.sqlite") as copied, copied.transaction() as work:
        work.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(UserError) as newer:
        put_store(tmp_path / "copy.sqlite", tmp_path / "elsewhere.sqlite")
    assert newer.value.code == "store.newer"
