"""The client against a server in a process of its own, and against one that answers as it is told."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from e2e.test_serve import Server
from quanyu.client import ApiError, Client
from quanyu.client import calls as client_calls
from quanyu.services.access import make_api_key
from quanyu.services.project import open_operations, open_project
from quanyu.services.roles import open_roles
from services.shop import NOW, built_shop

WINDOW = {"start": date(2026, 1, 1), "end": date(2026, 3, 1)}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with built_shop(tmp_path_factory.mktemp("client") / "shop") as root:
        project = open_project(root)
        with open_operations(project.workspace) as store:
            key = make_api_key(store, open_roles(project.workspace), "python", "admin", "test", days=1).secret
        server = Server(root, "--build-after", "0")
        server.start(NOW)
        try:
            with Client(server.url, key) as client:
                yield client
        finally:
            server.end(signal.SIGTERM)


def test_figures_reconcile_with_the_people_behind_them(client: Client):
    assert "net_sales" in {one["name"] for one in client.metrics.all()}
    rows = list(client.metrics.query(["buyers", "net_sales"], **WINDOW))
    cell = rows[0]["cells"]["buyers"]
    people = list(client.refs.people(cell["ref"]))
    assert len(people) == len(set(people)) == cell["value"] > 0
    assert client.refs.explain(cell["ref"])["history"]["sql"]
    months = list(client.metrics.query(["net_sales"], grain="month", **WINDOW))
    assert sum(one["cells"]["net_sales"]["value"] for one in months) == rows[0]["cells"]["net_sales"]["value"]


def test_persons_segments_stages_and_behaviour_are_asked(client: Client):
    assert client.me()["role"] == "admin"
    person = client.persons.find("mobile:13912345678")
    page = client.persons.page(person, days=30)
    assert {one["value"] for one in page["attributes"] if one["masked"]} == {"*"}
    assert not any(one["masked"] for one in client.persons.page(person, purpose="service")["attributes"])
    assert client.persons.tags(person)
    members = list(client.segments.members("buyers"))
    row = next(one for one in client.segments.all() if one["segment"] == "buyers")
    assert len(members) == row["persons"] == client.segments.preview(segment="buyers")["persons"]
    assert client.stages.count("5r")["stages"]
    assert client.stages.flows("5r", date(2026, 1, 31), date(2026, 2, 12))
    assert client.analyse("trend", {"acts": "*"})["cells"]
    assert client.definition("segment", "buyers")["yaml"]
    assert client.findings()


def test_an_export_is_made_once_and_fetched(client: Client, tmp_path: Path):
    made = [client.exports.make("analysis", ["orders"], key="one-export-please") for _ in range(2)]
    assert made[0] == made[1]
    path = client.exports.fetch(made[0]["audit_id"], tmp_path / "persons.csv")
    assert len(path.read_text(encoding="utf-8-sig").splitlines()) == made[0]["persons"] + 1
    with pytest.raises(FileExistsError):
        client.exports.fetch(made[0]["audit_id"], path)


def test_a_run_is_followed_to_its_end(client: Client):
    run = client.runs.start(["ingest"])
    told = list(client.runs.follow(run))
    assert told[-1]["state"] == "done"


def test_a_fault_tells_all_of_it(client: Client):
    with pytest.raises(ApiError) as refused:
        list(client.metrics.query(["net_sale", "buyer"], **WINDOW))
    assert (refused.value.status, refused.value.code) == (422, "metric.unknown")
    assert len(refused.value.problems) == 2
    assert "net_sales" in str(refused.value)
    with pytest.raises(ApiError) as nobody:
        client.persons.find("mobile:13900000000")
    assert nobody.value.code == "identity.unknown"
    with pytest.raises(ApiError) as odd:
        client.segments.preview(segment="../../etc/passwd")
    assert odd.value.status == 422


@contextmanager
def told(answer: Callable[[int], tuple[int, dict[str, str], Any]]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Give the address of a server that answers the n-th request so, and the headers it was asked with."""
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def do_GET(self) -> None:
            asked.append(dict(self.headers))
            status, head, body = answer(len(asked))
            if not status:
                self.close_connection = True
                return
            text = json.dumps(body).encode()
            self.send_response(status)
            breaks_off = "Transfer-Encoding" in head
            for name, value in {**head, **({} if breaks_off else {"Content-Length": str(len(text))})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"ff\r\n{" if breaks_off else text)
            self.close_connection = breaks_off

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def test_a_retry_carries_the_key_of_the_first_try(monkeypatch: pytest.MonkeyPatch):
    waited: list[float] = []
    monkeypatch.setattr(client_calls.time, "sleep", waited.append)
    answers = {1: (0, {}, None), 2: (429, {"Retry-After": "1"}, {"code": "access.rate"}), 3: (200, {}, {"detail": 1})}
    with told(answers.__getitem__) as (address, asked), Client(address, "secret") as client:
        assert client.calls.post("/runs") == {"detail": 1}
    assert len({one["Idempotency-Key"] for one in asked}) == 1
    assert len(asked) == 3
    assert 1.0 <= waited[1] <= 1.25, "at least as long as the server says"


def test_an_answer_that_breaks_off_is_asked_for_again_under_the_same_key(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(client_calls.time, "sleep", lambda _: None)
    answers = {1: (200, {"Transfer-Encoding": "chunked"}, {"detail": 0}), 2: (200, {}, {"detail": 1})}
    with told(answers.__getitem__) as (address, asked), Client(address, "secret") as client:
        assert client.calls.post("/runs") == {"detail": 1}
    assert len({one["Idempotency-Key"] for one in asked}) == 1 and len(asked) == 2


def test_tries_end_and_a_refusal_is_not_tried_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(client_calls.time, "sleep", lambda _: None)
    with told(lambda _: (503, {}, {"code": "store.busy"})) as (address, asked), Client(address, "k", tries=3) as client:
        with pytest.raises(ApiError, match=r"503 store\.busy"):
            client.me()
        assert len(asked) == 3
    with told(lambda _: (403, {}, {"code": "access.denied"})) as (address, asked), Client(address, "k") as client:
        with pytest.raises(ApiError):
            client.me()
        assert len(asked) == 1
    with Client(address, "k", tries=2) as client, pytest.raises(ApiError, match="does not answer"):
        client.me()


def test_a_key_is_shown_nowhere_and_goes_nowhere_in_clear():
    with pytest.raises(ValueError, match="https only"):
        Client("http://quanyu.example.com", "secret-key")
    with pytest.raises(ValueError, match="https://host"):
        Client("quanyu.example.com", "secret-key")
    for key in ("secret key", "secret-key\nX: y", "", "é"):
        with pytest.raises(ValueError, match="letters, digits") as refused:
            Client("https://quanyu.example.com", key)
        assert not key or key not in str(refused.value)
    client = Client("https://quanyu.example.com", "secret-key\n")
    assert "secret-key" not in f"{client!r} {client.calls!r}"


def test_it_needs_nothing_but_the_standard_library():
    code = "import sys, quanyu.client; print([one for one in sys.modules if one.split('.')[0] in sys.argv[1:]])"
    heavy = ["duckdb", "pyarrow", "sqlalchemy", "pydantic", "starlette", "structlog"]
    done = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
