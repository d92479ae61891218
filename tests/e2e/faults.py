"""Senders that never give up, servers that are ended in every way, and what must hold afterwards."""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from e2e.test_serve import Server, stored
from quanyu.services.project import Project

MOBILE = "13912345678"
"""The mobile that every identified sender tells; no log and no file may hold it."""


@dataclass(frozen=True)
class Told:
    """What was sent, acknowledged and stored; an event is lost or doubled when it is not there exactly once."""

    sent: int
    acknowledged: int
    stored: int
    distinct: int
    missing: frozenset[str] = field(repr=False)

    @property
    def lost(self) -> int:
        return len(self.missing)

    @property
    def doubled(self) -> int:
        return self.stored - self.distinct

    def __str__(self) -> str:
        return (
            f"sent {self.sent}, acknowledged {self.acknowledged}, stored {self.stored}, "
            f"lost {self.lost}, doubled {self.doubled}"
        )


class Senders:
    """Threads that send events one after another, each again until it is acknowledged, as every SDK does."""

    def __init__(self, urls: list[str], key: str) -> None:
        self.urls, self.key = urls, key
        self.sent = 0
        self.acknowledged: set[str] = set()
        self.refused: set[int] = set()
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._go, args=(n,), daemon=True) for n in range(len(urls))]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def _go(self, number: int) -> None:
        for count in itertools.count():
            if self._ending.is_set():
                return
            name = f"e{number}-{count}"
            while not self._ending.is_set() and not self._send(self.urls[number], name):
                time.sleep(0.05)

    def _send(self, url: str, name: str) -> bool:
        event = {"type": "track", "event": "Product Viewed", "message_id": name, "user_id": f"u{len(name)}"}
        told = {"mobile": MOBILE, "email": "li@example.com"} if name.endswith("0") else {}
        body = json.dumps({**event, **told, "timestamp": "2026-01-02T03:04:05Z"}).encode()
        request = urllib.request.Request(f"{url}/collect/web", data=body, headers={"X-Write-Key": self.key})
        self.sent += 1
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                kept = bool(answer.status == 200)
        except urllib.error.HTTPError as error:
            self.refused.add(error.code)
            return False
        except OSError:
            return False
        if kept:
            self.acknowledged.add(name)
        return kept


def told(project: Project, senders: Senders) -> Told:
    """Return what became of everything; call it when no server runs."""
    # An id is the sender's own after the name of its system.
    ids = stored(project, "SELECT event_id FROM landing.event")
    names = [str(row[0]).removeprefix("shop:") for row in ids]
    missing = frozenset(senders.acknowledged - set(names))
    return Told(senders.sent, len(senders.acknowledged), len(names), len(set(names)), missing)


def say(figures: str) -> None:
    """Print the figures; pytest shows them with `-rP` and when the test fails."""
    sys.stdout.write(f"{figures}\n")


def wait_until(is_so: Callable[[], bool], seconds: float = 40.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.1)


def holds_mobile(folder: Path) -> list[str]:
    """Return the files of a folder that hold the mobile in clear."""
    files = [path for path in folder.rglob("*") if path.is_file() and os.access(path, os.R_OK)]
    return [path.name for path in files if MOBILE.encode() in path.read_bytes()]


class PlantedServer(Server):
    """A server with a planted fault: it answers before anything is kept."""

    def command(self) -> list[str]:
        fault = (
            "from quanyu.server.collector import Collector\n"
            "async def keep(self, family, source, request): return family.answer(request)\n"
            "Collector._keep = keep\n"
            "from quanyu.cli.main import app\n"
            "app()\n"
        )
        return [sys.executable, "-c", fault, *super().command()[3:]]


class Collector(Server):
    """One more collector beside the server that owns the warehouse."""

    def __init__(self, root: Path, name: str) -> None:
        super().__init__(root, "--collect-only", name)


def end_all(servers: list[Server]) -> None:
    for one in servers:
        if one.process is not None and one.process.poll() is None:
            one.end(signal.SIGKILL)


def run_as_postgres(*command: str, folder: Path) -> None:
    """Run a program of PostgreSQL, which refuses to run as root."""
    user = "postgres" if os.geteuid() == 0 else None
    subprocess.run(command, cwd=folder, user=user, check=True, capture_output=True, timeout=60)
