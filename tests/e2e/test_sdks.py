"""SDKs of servers (Node) and of pages (Chromium) send to a running server: every message once, with its person."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from e2e.faults import end_all
from e2e.test_faults import make_project
from e2e.test_serve import Server, stored, write_key
from quanyu.services.project import Project

HERE = Path(__file__).parent / "sdks"
MODULES = Path(sys.prefix) / "sdks" / "node_modules"
"""Where `./run test` puts the SDKs once, when npm is there."""
SDKS = ("posthog", "rudder", "segment", "sensors", "snowplow")
WEB = {
    "web.html": HERE / "web.html",
    "posthog.js": MODULES / "posthog-js/dist/module.full.no-external.js",
    "rudder.js": MODULES / "@rudderstack/analytics-js/dist/npm/legacy/bundled/umd/index.js",
    "segment.js": MODULES / "@segment/analytics-next/dist/umd/index.js",
    "sensors.js": MODULES / "sa-sdk-javascript/sensorsdata.min.js",
    "snowplow.js": MODULES / "@snowplow/browser-tracker/dist/index.umd.js",
}
LEFT_S = 60.0
MESSAGES = 10
FIRST = datetime(2026, 1, 2, 3, 4)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Project, Server]]:
    project = make_project(tmp_path / "shop")
    one = Server(project.workspace.root, "--build-after", "0", "--open-source", "web")
    yield project, one
    end_all([one])


@pytest.mark.timeout(150)
@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
@pytest.mark.skipif(not MODULES.exists(), reason="the SDKs are not installed: ./run test does it when npm is there")
def test_node_sdks_bring_every_message_once_with_its_person_and_time(server: tuple[Project, Server]) -> None:
    project, running = server
    key = write_key(project)
    running.start()
    environment = {**os.environ, "NODE_PATH": str(MODULES)}
    command = ["node", str(HERE / "send.js"), running.url, key]
    # Twice: a process that is started again sends messages of its own, nothing is taken for a repetition.
    sent = [subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False) for _ in range(2)]
    log = running.end(signal.SIGTERM)
    assert [one.returncode for one in sent] == [0, 0], sent[0].stderr.decode()[-2000:]
    rows = stored(
        project,
        """SELECT replace(product_id, 'shop:', ''), occurred_at, identifier_id, count(*), count(DISTINCT event_id)
        FROM landing.event WHERE type = 'product_view' GROUP BY ALL""",
    )
    assert {row[0] for row in rows} == set(SDKS), log[-2000:]
    for sdk in SDKS:
        mine = {row[1]: row for row in rows if row[0] == sdk}
        assert sorted(mine) == [FIRST + timedelta(seconds=number) for number in range(MESSAGES)], sdk
        assert {row[3:] for row in mine.values()} == {(2, 2)}, sdk
    # Each of the two users is one identifier, whatever SDK told it.
    people = {(second, identifier) for _, moment, identifier, *_ in rows for second in [moment.second % 2]}
    assert len(people) == 2 and None not in {identifier for _, identifier in people}, people
    assert "li@example.com" not in log and key not in log


@contextmanager
def shop_page() -> Iterator[tuple[str, "threading.Event", list[str]]]:
    """Give the address of a page that holds the Web SDKs, whether it was left, and what failed in it."""
    left, failed = threading.Event(), []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            name = asked.path.lstrip("/")
            if name == "left.html":
                failed.extend(parse_qs(asked.query).get("failed", []))
                left.set()
            path = WEB.get(name)
            content = path.read_bytes() if path else b""
            self.send_response(200 if path or name == "left.html" else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8" if name.endswith("html") else "text/javascript")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/web.html", left, failed
    finally:
        server.shutdown()
        server.server_close()


def visit(address: str, left: threading.Event, profile: Path) -> None:
    """Open a page in Chromium, wait until it is left, and give its last requests a moment."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")
    assert chromium, "no Chromium on the path"
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
        "--remote-debugging-port=0", address,
    ]  # fmt: skip
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert left.wait(LEFT_S), "the page was not left"
    finally:
        browser.terminate()
        browser.wait(20)


@pytest.mark.browser
@pytest.mark.timeout(200)
@pytest.mark.skipif(not MODULES.exists(), reason="the SDKs are not installed: ./run test does it when npm is there")
def test_web_sdks_bring_every_message_once_with_its_person(server: tuple[Project, Server], tmp_path: Path) -> None:
    project, running = server
    key = write_key(project)
    running.start()
    began = datetime.now(UTC).replace(tzinfo=None)
    with shop_page() as (address, left, failed):
        visit(f"{address}?{urlencode({'url': running.url, 'key': key})}", left, tmp_path / "profile")
    log = running.end(signal.SIGTERM)
    ended = datetime.now(UTC).replace(tzinfo=None)
    assert failed == []
    rows = stored(
        project,
        """SELECT replace(product_id, 'shop:', ''), event_id, identifier_id, occurred_at
        FROM landing.event WHERE type = 'product_view'""",
    )
    assert {row[0] for row in rows} == set(SDKS), log[-2000:]
    for sdk in SDKS:
        mine = [row for row in rows if row[0] == sdk]
        assert len(mine) == len({row[1] for row in mine}) == MESSAGES, (sdk, len(mine))
        assert all(began <= row[3] <= ended for row in mine), sdk
    assert len({row[2] for row in rows}) == 2, "each of the two users is one identifier, whatever SDK told it"
