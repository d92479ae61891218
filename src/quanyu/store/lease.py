"""One run per workspace: a lease that a living process renews, and that another takes over when the process died."""

import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from quanyu.clock import now
from quanyu.errors import ExternalError, Problem, UserError
from quanyu.store.rows import columns_of
from quanyu.store.schema import run_lease
from quanyu.store.unit_of_work import Store

RUN: Final = "run"
HEARTBEAT_S: Final = 10.0
STALE_AFTER: Final = timedelta(seconds=90)
PASSING: Final = "live"
"""The command that holds the lease for seconds only: a server that loads what came; whoever else comes waits for it."""
PASSES_WITHIN_S: Final = 60.0
_ASK_AGAIN_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class LeaseHolder:
    """Who holds the lease: command, host, process, since when, and its last sign of life (UTC)."""

    name: str
    token: str
    command: str
    host: str
    process_id: int
    process_birth: str
    started_at: datetime
    heartbeat_at: datetime


class Lease:
    """The lease as its holder sees it; ask `check()` before anything that must not be done twice."""

    def __init__(self, store: Store, token: str) -> None:
        self._store = store
        self._token = token

    def check(self) -> None:
        """Raise ExternalError `run.lease_lost` if another process has taken the lease over."""
        with self._store.reading() as work:
            holder = LeaseTable(work.connection).holder()
        if holder is None or holder.token != self._token:
            raise ExternalError("Another run has taken over this workspace; this one stops.", code="run.lease_lost")


class LeaseTable:
    """The lease's row, inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def holder(self) -> LeaseHolder | None:
        """Return who holds the lease, dead or alive, or None."""
        query = select(*columns_of(LeaseHolder, run_lease)).where(run_lease.c.name == RUN)
        row = self._connection.execute(query).first()
        return LeaseHolder(*row) if row else None

    def take(self, command: str) -> str:
        """Take the lease and return its token; a living holder raises UserError `run.busy`."""
        holder = self.holder()
        if holder is not None and is_alive(holder):
            raise UserError(_busy(holder))
        self._connection.execute(delete(run_lease).where(run_lease.c.name == RUN))
        token, moment, process_id = secrets.token_hex(16), now(), os.getpid()
        row = {
            "name": RUN,
            "token": token,
            "command": command,
            "host": socket.gethostname(),
            "process_id": process_id,
            "process_birth": process_birth(process_id) or "",
            "started_at": moment,
            "heartbeat_at": moment,
        }
        self._connection.execute(insert(run_lease), row)
        return token

    def renew(self, token: str) -> bool:
        """Give a sign of life; return whether the lease is still held."""
        statement = update(run_lease).where(run_lease.c.name == RUN, run_lease.c.token == token)
        return self._connection.execute(statement, {"heartbeat_at": now()}).rowcount == 1

    def give_back(self, token: str) -> None:
        """Free the lease, if it is still held."""
        self._connection.execute(delete(run_lease).where(run_lease.c.name == RUN, run_lease.c.token == token))


@contextmanager
def hold_lease(store: Store, command: str) -> Iterator[Lease]:
    """Hold the workspace's run lease for the block, renewed every 10 s by a thread of its own.

    UserError `run.busy` names the run that holds it.  A holder on this host whose process is gone, or on another host
    that was silent for 90 s, loses it.  A server that loads what came is waited for, up to a minute.
    """
    token = _take(store, command)
    ended = threading.Event()
    beat = threading.Thread(target=_beat, args=(store, token, ended), name="run-lease", daemon=True)
    beat.start()
    try:
        yield Lease(store, token)
    finally:
        ended.set()
        beat.join()
        with store.transaction() as work:
            LeaseTable(work.connection).give_back(token)


def _take(store: Store, command: str) -> str:
    give_up = time.monotonic() + PASSES_WITHIN_S
    while True:
        with store.transaction() as work:
            holder = LeaseTable(work.connection).holder()
            is_passing = holder is not None and holder.command == PASSING != command and is_alive(holder)
            if not is_passing or time.monotonic() > give_up:
                return LeaseTable(work.connection).take(command)
        time.sleep(_ASK_AGAIN_S)


def is_alive(holder: LeaseHolder) -> bool:
    """Return whether a holder may still be working.

    On this host the process itself is asked, and a process that was stopped for an hour still counts: it could go on
    writing.  Where the system tells no birth, and on other hosts, the heartbeat decides.
    """
    fresh = now() - holder.heartbeat_at < STALE_AFTER
    if holder.host != socket.gethostname():
        return fresh
    if not process_exists(holder.process_id):
        return False
    if holder.process_birth:
        return process_birth(holder.process_id) == holder.process_birth
    return fresh


def process_birth(process_id: int) -> str | None:
    """Return when a living process was started, in the words of the system (Linux: ticks since boot), or None.

    None: it is dead, if only its parent has not noticed yet (a zombie), or the system does not tell.
    """
    try:
        content = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The second field is the program's name in brackets and may hold anything; the 3rd is the state, the 22nd the start
    # (proc(5)).
    fields = content.rpartition(")")[2].split()
    return None if fields[0] in {"Z", "X"} else fields[19]


def process_exists(process_id: int) -> bool:
    """Return whether there is a process of that id, whoever owns it."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _beat(store: Store, token: str, ended: threading.Event) -> None:
    while not ended.wait(HEARTBEAT_S) and _renew(store, token):
        pass


def _renew(store: Store, token: str) -> bool:
    """Give a sign of life; return whether to go on doing so."""
    try:
        with store.transaction() as work:
            return LeaseTable(work.connection).renew(token)
    except ExternalError:
        # A busy or full disk now: the next beat tries again, and `check` tells the run if the lease was lost.
        return True


def _busy(holder: LeaseHolder) -> Problem:
    return Problem(
        "run.busy",
        f"Another `quanyu {holder.command}` is working on this workspace: process {holder.process_id} on "
        f"{holder.host}, since {holder.started_at:%Y-%m-%d %H:%M:%S} UTC, last sign of life "
        f"{holder.heartbeat_at:%H:%M:%S} UTC.",
        "Wait until it has ended, or end it.",
    )
