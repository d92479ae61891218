"""A connection to a warehouse that another process holds and lends (`lender`): what `DuckDBEngine` needs of one."""

import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, answer_challenge, deliver_challenge
from typing import Any, Final

import pyarrow as pa

from quanyu.engine.adapters.lender import Lent
from quanyu.engine.adapters.wire import INTRODUCED_WITHIN_S, as_error, packed, put, take, unpacked, wait_at_most
from quanyu.errors import ExternalError

_ALL: Final = 2**31 - 1
_BATCH_ROWS: Final = 250_000


class BorrowedConnection:
    """Statements here, done there; answers have the types the engine gives.

    Raises the engine's own errors, and ExternalError `warehouse.gone` when the process that lends has ended.
    """

    def __init__(self, lent: Lent) -> None:
        self._lent = lent
        self._wire = _call(lent)
        self._lock = threading.Lock()
        self.description: list[tuple[str, str]] = []

    def execute(self, sql: str, values: Mapping[str, Any] | None = None) -> "BorrowedConnection":
        """Run a statement; its rows wait to be fetched."""
        self.description = self._do("execute", sql, dict(values or {}))
        return self

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the remaining rows of the last statement."""
        return self.fetchmany(_ALL)

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        """Return so many further rows of the last statement, fewer at its end."""
        rows: list[tuple[Any, ...]] = self._do("rows", size)
        return rows

    def sql(self, sql: str) -> "BorrowedAnswer":
        """Return the answer of a query, computed when it is read."""
        return BorrowedAnswer(self._do, sql)

    def register(self, name: str, rows: pa.Table) -> None:
        """Let statements of this connection read Arrow rows under a name; they are sent over once."""
        self._do("register", name, packed(rows))

    def unregister(self, name: str) -> None:
        """Forget registered rows."""
        self._do("unregister", name)

    def begin(self) -> None:
        """Begin a transaction."""
        self.execute("BEGIN TRANSACTION")

    def commit(self) -> None:
        """Commit the transaction."""
        self.execute("COMMIT")

    def cursor(self) -> "BorrowedConnection":
        """Return one more connection to the same warehouse."""
        return BorrowedConnection(self._lent)

    def close(self) -> None:
        """End; what is not committed is rolled back."""
        self._wire.close()

    def _do(self, what: str, *given: Any) -> Any:
        with self._lock:
            try:
                put(self._wire, (what, *given))
                ended, answer = take(self._wire)
            except (EOFError, OSError) as error:
                raise _gone() from error
        if ended == "failed":
            raise as_error(*answer)
        return answer


class BorrowedAnswer:
    """The answer of a query, read as Arrow."""

    def __init__(self, do: Callable[..., Any], sql: str) -> None:
        self._do, self._sql = do, sql

    def to_arrow_reader(self, rows: int = _BATCH_ROWS) -> pa.RecordBatchReader:
        """Return a reader of batches of about so many rows; ask nothing else of the connection before its end."""
        schema = unpacked(self._do("ask", self._sql, rows)).schema
        return pa.RecordBatchReader.from_batches(schema, self._batches())

    def to_arrow_table(self) -> pa.Table:
        """Return the whole answer."""
        return self.to_arrow_reader().read_all()

    def _batches(self) -> Iterator[pa.RecordBatch]:
        while (data := self._do("batch")) is not None:
            yield from unpacked(data).to_batches()


def _call(lent: Lent) -> Connection:
    try:
        with socket.create_connection(("127.0.0.1", lent.port), timeout=INTRODUCED_WITHIN_S) as called:
            called.setblocking(True)
            called.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(os.dup(called.fileno()))
            wait_at_most(called, INTRODUCED_WITHIN_S)
            answer_challenge(connection, lent.secret)
            deliver_challenge(connection, lent.secret)
            wait_at_most(called, 0)
    except (EOFError, OSError, AuthenticationError) as error:
        raise _gone() from error
    return connection


def _gone() -> ExternalError:
    message = "`quanyu serve`, which holds the warehouse, has ended or lends to as many commands as it can."
    return ExternalError(message, code="warehouse.gone", retry=True)
