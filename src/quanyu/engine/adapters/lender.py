"""Lends an open warehouse to other processes of this machine: one connection of the engine for each that asks.

DuckDB lets one process hold a file.  Whoever knows the secret of this start may work through that process: arguments,
files and terminal stay with the command, only its statements go over the wire.  They stand beside the holder's own
readers and writers as any two connections do.
"""

import os
import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, answer_challenge, deliver_challenge
from secrets import token_bytes
from typing import Any, Final

import duckdb
import pyarrow as pa

from quanyu.engine.adapters.duckdb import DuckDBEngine
from quanyu.engine.adapters.wire import INTRODUCED_WITHIN_S, fault, packed, put, take, unpacked, wait_at_most

MOST: Final = 32
"""So many connections are lent at once; one command takes one or two."""
_LOOK_EVERY_S: Final = 0.5
_GONE: Final = (EOFError, OSError, AuthenticationError)


@dataclass(frozen=True, slots=True)
class Lent:
    """Where a warehouse is lent: a port of the loopback address, and the secret that both sides prove to know."""

    port: int
    secret: bytes


@contextmanager
def lend(engine: DuckDBEngine) -> Iterator[Lent]:
    """Lend the warehouse of an engine until the block ends; what borrowers have not committed then is rolled back."""
    secret = token_bytes(32)
    with socket.create_server(("127.0.0.1", 0), backlog=MOST) as listening:
        listening.settimeout(_LOOK_EVERY_S)
        lender = _Lender(engine, listening, secret)
        lender.start()
        try:
            yield Lent(listening.getsockname()[1], secret)
        finally:
            lender.end()


class _Lender:
    def __init__(self, engine: DuckDBEngine, listening: socket.socket, secret: bytes) -> None:
        self._engine, self._listening, self._secret = engine, listening, secret
        self._ending = threading.Event()
        self._free = threading.Semaphore(MOST)
        self._threads: set[threading.Thread] = set()
        self._accepting = threading.Thread(target=self._accept, name="lender", daemon=True)

    def start(self) -> None:
        """Begin to take borrowers."""
        self._accepting.start()

    def end(self) -> None:
        """Break off what borrowers do and wait until nothing of theirs is left."""
        self._ending.set()
        self._accepting.join()
        for thread in list(self._threads):
            thread.join(INTRODUCED_WITHIN_S + 1)

    def _accept(self) -> None:
        while not self._ending.is_set():
            try:
                taken, _ = self._listening.accept()
            except OSError:
                # Nobody came for a while, or went away at once.
                continue
            if not self._free.acquire(blocking=False):
                taken.close()
                continue
            thread = threading.Thread(target=self._serve, args=(taken,), name="borrower", daemon=True)
            self._threads.add(thread)
            thread.start()

    def _serve(self, taken: socket.socket) -> None:
        # The engine's connection is closed before this side ends, so what a borrower left open is rolled back by then.
        with taken, Connection(os.dup(taken.fileno())) as connection:
            try:
                wait_at_most(taken, INTRODUCED_WITHIN_S)
                deliver_challenge(connection, self._secret)
                answer_challenge(connection, self._secret)
                wait_at_most(taken, 0)
                self._work(connection)
            except _GONE:
                # It ended, or is nobody we know.
                pass
            finally:
                self._threads.discard(threading.current_thread())
                self._free.release()

    def _work(self, connection: Connection) -> None:
        with self._engine.beside() as own, ThreadPoolExecutor(1) as thread:
            desk = _Desk(own.connection)
            while not self._ending.is_set():
                if not connection.poll(_LOOK_EVERY_S):
                    continue
                what, *given = take(connection)
                doing = thread.submit(desk.do, what, given)
                self._watch(doing, connection, desk)
                put(connection, doing.result())

    def _watch(self, doing: Future[Any], connection: Connection, desk: "_Desk") -> None:
        """Wait for what is being done; break it off when the borrower or this process ends."""
        while not wait([doing], _LOOK_EVERY_S).done:
            # A borrower sends nothing until it is answered: what can be read now is its end.
            if self._ending.is_set() or connection.poll():
                desk.interrupt()


class _Desk:
    """Does what one borrower asks, one thing after another."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._batches: Iterator[pa.RecordBatch] = iter(())

    def do(self, what: str, given: Sequence[Any]) -> tuple[str, Any]:
        """Return "done" with the answer, or "failed" with the error."""
        try:
            return "done", getattr(self, f"_{what}")(*given)
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            return "failed", fault(error)

    def interrupt(self) -> None:
        """Break off what is being done; it fails as interrupted."""
        self._connection.interrupt()

    def _execute(self, sql: str, values: Any) -> list[tuple[str, str]]:
        if values:
            self._connection.execute(sql, values)
        else:
            # Several statements in one text are run only when nothing is bound.
            self._connection.execute(sql)
        return [(column[0], str(column[1])) for column in self._connection.description or ()]

    def _rows(self, most: int) -> list[tuple[Any, ...]]:
        return self._connection.fetchmany(most)

    def _ask(self, sql: str, rows: int) -> bytes:
        reader = self._connection.sql(sql).to_arrow_reader(rows)
        self._batches = iter(reader)
        return packed(reader.schema.empty_table())

    def _batch(self) -> bytes | None:
        batch = next(self._batches, None)
        return None if batch is None else packed(pa.Table.from_batches([batch]))

    def _register(self, name: str, rows: bytes) -> None:
        self._connection.register(name, unpacked(rows))

    def _unregister(self, name: str) -> None:
        self._connection.unregister(name)
