"""`quanyu serve` as a process: real SDKs send, it is killed and stopped, and every event is there once."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import segment.analytics.client as segment
import sensorsanalytics

from quanyu.services.access import make_write_key
from quanyu.services.ingest import ingest_status
from quanyu.services.project import Project, ensure_key, open_operations, open_project, open_warehouse
from services.shop import module

START_S = 90.0
KILLS = 2
EVENTS = 240


class Server:
    """A server process that can be killed and started again on the same port."""

    def __init__(self, root: Path, *options: str) -> None:
        self.root, self.options = root, options
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        return module("serve", "--workspace", self.root, "--port", str(self.port), *self.options)

    def start(self, now: str | None = None, *, waits: bool = True) -> None:
        """Start it and wait until it is ready; its clock stands at `now` when given."""
        environment = {name: value for name, value in os.environ.items() if name != "QUANYU_NOW"}
        environment |= {} if now is None else {"QUANYU_NOW": now}
        command = self.command()
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
        if waits:
            self.wait()

    def wait(self) -> None:
        """Wait until it is ready."""
        assert self.process is not None
        end = time.monotonic() + START_S
        while not self.is_ready():
            assert self.process.poll() is None, f"the server ended: {self.process.communicate()[1].decode()[-1500:]}"
            assert time.monotonic() < end, "the server did not start"
            time.sleep(0.1)

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def end(self, sign: signal.Signals) -> str:
        assert self.process is not None
        self.process.send_signal(sign)
        _, told = self.process.communicate(timeout=40)
        return told.decode()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "quanyu.yaml").write_text("brand: demo\nengine: {threads: 1, memory_limit: 1GB}\n", encoding="utf-8")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "web.yaml").write_text("source: web\nsystem: shop\nformat: live\n", encoding="utf-8")
    return open_project(tmp_path)


def write_key(project: Project) -> str:
    with open_operations(project.workspace) as store:
        ensure_key(project.workspace, store)
        return make_write_key(project, store, "site", "web", "test").secret


def stored(project: Project, sql: str) -> list[tuple[Any, ...]]:
    with open_warehouse(project.workspace, read_only=True) as engine:
        return engine.run_text(sql).fetchall()


def send(server: Server, key: str, number: int) -> bool:
    """Send one event and return whether it was acknowledged."""
    event = {"type": "track", "event": "Product Viewed", "message_id": f"m-{number}", "user_id": f"u{number % 9}"}
    body = json.dumps({**event, "timestamp": "2026-01-02T03:04:05Z"}).encode()
    request = urllib.request.Request(f"{server.url}/collect/web", data=body, headers={"X-Write-Key": key})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False


@pytest.mark.timeout(240)
def test_killed_at_any_moment_and_stopped_it_has_every_acknowledged_event_once(project: Project) -> None:
    server, key = Server(project.workspace.root), write_key(project)
    server.start()
    waiting, acknowledged, tries = list(range(EVENTS)), set(), 0
    kill_at = {EVENTS // 3, 2 * EVENTS // 3}
    while waiting and tries < EVENTS * 3:
        number = waiting.pop(0)
        tries += 1
        # A sender that hears nothing sends again, as every SDK does.
        if send(server, key, number):
            acknowledged.add(number)
        else:
            waiting.append(number)
        if len(acknowledged) in kill_at:
            kill_at.discard(len(acknowledged))
            server.end(signal.SIGKILL)
            server.start()
    log = server.end(signal.SIGTERM)
    rows = stored(project, "SELECT count(*), count(DISTINCT event_id) FROM landing.event")[0]
    lost, doubled = len(acknowledged) - rows[1], rows[0] - rows[1]
    told = f"sent {tries}, acknowledged {len(acknowledged)}, stored {rows[0]}, lost {lost}, doubled {doubled}"
    assert (len(acknowledged), lost, doubled, kill_at) == (EVENTS, 0, 0, set()), told
    with open_operations(project.workspace) as store:
        assert all(day.adds_up for day in ingest_status(project, store).days)
    assert key not in log and "server.ended" in log


def test_real_sdks_send_to_a_running_server(project: Project) -> None:
    server, key = Server(project.workspace.root), write_key(project)
    server.start()
    client = segment.Client(key, host=server.url, gzip=True)
    for number in range(30):
        client.track(f"u{number % 3}", "Product Viewed", {"product_id": "p1"}, message_id=f"seg-{number}")
    client.identify("u1", {"email": "li@example.com"})
    client.shutdown()
    consumer = sensorsanalytics.BatchConsumer(f"{server.url}/sa?project=default&token={key}", max_size=20)
    sensors = sensorsanalytics.SensorsAnalytics(consumer)
    for number in range(10):
        sensors.track("u2", "ViewProduct", {"commodity_id": "p1", "number": number}, is_login_id=True)
    sensors.flush()
    log = server.end(signal.SIGTERM)
    kinds = dict(stored(project, "SELECT type, count(*) FROM landing.event GROUP BY type"))
    assert kinds["product_view"] == 40, kinds
    members = stored(project, "SELECT count(*) FROM landing.identifier WHERE id_type = 'member_id'")[0][0]
    assert members == 3
    assert "li@example.com" not in log and key not in log
