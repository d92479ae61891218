"""A write that is sent again under its key is done once; a key stands for one request of one caller."""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from quanyu.clock import FROZEN_NOW
from quanyu.services.project import open_operations, open_project
from quanyu.store import UnitOfWork
from server.api_client import NOW, Shop

WANTED = {"columns": ["orders"], "purpose": "analysis"}


def export(shop: Shop, key: str, role: str = "owner", **changed: Any) -> Any:
    headers = {"Idempotency-Key": key}
    return shop.ask("POST", "/exports", role, json={**WANTED, **changed}, headers=headers)


def made(shop: Shop) -> int:
    return len(shop.get("/exports")["rows"])


@contextmanager
def stored(shop: Shop) -> Iterator[UnitOfWork]:
    with open_operations(open_project(shop.root).workspace) as store, store.transaction() as work:
        yield work


def test_what_is_sent_again_gets_the_first_answer_and_is_not_done_again(shop: Shop):
    before = made(shop)
    first = export(shop, "a-key-of-mine")
    again = [export(shop, "a-key-of-mine") for _ in range(3)]
    assert first.status_code == 200 and "idempotency-replayed" not in first.headers
    assert {one.headers["idempotency-replayed"] for one in again} == {"true"}
    assert {(one.status_code, one.text, one.headers["content-type"]) for one in again} == {
        (200, first.text, first.headers["content-type"])
    }
    assert made(shop) == before + 1
    assert again[0].headers["x-request-id"] != first.headers["x-request-id"]


def test_many_at_once_are_done_once(shop: Shop):
    before = made(shop)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: export(shop, "at-once-8"), range(8)))
    assert {one.status_code for one in answers} <= {200, 409}
    assert len({one.text for one in answers if one.status_code == 200}) == 1
    assert made(shop) == before + 1


def test_a_key_stands_for_one_request_of_one_caller(shop: Shop):
    before = made(shop)
    assert export(shop, "one-request").status_code == 200
    used = export(shop, "one-request", form="parquet")
    assert (used.status_code, used.json()["code"]) == (422, "request.key_used")
    other = export(shop, "one-request", "analyst", segment="buyers")
    assert "idempotency-replayed" not in other.headers, "another caller has keys of their own"
    assert made(shop) == before + 1 + (other.status_code == 200)


def test_a_refused_request_is_mended_and_sent_under_its_key(shop: Shop):
    refused = export(shop, "to-be-mended", purpose="curiosity")
    assert (refused.status_code, refused.json()["code"]) == (422, "export.purpose")
    assert export(shop, "to-be-mended").status_code == 200


def test_while_the_first_is_under_way_the_second_is_told_so(shop: Shop):
    with stored(shop) as work:
        assert work.answers.begin("key:owner", "under-way", _mark()) is None
    told = export(shop, "under-way")
    assert (told.status_code, told.json()["code"]) == (409, "request.under_way")


def _mark() -> str:
    """Return the fingerprint of the request as `export` sends it."""
    body = json.dumps(WANTED, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"POST /exports? \n{body}".encode()).hexdigest()


def test_after_a_day_a_key_is_forgotten(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    first = export(shop, "for-a-day")
    later = datetime.fromisoformat(NOW.replace("Z", "+00:00")) + timedelta(hours=25)
    monkeypatch.setenv(FROZEN_NOW, later.isoformat())
    again = export(shop, "for-a-day")
    assert "idempotency-replayed" not in again.headers
    assert again.json()["audit_id"] != first.json()["audit_id"]


def test_what_is_kept_can_be_read_by_nobody_who_finds_it(shop: Shop):
    answer = export(shop, "kept-encrypted")
    with stored(shop) as work:
        rows = work.connection.exec_driver_sql("SELECT * FROM request_answer WHERE status = 200").all()
        texts = str(rows).encode() + b"".join(bytes(one) for row in rows for one in row if isinstance(one, bytes))
        assert rows and b"kept-encrypted" not in texts and answer.json()["sha256"].encode() not in texts
        work.answers.clear()
    assert "idempotency-replayed" not in export(shop, "kept-encrypted").headers


@pytest.mark.parametrize("key", ["", "short", "x" * 201, "with space"])
def test_a_key_that_is_none_is_refused(shop: Shop, key: str):
    told = export(shop, key)
    assert (told.status_code, told.json()["code"]) == (422, "request.key")


def test_a_key_lets_nobody_in(shop: Shop):
    export(shop, "of-the-owner")
    for role, status in ((None, 401), ("viewer", 403)):
        told = shop.ask("POST", "/exports", role, json=WANTED, headers={"Idempotency-Key": "of-the-owner"})
        assert told.status_code == status


def test_every_write_takes_a_key_and_a_question_needs_none(shop: Shop):
    document = shop.client.get("/openapi.json").json()
    takes = {
        (method, path)
        for path, methods in document["paths"].items()
        for method, one in methods.items()
        if any(each["name"] == "Idempotency-Key" for each in one.get("parameters", []))
    }
    assert {("post", "/exports"), ("post", "/runs"), ("post", "/identity/merge")} <= takes
    assert not {path for method, path in takes if method == "get"}
    assert ("post", "/metrics/query") not in takes and ("post", "/segments/preview") not in takes
