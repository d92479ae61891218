"""A collector on loopback for real SDKs: it keeps every request, and answers what the family answers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from quanyu import clock
from quanyu.collect.record import Answer, Fault, Record, Request
from quanyu.collect.routes import find

PATIENCE_S = 15.0


def request(
    body: bytes | str = b"",
    path: str = "/v1/batch",
    *,
    method: str = "POST",
    query: str = "",
    received_at: int = 1_790_000_000_000,
    **headers: str,
) -> Request:
    """A crafted request; header names are given with "_" for "-"."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    data = body.encode() if isinstance(body, str) else body
    return Request(method=method, path=path, query=query, headers=named, body=data, received_at=received_at)


@dataclass
class Recorder:
    """What came: `kept` was answered by its family, `refused` heard 503; `refusals` more will."""

    refusals: int = 0
    kept: list[Request] = field(default_factory=list)
    refused: list[Request] = field(default_factory=list)
    unowned: list[Request] = field(default_factory=list)
    port: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def records(self) -> list[Record]:
        return [record for kept in self.kept for record in _decoded(kept).records]

    @property
    def faults(self) -> list[Fault]:
        return [fault for kept in self.kept for fault in _decoded(kept).faults]

    def take(self, came: Request) -> Answer:
        """Keep a request as the collector does and return what its sender hears."""
        with self.changed:
            answer = self._answer(came)
            self.changed.notify_all()
        return answer

    def _answer(self, came: Request) -> Answer:
        family = find(came.method, came.path)
        if family is None:
            self.unowned.append(came)
            return Answer(404)
        settings = family.setting(came, family.write_key(came) or "")
        if settings is not None:
            return settings
        if self.refusals:
            self.refusals -= 1
            self.refused.append(came)
            return Answer(503, {"retry-after": "0"})
        self.kept.append(came)
        return family.answer(came)

    def wait_for(self, records: int) -> list[Record]:
        """Return the records once there are so many of them; fails when they do not come."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.records) >= records, PATIENCE_S), self.records
        return self.records


def _decoded(kept: Request):
    family = find(kept.method, kept.path)
    assert family is not None
    return family.decode(kept)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path, _, query = self.path.partition("?")
        came = Request(
            method=self.command,
            path=path,
            query=query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("content-length") or 0)),
            received_at=int(clock.now().timestamp() * 1000),
        )
        answer = self.server.recorder.take(came)  # type: ignore[attr-defined]
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: pytest shows what failed."""


@contextmanager
def recording(refusals: int = 0) -> Iterator[Recorder]:
    """A recorder that listens on a free port of loopback while the block runs."""
    recorder = Recorder(refusals)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.recorder = recorder  # type: ignore[attr-defined]
    recorder.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
