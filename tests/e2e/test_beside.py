"""Commands beside a running server: each works, ends as it would alone, and no event is lost meanwhile."""

import signal
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.test_serve import Server, send, stored, write_key
from quanyu.errors import UserError
from quanyu.services.ingest import at_work
from quanyu.services.live import load_live
from quanyu.services.project import Project, open_operations, open_project, open_warehouse
from quanyu.services.running import find_server, written_server
from quanyu.store import open_store
from services.shop import ENVIRONMENT, make_shop, module, problems, quanyu, told

FIGURES = ("metrics", "query", "net_sales", "orders", "--start", "2026-01-01", "--end", "2026-02-01")
READ = (
    FIGURES,
    ("ingest", "status"),
    ("segments", "list"),
    ("segments", "preview", "buyers"),
    ("stages", "on", "5r", "--on", "2026-02-10"),
    ("diagnose",),
)


class Traffic(threading.Thread):
    """Sends events, one after another, until it is told to stop."""

    def __init__(self, server: Server, key: str) -> None:
        super().__init__(daemon=True)
        self.server, self.key = server, key
        self.acknowledged = 0
        self.is_done = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.is_done.is_set():
            number += send(self.server, self.key, number)
            self.acknowledged = number
            time.sleep(0.02)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.delenv("QUANYU_NOW", raising=False)
    monkeypatch.setenv("QUANYU_PASSPHRASE", "four words are enough")
    root = make_shop(tmp_path / "shop")
    (root / "sources" / "web.yaml").write_text("source: web\nsystem: shop\nformat: live\n", encoding="utf-8")
    return open_project(root)


@pytest.fixture
def server(project: Project) -> Iterator[Server]:
    # A build of the server's own would hold the lease that `quanyu run` asks for.
    one = Server(project.workspace.root, "--build-after", "0")
    yield one
    if one.process is not None and one.process.poll() is None:
        one.end(signal.SIGKILL)


def answers(root: Path) -> dict[str, Any]:
    return {" ".join(asked): told(*asked, "-w", root) for asked in READ}


@pytest.mark.timeout(400)
def test_every_command_works_beside_a_server_that_takes_events(project: Project, server: Server) -> None:
    root, key = project.workspace.root, write_key(project)
    told("run", "-w", root)
    alone = answers(root)
    server.start()
    traffic = Traffic(server, key)
    traffic.start()
    beside = answers(root)
    for asked in (" ".join(FIGURES), "segments list"):
        assert beside[asked] == alone[asked], asked
    # What a command refuses alone it refuses here, by the same code.
    assert problems("metrics", "query", "net_sale", "-w", root) == ["metric.unknown"]
    assert problems("ingest", "replay", "--source", "nowhere", "-w", root) == ["ingest.unknown_source"]
    (root / "data" / "orders_late.csv").write_text(
        "order,paid at,state,member,mobile,sku,amount\nlate,2026-01-30 10:00:00,done,m2,,s1,7.00\n", encoding="utf-8"
    )
    built = told("run", "-w", root)["build"]
    before = traffic.acknowledged
    told("backup", root.parent / "beside.tar", "--with-key", "-w", root)
    figures = told(*FIGURES, "-w", root)
    assert figures["build_id"] == built["build_id"]
    assert figures["rows"][0]["cells"]["net_sales"]["value"] == 23700
    assert quanyu("report", "-w", root).exit_code == 0
    assert quanyu("ingest", "rebuild", "-w", root).exit_code == 0
    # A run that is killed in the middle leaves nothing half done in the server's warehouse.
    killed = subprocess.Popen(module("run", "--quiet", "-w", root), stderr=subprocess.DEVNULL, env=ENVIRONMENT)
    time.sleep(4)
    killed.kill()
    killed.wait()
    assert told(*FIGURES, "-w", root)["rows"] == figures["rows"]
    traffic.is_done.set()
    traffic.join()
    server.end(signal.SIGTERM)
    assert server.process is not None and server.process.returncode == 0
    rows = stored(project, "SELECT count(*), count(DISTINCT event_id) FROM landing.event")[0]
    assert rows == (traffic.acknowledged, traffic.acknowledged) and traffic.acknowledged > 50
    with open_store(project.workspace.state) as store:
        assert store.verify() == []
    # What was answered before the backup began is in it, loaded or waiting.
    told("restore", root.parent / "beside.tar", root.parent / "back", "--with-key", "--no-build")
    back = open_project(root.parent / "back")
    with at_work(back, "live") as (store, engine):
        load_live(back, store, engine)
    assert before <= stored(back, "SELECT count(*) FROM landing.event")[0][0] <= traffic.acknowledged


@pytest.mark.timeout(200)
def test_what_a_killed_server_left_stands_in_nobodys_way(project: Project, server: Server) -> None:
    write_key(project)
    server.start()
    told_at = project.workspace.state / "server.json"
    assert stat.S_IMODE(told_at.stat().st_mode) == 0o600
    found = find_server(project.workspace)
    assert found is not None and found.url == server.url
    with pytest.raises(UserError, match="in use"), open_warehouse(project.workspace, as_holder=True):
        pass
    server.end(signal.SIGKILL)
    assert written_server(project.workspace) == found and find_server(project.workspace) is None
    with open_operations(project.workspace), open_warehouse(project.workspace) as engine:
        assert engine.run_text("SELECT 1").fetchall() == [(1,)]
    server.start()
    again = find_server(project.workspace)
    assert again is not None and again.secret != found.secret
