import ast
import os
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import insert

import quanyu
from quanyu.errors import ExternalError, InternalError, UserError
from quanyu.store import SegmentStatus, SourceFile, Store, open_store, unit_of_work
from quanyu.store.database import check_sqlite_version, open_engines, store_url
from quanyu.store.schema import run_lease

PACKAGE = Path(quanyu.__file__).parent
PAST = date(2025, 11, 11)


def test_every_writing_connection_is_durable_and_every_reading_one_refuses_to_write(tmp_path: Path):
    writer, reader = open_engines(store_url(tmp_path))
    settings = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "query_only")
    for engine, expected in ((writer, ["wal", 2, 1, 1, 0]), (reader, ["wal", 2, 1, 1, 1])):
        with engine.connect() as connection:
            assert [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in settings] == expected
        engine.dispose()


def test_a_reading_unit_of_work_refuses_to_write(store: Store):
    with pytest.raises(ExternalError, match="read"), store.reading() as work:
        work.segments.begin(SourceFile("orders", "sql", "x"), PAST)


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 51, 2), (3, 50, 7)])
def test_a_sqlite_that_may_lose_commits_is_refused(version: tuple[int, ...]):
    with pytest.raises(ExternalError) as refused:
        check_sqlite_version(version)
    assert refused.value.code == "store.sqlite_too_old"


def test_the_store_never_loads_the_interpreters_sqlite(tmp_path: Path):
    code = (
        "import sys; from pathlib import Path; from quanyu.store import open_store;"
        "open_store(Path(sys.argv[1])).close(); print(sorted({'sqlite3', '_sqlite3'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip() == "[]"


def test_one_module_opens_the_database():
    importers = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            if module.startswith("pysqlite3") or {"pysqlite3", "create_engine"} & set(names):
                importers.add(path.name)
    assert importers == {"database.py"}


def test_the_file_is_its_owners_alone(tmp_path: Path):
    before = os.umask(0)
    try:
        with open_store(tmp_path) as store, store.transaction():
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("store.sqlite", "store.sqlite-wal", "store.sqlite-shm"), 0o600)


@pytest.mark.parametrize(
    ("place", "url"),
    [
        (Path("/s"), "sqlite:////s/store.sqlite"),
        (Path("/s/own.sqlite"), "sqlite:////s/own.sqlite"),
        ("/s", "sqlite:////s/store.sqlite"),
        ("sqlite:////s/a.db", "sqlite:////s/a.db"),
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
    ],
)
def test_a_place_has_one_address(place: Path | str, url: str):
    assert str(store_url(place)) == url


@pytest.mark.parametrize("place", ["mysql://u:secret@h/d", "sqlite://", "://", "oracle://x"])
def test_other_databases_are_refused_without_showing_the_password(place: str):
    with pytest.raises(UserError) as refused:
        store_url(place)
    assert refused.value.code == "store.unknown_database"
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_database_is_named_as_damaged(tmp_path: Path):
    (tmp_path / "store.sqlite").write_bytes(b"order_id,paid\n" * 500)
    with pytest.raises(ExternalError) as refused:
        open_store(tmp_path)
    assert refused.value.code == "store.damaged"


def test_a_unit_of_work_is_all_or_nothing(store: Store):
    with pytest.raises(KeyError), store.transaction() as work:
        work.segments.begin(SourceFile("orders", "sql", "x"), PAST)
        raise KeyError
    with store.reading() as work:
        assert work.segments.find() == []


def test_a_unit_of_work_inside_another_is_a_bug_not_a_dead_lock(store: Store):
    with pytest.raises(InternalError, match="inside another"), store.transaction(), store.transaction():
        pass
    with store.transaction() as work:
        assert work.segments.watermark() == 0


def test_a_reader_sees_one_state_while_a_writer_commits(store: Store):
    with store.reading() as before:
        assert before.segments.find() == []
        with store.transaction() as work:
            work.segments.begin(SourceFile("orders", "sql", "x"), PAST)
        assert before.segments.find() == []
    with store.reading() as after:
        assert len(after.segments.find()) == 1


def test_writers_in_threads_take_turns_and_lose_nothing(store: Store):
    def write() -> None:
        for _ in range(10):
            with store.transaction() as work:
                work.segments.begin(SourceFile("orders", "sql", "x"), PAST)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as work:
        numbers = [segment.batch_seq for segment in work.segments.find(status=SegmentStatus.OPEN)]
    assert numbers == list(range(1, 41))


def test_writers_of_two_processes_wait_for_each_other_before_they_read(tmp_path: Path):
    # Two stores on one file lock each other as two processes do.
    with open_store(tmp_path) as first, open_store(tmp_path) as second:
        reading = threading.Event()

        def write() -> int:
            with second.transaction() as work:
                reading.set()
                return work.segments.begin(SourceFile("orders", "sql", "x"), PAST)

        with ThreadPoolExecutor(1) as threads:
            with first.transaction() as work:
                waiting = threads.submit(write)
                # The other has not got as far as reading the last number.
                assert not reading.wait(0.3)
                assert work.segments.begin(SourceFile("orders", "sql", "x"), PAST) == 1
            assert waiting.result() == 2


def test_a_writer_that_waits_too_long_says_busy(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(unit_of_work, "BUSY_TIMEOUT_S", 0.05)
    caught: list[ExternalError] = []

    def write() -> None:
        try:
            with store.transaction():
                pass
        except ExternalError as error:
            caught.append(error)

    with store.transaction():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert [(error.code, error.retry) for error in caught] == [("store.busy", True)]


def test_a_failed_statement_is_told_without_its_values(store: Store, batch_seq: int):
    lease = {"name": "run", "token": "138-secret", "command": "run", "host": "h", "process_birth": ""}
    with pytest.raises(InternalError, match="refused a row") as refused, store.transaction() as work:
        work.connection.execute(insert(run_lease), lease)
    assert "138-secret" not in str(refused.value)
