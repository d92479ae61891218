"""The Node SDKs of a retailer's servers send to a running server: every message once, with its person and its time."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from e2e.faults import end_all
from e2e.test_faults import make_project
from e2e.test_serve import Server, stored, write_key
from quanyu.services.project import Project

HERE = Path(__file__).parent / "sdks"
MODULES = Path(sys.prefix) / "sdks" / "node_modules"
"""Where `./run test` puts the SDKs once, when npm is there."""
SDKS = ("posthog", "rudder", "segment", "sensors", "snowplow")
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
