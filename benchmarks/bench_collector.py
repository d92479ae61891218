"""Requests of SDKs a second, durable, beside a raw ASGI echo in the same run; see docs/server.md.

`python -m benchmarks.bench_collector [--seconds 5] [--connections 16]` starts each server in a process of its own, on
one core, and sends from another: `echo` decodes the body and answers; `kept` is the collector with its spool and
nothing else; `served` is the whole of `quanyu serve`, which loads meanwhile.  Processor time of the server per request
is the honest figure of a shared machine.
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from starlette.types import Receive, Scope, Send

from quanyu.collect.spool import Spool
from quanyu.server.app import Service, Settings
from quanyu.server.collector import Collector, WriteKeys, deliver_in
from quanyu.server.metrics import Meters
from quanyu.server.runner import listen
from quanyu.services.access import make_write_key
from quanyu.services.project import ensure_key, open_operations, open_project, open_warehouse
from quanyu.store import open_vault
from quanyu.store.access_keys import hash_of
from quanyu.store.cipher import SpoolCipher

KEY = "qyw_bench"
SERVERS = ("echo", "kept", "served")
TICKS = os.sysconf("SC_CLK_TCK")


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Decode the body and answer: what any collector does at least."""
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    msgspec.json.decode(body)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


class Kept:
    """The collector alone: spool and answers, no owner that loads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.collector = Collector(WriteKeys({hash_of(KEY): "web"}), Meters())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, the spool opened at the first request."""
        if scope["type"] != "http":
            return
        if self.collector.spool is None:
            loop = asyncio.get_running_loop()
            cipher = SpoolCipher(open_vault(self.root / ".quanyu" / "key"))
            self.collector.spool = Spool(self.root / "bench-spool", cipher, on_commit=partial(deliver_in, loop))
        await self.collector(scope, receive, send)


def make_root(root: Path) -> str:
    """Make a workspace with one live source and return a write key of it."""
    (root / "sources").mkdir(parents=True)
    (root / "quanyu.yaml").write_text("brand: bench\n", encoding="utf-8")
    (root / "sources" / "web.yaml").write_text("source: web\nsystem: shop\nformat: live\n", encoding="utf-8")
    project = open_project(root)
    with open_operations(project.workspace) as store:
        ensure_key(project.workspace, store)
        return make_write_key(project, store, "bench", "web", "bench").secret


def serve(kind: str, root: Path, port: int) -> None:
    """Run one of the servers until it is stopped."""
    if kind == "served":
        project = open_project(root)
        with open_operations(project.workspace) as store, open_warehouse(project.workspace) as warehouse:
            listen(Service(project, store, warehouse, Settings()), "127.0.0.1", port)
        return
    app: Any = echo if kind == "echo" else Kept(root)
    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off")


def body_of(events: int) -> bytes:
    """Return a batch of Segment's with so many events of about half a kilobyte."""
    message = {
        "type": "track",
        "event": "Product Viewed",
        "userId": "u1024",
        "timestamp": "2026-01-02T03:04:05.678Z",
        "properties": {"product_id": "p-1001", "category": "skincare", "price": 199.0, "note": "x" * 120},
        "context": {
            "library": {"name": "analytics.js", "version": "1"},
            "page": {"url": "https://shop.example/p/1001"},
        },
    }
    batch = [{**message, "messageId": f"bench-{os.urandom(8).hex()}"} for _ in range(events)]
    return json.dumps({"batch": batch, "sentAt": "2026-01-02T03:04:06Z"}).encode()


@dataclass
class Load:
    """What one client saw: answers, their times in seconds, answers other than 200."""

    took: list[float]
    refused: int = 0


async def send_for(port: int, head: bytes, seconds: float, load: Load, bodies: list[bytes]) -> None:
    """Send one request after the other on a connection that is kept open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    end, number = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        body = bodies[number % len(bodies)]
        number += 1
        started = time.perf_counter()
        writer.write(head % len(body) + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = next((int(line[15:]) for line in answer.lower().split(b"\r\n") if line[:15] == b"content-length:"), 0)
        if length:
            await reader.readexactly(length)
        load.took.append(time.perf_counter() - started)
        load.refused += b" 200 " not in answer[:16]
    writer.close()


async def load_of(port: int, key: str, events: int, seconds: float, connections: int) -> Load:
    """Send from several connections at once and return what they saw."""
    lines = ("POST /v1/batch HTTP/1.1", "Host: b", f"Authorization: Basic {basic(key)}", "Content-Length: %d", "", "")
    head = "\r\n".join(lines).encode()
    load, bodies = Load([]), [body_of(events) for _ in range(20)]
    await asyncio.gather(*(send_for(port, head, seconds, load, bodies) for _ in range(connections)))
    return load


def basic(key: str) -> str:
    """Return a key as Basic authorization has it."""
    import base64

    return base64.b64encode(f"{key}:".encode()).decode()


def cpu_s(process: int) -> float:
    """Return the processor seconds a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_mb(process: int) -> float:
    """Return the resident memory of a process."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def measure(kind: str, root: Path, key: str, events: int, asked: argparse.Namespace) -> float:
    """Print what one server does under load and return its processor microseconds per request."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.bench_collector", "--serve", kind, str(root), str(port)]
    with subprocess.Popen(command, preexec_fn=partial(os.sched_setaffinity, 0, {0})) as server:
        try:
            wait_for(port)
            asyncio.run(load_of(port, key, events, 1.0, asked.connections))
            before, started = cpu_s(server.pid), time.perf_counter()
            load = asyncio.run(load_of(port, key, events, asked.seconds, asked.connections))
            used, passed = cpu_s(server.pid) - before, time.perf_counter() - started
            memory = rss_mb(server.pid)
        finally:
            server.terminate()
    took, count = sorted(load.took), len(load.took)
    each = used / count * 1e6
    print(
        f"{kind:7} {events:4} events: {count / passed:8,.0f} requests/s, {each:7.0f} us of processor each,"
        f" p50 {took[count // 2] * 1e3:6.1f} ms, p99 {took[count * 99 // 100] * 1e3:6.1f} ms,"
        f" refused {load.refused}, {memory:.0f} MB",
        flush=True,
    )
    return each


def wait_for(port: int) -> None:
    """Return when something listens."""
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def main() -> None:
    """Measure all servers with bodies of 1 and of 100 events."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_collector", description=__doc__)
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=16)
    asked = parser.parse_args()
    if asked.serve:
        kind, root, port = asked.serve
        serve(kind, Path(root), int(port))
        return
    os.sched_setaffinity(0, {1})
    for events in (1, 100):
        base = None
        for kind in SERVERS:
            with tempfile.TemporaryDirectory() as folder:
                root = Path(folder) / "shop"
                key = make_root(root)
                each = measure(kind, root, KEY if kind == "kept" else key, events, asked)
            base = base or each
            print(f"        {each / base:.1f} x echo", flush=True)


if __name__ == "__main__":
    main()
