"""Live events through the services, as the SDK of a shop sends them."""

import json
from pathlib import Path

import pytest

from quanyu.collect.record import Request
from quanyu.collect.spool import Spool, SpoolLimits
from quanyu.services.ingest import at_work
from quanyu.services.live import load_live, spool_status
from quanyu.services.project import Project, ensure_key, open_operations, open_project
from quanyu.store import open_vault
from quanyu.store.cipher import SpoolCipher

LIMITS = SpoolLimits(seal_after_s=60, free_bytes=0)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("QUANYU_NOW", "2026-06-01T00:00:00+00:00")
    (tmp_path / "quanyu.yaml").write_text("brand: demo\n", encoding="utf-8")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "shop.yaml").write_text("source: shop\nsystem: shop\nformat: live\n", encoding="utf-8")
    opened = open_project(tmp_path)
    with open_operations(opened.workspace) as store:
        ensure_key(opened.workspace, store)
    return opened


def _sent(name: str, number: int) -> Request:
    """What Segment's libraries post for one event."""
    body = {
        "type": "track",
        "event": name,
        "messageId": f"message-{number}",
        "userId": "u1",
        "anonymousId": "a1",
        "timestamp": "2026-05-31T10:00:00.000Z",
        "properties": {"product_id": "p1"},
    }
    return Request(method="POST", path="/v1/track", body=json.dumps(body).encode(), received_at=1_780_221_600_000)


def test_an_event_of_an_sdk_is_in_the_warehouse_after_one_load(project: Project) -> None:
    folder = project.workspace.folder("spool") / "one"
    assert spool_status(project).oldest_s is None
    with Spool(folder, SpoolCipher(open_vault(project.workspace.key_file)), LIMITS) as spool:
        spool.append("shop", _sent("Product Viewed", 1)).result(10)
        waiting = spool_status(project)
        assert (waiting.files, waiting.bytes > 0, waiting.unclaimed) == (1, True, 0)
    with at_work(project, "live") as (store, engine):
        report = load_live(project, store, engine)
        assert load_live(project, store, engine).files == 0
        rows = engine.run_text("SELECT type, local_date, identifier_id IS NOT NULL FROM landing.event").fetchall()
        pairs = engine.run_text("SELECT method FROM landing.identifier_pair").fetchall()
    assert report.files == 1 and report.rows.stored == report.rows.received == 1
    assert [(kind, str(day), known) for kind, day, known in rows] == [("product_view", "2026-05-31", True)]
    assert pairs == [("login",)]
    assert spool_status(project).files == 0


def test_what_a_person_sent_is_on_the_disk_only_encrypted(project: Project) -> None:
    folder = project.workspace.folder("spool") / "one"
    with Spool(folder, SpoolCipher(open_vault(project.workspace.key_file)), LIMITS) as spool:
        spool.append("shop", _sent("13912345678", 1)).result(10)
    assert all(b"13912345678" not in path.read_bytes() for path in folder.iterdir())
