"""Servers killed, stopped, with jumping clocks, full disks and restarted databases: every acknowledged event once."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from e2e.faults import (
    Collector,
    PlantedServer,
    Senders,
    end_all,
    holds_mobile,
    run_as_postgres,
    say,
    told,
    wait_until,
)
from e2e.test_serve import Server, send, stored, write_key
from quanyu.services.doctor import examine
from quanyu.services.doctor_machine import State
from quanyu.services.ingest import ingest_status
from quanyu.services.project import Project, open_operations, open_project

pytestmark = pytest.mark.long

# How it is ended and what the clock says at its next start: months back at first, then two days ahead of that.
ROUNDS = ((signal.SIGKILL, "2026-03-01T10:00:00+00:00"), (signal.SIGTERM, "2026-03-03T10:00:00+00:00"))
SENDING_S = 1.0
SMALL_DISK = 330
"""MB of the small disk; the collector leaves 256 of them alone."""


def make_project(root: Path, more: str = "") -> Project:
    root.mkdir(parents=True, exist_ok=True)
    settings = f"brand: demo\nengine: {{threads: 1, memory_limit: 1GB}}\n{more}"
    (root / "quanyu.yaml").write_text(settings, encoding="utf-8")
    (root / "sources").mkdir()
    (root / "sources" / "web.yaml").write_text("source: web\nsystem: shop\nformat: live\n", encoding="utf-8")
    return open_project(root)


@pytest.fixture
def started() -> Iterator[list[Server]]:
    servers: list[Server] = []
    yield servers
    end_all(servers)


@pytest.mark.timeout(300)
def test_killed_stopped_and_with_jumping_clocks_it_keeps_every_event_of_both_collectors(
    tmp_path: Path, started: list[Server]
) -> None:
    project = make_project(tmp_path / "shop")
    root, key = project.workspace.root, write_key(project)
    owner, second = Server(root, "--build-after", "0"), Collector(root, "c2")
    started += [owner, second]
    owner.start()
    second.start()
    senders = Senders([owner.url, second.url], key)
    senders.start()
    logs = []
    for sign, clock in ROUNDS:
        time.sleep(SENDING_S)
        logs.append(owner.end(sign))
        if sign == signal.SIGTERM:
            assert owner.process is not None and owner.process.returncode == 0
        logs.append(second.end(signal.SIGKILL))
        owner.start(clock, waits=False)
        second.start(clock)
        owner.wait()
    time.sleep(SENDING_S)
    senders.end()
    logs += [second.end(signal.SIGTERM), owner.end(signal.SIGTERM)]
    found = told(project, senders)
    say(f"kills, stops, clocks: {found}")
    assert (found.lost, found.doubled) == (0, 0), str(found)
    assert found.acknowledged > 50, str(found)
    with open_operations(project.workspace) as store:
        assert all(day.adds_up for day in ingest_status(project, store).days)
        assert store.verify() == []
    # No log and no file tells the mobile or the key.
    assert stored(project, "SELECT count(*) FROM landing.identifier WHERE id_type = 'mobile'") != [(0,)]
    assert holds_mobile(root) == []
    assert [log for log in logs if "li@example.com" in log or "1391234" in log or key in log] == []


@pytest.mark.timeout(120)
def test_a_planted_fault_is_caught_by_this_harness(tmp_path: Path, started: list[Server]) -> None:
    project = make_project(tmp_path / "shop")
    server = PlantedServer(project.workspace.root)
    started.append(server)
    senders = Senders([server.url], write_key(project))
    server.start()
    senders.start()
    wait_until(lambda: len(senders.acknowledged) > 20)
    senders.end()
    server.end(signal.SIGTERM)
    assert told_or_nothing(project, senders) > 20


def told_or_nothing(project: Project, senders: Senders) -> int:
    """Return how many acknowledged events are lost, also where no table was ever made."""
    tables = stored(project, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'landing'")
    return told(project, senders).lost if ("event",) in tables else len(senders.acknowledged)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small disk needs root")
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}m", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=False)


@pytest.mark.timeout(200)
def test_on_a_full_disk_it_answers_503_loses_nothing_and_recovers(small_disk: Path, started: list[Server]) -> None:
    project = make_project(small_disk / "shop")
    key = write_key(project)
    server = Server(project.workspace.root, "--build-after", "0")
    started.append(server)
    server.start()
    senders = Senders([server.url], key)
    senders.start()
    wait_until(lambda: len(senders.acknowledged) > 10)
    filler = small_disk / "filler"
    # To the last bytes: the collector's own floor is far above, store and warehouse meet the end of the disk.
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 1_000_000) == 1_000_000:
            pass
    wait_until(lambda: 503 in senders.refused)
    assert not server.is_ready()
    before = len(senders.acknowledged)
    disk = next(one for one in examine(project.workspace.root) if one.check == "disk")
    assert disk.state is State.WRONG
    assert not send(server, key, -1)
    time.sleep(2)
    filler.unlink()
    wait_until(lambda: len(senders.acknowledged) > before + 10)
    wait_until(server.is_ready)
    senders.end()
    log = server.end(signal.SIGTERM)
    found = told(project, senders)
    say(f"full disk: {found}")
    assert (found.lost, found.doubled, senders.refused) == (0, 0, {503}), str(found) + log[-2000:]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[Path, Path, int]]:
    """Give the programs, folder and port of a PostgreSQL of the test's own."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")) or [Path(shutil.which("pg_ctl") or "/nowhere")]
    programs = found[-1].parent
    if not (programs / "initdb").exists():
        pytest.skip("PostgreSQL is not installed")
    home = tmp_path / "postgres"
    home.mkdir()
    for folder in (home, tmp_path, tmp_path.parent, tmp_path.parent.parent):
        # PostgreSQL runs as its own user, who must get here.
        folder.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(home, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ("-D", str(home / "data"))
    run_as_postgres(str(programs / "initdb"), *options, "-U", "quanyu", "-A", "trust", "--no-sync", folder=home)
    listen = f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home}"
    start = (str(programs / "pg_ctl"), *options, "-w", "-l", str(home / "log"), "-o", listen, "start")
    run_as_postgres(*start, folder=home)
    yield programs, home, port
    run_as_postgres(str(programs / "pg_ctl"), *options, "-m", "immediate", "stop", folder=home)


@pytest.mark.timeout(240)
def test_a_store_in_postgresql_may_restart_under_load(
    tmp_path: Path, cluster: tuple[Path, Path, int], started: list[Server]
) -> None:
    programs, home, port = cluster
    project = make_project(tmp_path / "shop", f"store: {{url: 'postgresql://quanyu@127.0.0.1:{port}/postgres'}}\n")
    server = Server(project.workspace.root, "--build-after", "0")
    started.append(server)
    senders = Senders([server.url], write_key(project))
    server.start()
    senders.start()
    for mode in ("fast", "immediate"):
        before = len(senders.acknowledged)
        wait_until(lambda before=before: len(senders.acknowledged) > before + 10)
        command = (str(programs / "pg_ctl"), "-D", str(home / "data"), "-w", "-m", mode, "restart")
        run_as_postgres(*command, "-l", str(home / "log"), folder=home)
    before = len(senders.acknowledged)
    wait_until(lambda: len(senders.acknowledged) > before + 10)
    senders.end()
    log = server.end(signal.SIGTERM)
    found = told(project, senders)
    say(f"PostgreSQL restarted twice: {found}")
    assert (found.lost, found.doubled) == (0, 0), str(found) + log[-2000:]
