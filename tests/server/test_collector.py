"""The server process over a real workspace: SDK requests kept, answered and loaded; keys; what is refused, and how."""

import base64
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from quanyu.collect.spool import SpoolLimits
from quanyu.errors import ExternalError
from quanyu.server import app as server
from quanyu.server.app import Service, Settings
from quanyu.server.owner import Pace
from quanyu.services.access import make_api_key, make_write_key, revoke_key, write_keys
from quanyu.services.ingest import WAITING, ingest_status, refused_rows
from quanyu.services.project import Project, ensure_key, open_operations, open_project, open_warehouse
from quanyu.services.roles import open_roles
from quanyu.store import Store

ORIGIN = "https://shop.example"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "quanyu.yaml").write_text("brand: demo\n", encoding="utf-8")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "web.yaml").write_text("source: web\nsystem: shop\nformat: live\n", encoding="utf-8")
    return open_project(tmp_path)


@contextmanager
def served(project: Project, **settings: Any) -> Iterator[tuple[TestClient, Store]]:
    """Give a client of a running server; when the block ends, the server has stopped and loaded everything."""
    settings.setdefault("limits", SpoolLimits(free_bytes=0))
    with ExitStack() as open_things:
        store = open_things.enter_context(open_operations(project.workspace))
        ensure_key(project.workspace, store)
        warehouse = open_things.enter_context(open_warehouse(project.workspace))
        service = Service(project, store, warehouse, Settings(**settings))
        with TestClient(service.app(), raise_server_exceptions=False) as client:
            yield client, store


