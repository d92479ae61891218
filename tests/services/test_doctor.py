"""`quanyu doctor`: what is in order is said so, each planted fault is found, and nothing is changed by looking."""

import json
import os
import shutil
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from quanyu.clock import now
from quanyu.services import doctor_machine
from quanyu.store import AuditEntry, open_store
from quanyu.store.lease import LeaseTable
from quanyu.store.schema import HEAD, run_lease
from services.shop import quanyu, told

IN_ORDER = {
    *("python", "sqlite", "duckdb", "time_zone", "memory", "definitions", "disk", "sync", "clock", "permissions"),
    *("server", "port", "spool", "migrations", "store", "audit", "lease", "build", "raw_log", "warehouse"),
}


def states(root: Path, *options: str, code: int = 0) -> dict[str, Any]:
    result = quanyu("doctor", *options, "-w", root, "--json")
    assert result.exit_code == code, result.output
    return {one["check"]: one for one in json.loads(result.stdout)["findings"]}


def bytes_of(root: Path) -> dict[str, bytes]:
    # SQLite itself moves its write-ahead log into its file whenever it is closed.
    files = [path for path in root.rglob("*") if path.is_file() and not path.name.startswith("store.sqlite")]
    return {str(path): path.read_bytes() for path in files}


@pytest.fixture
def state(shop: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(doctor_machine, "_SLOW_SYNC_MS", 10_000.0)
    monkeypatch.setattr(doctor_machine, "PORT", 0)
    return shop / ".quanyu"


def test_a_workspace_in_order_is_said_to_be_so(shop: Path, state: Path) -> None:
    found = states(shop, "--deep")
    assert found.keys() == IN_ORDER
    assert {name: one["state"] for name, one in found.items() if one["state"] == "wrong"} == {}
    assert [one["message"] for one in found.values() if one["state"] == "ok" and one["remedy"]] == []
    assert "2 GiB" not in found["disk"]["message"] and found["raw_log"]["state"] == "ok"
    said = quanyu("doctor", "-w", shop).output
    assert "0 wrong" in said and "The chain is whole" in said


def test_without_a_workspace_the_machine_is_looked_at(tmp_path: Path) -> None:
    found = states(tmp_path)
    assert found["python"]["state"] == "ok" and found["workspace"]["state"] == "warning"
    assert quanyu("doctor", "-w", tmp_path, "--strict").exit_code == 1


def test_each_planted_fault_is_found(shop: Path, state: Path) -> None:
    [sealed, *_] = sorted((state / "raw").rglob("*.parquet"))
    content = sealed.read_bytes()
    sealed.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert states(shop)["raw_log"]["state"] == "ok"
    assert states(shop, "--deep", code=1)["raw_log"]["state"] == "wrong"
    sealed.unlink()
    (state / "key").chmod(0o644)
    (state / "spool" / "main" / "damaged").mkdir(parents=True)
    (state / "spool" / "main" / "damaged" / "1.log").write_bytes(b"x")
    ahead = time.time() + 3600
    os.utime(state / "key", (ahead, ahead))
    (state / "warehouse.duckdb").write_bytes(b"not a database" * 1000)
    with open_store(state) as store, store.transaction() as work:
        work.audit.add(AuditEntry("li", "looked", "person", 1, "test", {}))
        work.connection.exec_driver_sql("DROP TRIGGER audit_log_no_update")
        work.connection.exec_driver_sql("UPDATE audit_log SET actor = 'nobody' WHERE audit_id = 1")
        LeaseTable(work.connection).take("run")
        work.connection.execute(update(run_lease).values(process_id=2**22 + 1, heartbeat_at=now() - timedelta(days=1)))
    (shop / "quanyu.yaml").write_text("brand: 7\nnonsense: 1\n", encoding="utf-8")
    assert states(shop)["workspace"]["state"] == "warning"
    shutil.copy(shop / "sources" / "orders.yaml", shop / "sources" / "twice.yaml")
    (shop / "quanyu.yaml").write_text("brand: tiny\nindustry: beauty\n", encoding="utf-8")
    before = bytes_of(state)
    found = states(shop, code=1)
    wrong = {name for name, one in found.items() if one["state"] == "wrong"}
    assert wrong == {"permissions", "spool", "clock", "store", "audit", "raw_log", "warehouse", "definitions"}
    assert all(found[name]["remedy"] for name in wrong - {"store", "audit"})
    assert "died" in found["lease"]["message"]
    assert bytes_of(state) == before


def test_an_older_or_newer_store_is_told_and_left_as_it_is(shop: Path, state: Path) -> None:
    for revision, told_as in (("0001", "warning"), ("9999", "wrong")):
        with open_store(state) as store, store.transaction() as work:
            work.connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
        found = states(shop, code=int(told_as == "wrong"))
        assert found["migrations"]["state"] == told_as
        assert "store" not in found
        engine = "import sys; from pysqlite3 import dbapi2 as d; c = d.connect(sys.argv[1]); "
        engine += "print(c.execute('SELECT version_num FROM alembic_version').fetchone()[0]); "
        engine += 'c.execute("UPDATE alembic_version SET version_num = ?", (sys.argv[2],)); c.commit()'
        command = [sys.executable, "-c", engine, str(state / "store.sqlite"), HEAD]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == revision


def test_a_full_disk_and_a_slow_one_are_told(shop: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_machine, "_free", lambda _: 2**20)
    monkeypatch.setattr(doctor_machine, "_SLOW_SYNC_MS", 0.0)
    found = states(shop, code=1)
    assert (found["disk"]["state"], found["sync"]["state"]) == ("wrong", "warning")
    assert told("metrics", "list", "-w", shop)
