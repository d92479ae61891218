"""What the machine must offer: versions, time zones, memory, disk, clock; each looked at as it is, never assumed."""

import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Final

from quanyu.clock import zone
from quanyu.collect.spool import SpoolLimits
from quanyu.store.database import OLDEST_SQLITE, sqlite_version

PORT: Final = 8700
_GIB: Final = 2**30
_OLDEST_PYTHON: Final = (3, 11)
_FEW_BYTES: Final = 2 * _GIB
_LITTLE_MEMORY: Final = 3 * _GIB
_SLOW_SYNC_MS: Final = 20.0
_SYNCS: Final = 15
_SKEW_S: Final = 120.0


class State(StrEnum):
    """How a check ended: in order, worth a look, or wrong."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `remedy` says what to do and is empty when all is in order."""

    check: str
    state: State
    message: str
    remedy: str = ""


def machine_findings() -> Iterator[Finding]:
    """Give what can be said without a workspace."""
    found = ".".join(map(str, sys.version_info[:3]))
    fits = sys.version_info >= _OLDEST_PYTHON
    remedy = "" if fits else f"Install Python {'.'.join(map(str, _OLDEST_PYTHON))} or newer."
    yield Finding("python", State.OK if fits else State.WRONG, f"Python {found}", remedy)
    sqlite = sqlite_version()
    fits = sqlite >= OLDEST_SQLITE
    remedy = "" if fits else "Install the pysqlite3 package again from a wheel: older ones can lose commits."
    yield Finding("sqlite", State.OK if fits else State.WRONG, f"SQLite {'.'.join(map(str, sqlite))}", remedy)
    yield Finding("duckdb", State.OK, f"DuckDB {version('duckdb')}")
    yield _memory()


def place_findings(state: Path, time_zone: str) -> Iterator[Finding]:
    """Give what can be said of the disk, clock and time zone of a workspace whose state folder is given."""
    yield _time_zones(time_zone)
    yield _space(state)
    yield _sync(state)
    yield _clock(state)


def _time_zones(name: str) -> Finding:
    if zone(name) is not None:
        return Finding("time_zone", State.OK, f"{name} is known")
    return Finding("time_zone", State.WRONG, f"{name} is not known here", "Install tzdata (pip install tzdata).")


def _memory() -> Finding:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    said = f"{total / _GIB:.1f} GiB of memory, {os.cpu_count()} cores"
    if total >= _LITTLE_MEMORY:
        return Finding("memory", State.OK, said)
    return Finding("memory", State.WARNING, said, "Set engine.memory_limit in quanyu.yaml to half of it.")


def _space(state: Path) -> Finding:
    free, floor = _free(state), SpoolLimits().free_bytes
    said = f"{free / _GIB:.1f} GiB are free"
    if free < floor:
        message = f"{said}; below {floor / _GIB:.2f} the collector answers 503"
        return Finding("disk", State.WRONG, message, "Make room, or move the workspace.")
    if free < _FEW_BYTES:
        return Finding("disk", State.WARNING, said, "Make room: a build needs about twice the warehouse's size.")
    return Finding("disk", State.OK, said)


def _free(state: Path) -> int:
    facts = os.statvfs(state)
    return facts.f_bavail * facts.f_frsize


def _sync(state: Path) -> Finding:
    """Time what stands between an event and its answer: one small write brought to the disk."""
    try:
        took = statistics.median(_sync_ms(state))
    except OSError as error:
        return Finding("sync", State.WRONG, f"Nothing can be written here: {error.strerror}", "See to the folder.")
    said = f"a small write is on the disk in {took:.1f} ms"
    if took <= _SLOW_SYNC_MS:
        return Finding("sync", State.OK, said)
    return Finding("sync", State.WARNING, said, "Events are answered no faster than that: use a local SSD.")


def _sync_ms(state: Path) -> list[float]:
    with tempfile.TemporaryFile(dir=state) as file:
        times = []
        for _ in range(_SYNCS):
            started = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - started) * 1000)
    return times


def _clock(state: Path) -> Finding:
    """Compare the time that a file gets now with those of the files there: QUANYU_NOW does not matter here."""
    newest = max((path.stat().st_mtime for path in state.iterdir()), default=0.0)
    with tempfile.TemporaryFile(dir=state) as file:
        ahead = newest - os.fstat(file.fileno()).st_mtime
    if ahead <= _SKEW_S:
        return Finding("clock", State.OK, "The clock is not before the newest file's time")
    message = f"The clock stands {ahead:.0f} s before the newest file's time"
    return Finding("clock", State.WRONG, message, "Set the clock (NTP): times of events would be corrected by it.")


def port_finding(port: int = PORT) -> Finding:
    """Return whether a server could listen on its usual port."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            message = f"Port {port} is taken by another program"
            return Finding("port", State.WARNING, message, "Give `quanyu serve --port` another one.")
    return Finding("port", State.OK, f"Port {port} is free")