def basic(key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


def batch(*names: str) -> bytes:
    messages = [
        {
            "type": "track",
            "event": name,
            "messageId": f"m-{number}",
            "userId": "u1",
            "timestamp": "2026-01-02T03:04:05Z",
        }
        for number, name in enumerate(names)
    ]
    return json.dumps({"batch": messages}).encode()


def web_key(project: Project, store: Store) -> str:
    return make_write_key(project, store, "site", "web", "test").secret


def test_what_is_answered_is_loaded_once_when_the_server_has_stopped(project: Project) -> None:
    with served(project) as (client, store):
        first = basic(web_key(project, store))
    with served(project) as (client, _):
        for _ in range(2):
            assert (
                client.post("/v1/batch", content=batch("Product Viewed", "Product Added"), headers=first).status_code
                == 200
            )
    with open_operations(project.workspace) as store:
        days = ingest_status(project, store).days
    assert [(day.source, day.received, day.stored, day.duplicate, day.adds_up) for day in days] == [
        ("web", 4, 2, 2, True)
    ]
    with open_warehouse(project.workspace, read_only=True) as engine:
        rows = engine.run_text("SELECT type, CAST(occurred_at AS VARCHAR) FROM landing.event ORDER BY type").fetchall()
    assert rows == [("cart_added", "2026-01-02 03:04:05"), ("product_view", "2026-01-02 03:04:05")]


def test_only_a_key_that_holds_may_write(project: Project) -> None:
    with served(project) as (client, store):
        made = make_write_key(project, store, "site", "web", "test")
        revoke_key(store, made.key.key_id, "test")
        reader = make_api_key(store, open_roles(project.workspace), "report", "admin", "test").secret
    with served(project) as (client, _):
        for key in ("", "wrong", made.secret, reader):
            assert client.post("/v1/batch", content=batch("Product Viewed"), headers=basic(key)).status_code == 401
        assert client.post("/v1/batch", content=batch("Product Viewed")).status_code == 401
    with open_operations(project.workspace) as store:
        assert ingest_status(project, store).days == ()


def test_sdks_without_keys_write_to_the_source_that_is_open(project: Project) -> None:
    pixel = "/i?e=pv&eid=6e8f5c6e-0f1c-4f2e-9a55-0c1f2a3b4c5d&duid=d1&url=https%3A%2F%2Fshop.example%2F&p=web&tv=js"
    with served(project) as (client, _):
        assert client.get(pixel).status_code == 401
    with served(project, open_source="web") as (client, _):
        answer = client.get(pixel)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    with open_operations(project.workspace) as store:
        assert [day.stored > 0 and day.adds_up for day in ingest_status(project, store).days] == [True]


def test_a_browser_may_send_from_its_own_page_with_credentials(project: Project) -> None:
    with served(project) as (client, _):
        asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
        answer = client.options("/v1/t", headers=asked)
        assert client.options("/nowhere", headers=asked).status_code == 404
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "authorization" in answer.headers["access-control-allow-headers"]
    assert int(answer.headers["access-control-max-age"]) > 0


def test_bad_content_is_answered_200_and_waits_in_quarantine(project: Project) -> None:
    with served(project) as (client, store):
        key = basic(web_key(project, store))
    bodies = [b"{", b"\x1f\x8bnot gzip", b'{"batch":[{"type":"track"}]}', b"\xff\xfe", b"[" * 500]
    with served(project) as (client, _):
        told = [client.post("/v1/batch", content=body, headers=key).status_code for body in bodies]
    assert told == [200] * len(bodies)
    with open_operations(project.workspace) as store:
        page = refused_rows(store)
        assert sum(one.rows for one in page.counts if one.state in WAITING) == len(bodies)
        assert all(day.adds_up for day in ingest_status(project, store).days)


def test_what_cannot_be_kept_is_not_answered_as_kept(project: Project) -> None:
    with served(project) as (client, store):
        key = basic(web_key(project, store))
    with served(project, limits=SpoolLimits(free_bytes=1 << 60)) as (client, _):
        answer = client.post("/v1/batch", content=batch("Product Viewed"), headers=key)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert client.get("/readyz").json() == {"ready": False, "faults": ["the disk is full"]}
        assert client.post("/v1/batch", content=b" " * 8_000_000, headers=key).status_code == 413
        assert client.get("/healthz").status_code == 200


def test_one_more_collector_writes_to_a_spool_of_its_own_and_the_owner_loads_both(project: Project) -> None:
    with served(project) as (_, store):
        key = basic(web_key(project, store))
        second = Service(project, store, None, Settings("second", limits=SpoolLimits(free_bytes=0)))
        with TestClient(second.app(), raise_server_exceptions=False) as other:
            assert other.post("/v1/batch", content=batch("Product Viewed"), headers=key).status_code == 200
            assert other.get("/api/v1/me").status_code == 404
            assert other.get("/readyz").json()["ready"]
    with open_operations(project.workspace) as store:
        assert [(day.received, day.stored) for day in ingest_status(project, store).days] == [(1, 1)]


def test_what_is_counted_names_families_and_nothing_that_was_sent(project: Project) -> None:
    with served(project) as (client, store):
        key = basic(web_key(project, store))
    with served(project) as (client, _):
        client.post("/v1/batch", content=batch("Product Viewed"), headers=key)
        client.get("/secret/13900001234")
        text = client.get("/metrics").text
        assert client.get("/readyz").json() == {"ready": True, "faults": []}
    assert 'quanyu_collect_requests_total{family="segment",status="200"} 1.0' in text
    assert "13900001234" not in text and "/v1" not in text


def test_the_api_knows_who_asks_by_key(project: Project) -> None:
    with served(project) as (client, store):
        made = make_api_key(store, open_roles(project.workspace), "report", "viewer", "test")
        bearer = {"Authorization": f"Bearer {made.secret}"}
        told = client.get("/api/v1/me", headers=bearer)
        assert (told.status_code, told.json()["role"]) == (200, "viewer")
        assert client.get("/api/v1/me").status_code == 401
        revoke_key(store, made.key.key_id, "test")
        assert client.get("/api/v1/me", headers=bearer).status_code == 401


def test_a_store_that_fails_once_does_not_end_the_reading_of_keys(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "KEYS_EVERY_S", 0.02)
    asked = []

    def keys(store: Store) -> Mapping[str, str]:
        asked.append(1)
        if len(asked) == 2:
            raise ExternalError("busy", code="store.busy", retry=True)
        return write_keys(store)

    monkeypatch.setattr(server, "write_keys", keys)
    with served(project) as (client, store):
        key, end = basic(web_key(project, store)), time.monotonic() + 10
        while client.post("/v1/batch", content=batch("Product Viewed"), headers=key).status_code == 401:
            assert time.monotonic() < end
    assert len(asked) > 2


def bought(number: int) -> bytes:
    order = {"total": 19.9, "currency": "CNY", "products": [{"product_id": "p1", "price": 19.9}]}
    message = {"type": "track", "event": "Order Completed", "userId": "u1", "timestamp": "2026-01-02T03:04:05Z"}
    properties = {**order, "order_id": f"o{number}"}
    return json.dumps({"batch": [{**message, "messageId": f"m{number}", "properties": properties}]}).encode()


def test_a_build_begins_after_new_events_and_persons_follow_without_one(project: Project) -> None:
    with served(project) as (_, store):
        key = basic(web_key(project, store))
        made = make_api_key(store, open_roles(project.workspace), "report", "analyst", "test")
        bearer = {"Authorization": f"Bearer {made.secret}"}
    limits = SpoolLimits(seal_after_s=0.1, free_bytes=0)
    pace = Pace(load_s=0.1, build_s=0.1)
    with served(project, pace=pace, limits=limits) as (client, _):
        assert client.post("/v1/batch", content=bought(1), headers=key).status_code == 200
        end = time.monotonic() + 120
        while client.get("/api/v1/build", headers=bearer).status_code != 200:
            assert time.monotonic() < end, client.get("/metrics").text
            time.sleep(0.2)
        asked = {"metrics": ["orders"], "start": "2026-01-02", "end": "2026-01-03"}
        told = client.post("/api/v1/metrics/query", json=asked, headers=bearer)
        assert told.status_code == 200, told.text
        assert [row["cells"]["orders"]["value"] for row in told.json()["rows"]] == [1]
    with served(project, pace=Pace(load_s=0.1), limits=limits) as (client, _):
        build = client.get("/api/v1/build", headers=bearer).json()["detail"]["build_id"]
        assert client.post("/v1/batch", content=bought(2), headers=key).status_code == 200
        whom = client.post("/api/v1/persons/search", json={"identifier": "member_id:u1"}, headers=bearer)
        person, end = whom.json()["detail"]["person_id"], time.monotonic() + 60
        while (page := client.get(f"/api/v1/persons/{person}", headers=bearer).json())["fresh_at"] is None:
            assert time.monotonic() < end, client.get("/metrics").text
            time.sleep(1)
        assert (page["build_id"], page["detail"]["value"]["orders"]) == (build, 2)
        told = client.post("/api/v1/metrics/query", json=asked, headers=bearer)
        assert [row["cells"]["orders"]["value"] for row in told.json()["rows"]] == [1], "figures are the build's"
