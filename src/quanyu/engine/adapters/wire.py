"""What goes over the wire between a process that holds a warehouse and one that borrows it: requests, answers, errors.

Rows keep the types the engine gave them (`Decimal`, dates, `UUID`), tables travel as Arrow.  Nothing that could run
code is read: only values of the kinds below, whoever sent them.
"""

import io
import pickle
import socket
import struct
from multiprocessing.connection import Connection
from typing import Any, Final

import duckdb
import pyarrow as pa

_KINDS: Final = {
    ("datetime", "datetime"),
    ("datetime", "date"),
    ("datetime", "time"),
    ("datetime", "timedelta"),
    ("datetime", "timezone"),
    ("decimal", "Decimal"),
    ("uuid", "UUID"),
    ("uuid", "SafeUUID"),
}

INTRODUCED_WITHIN_S: Final = 5
"""Both sides prove within so many seconds that they know the secret."""


class _Reader(pickle.Unpickler):
    """Reads plain values only; a name outside the list is refused before anything of it runs."""

    def find_class(self, module: str, name: str) -> Any:
        """Return a kind of value by name."""
        if (module, name) not in _KINDS:
            raise pickle.UnpicklingError(f"{module}.{name} is no value")
        return super().find_class(module, name)


def wait_at_most(wire: socket.socket, seconds: int) -> None:
    """Let reading from a socket fail after so many seconds; 0: wait for ever."""
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", seconds, 0))


def put(connection: Connection, value: Any) -> None:
    """Send one value."""
    connection.send_bytes(pickle.dumps(value, protocol=5))


def take(connection: Connection) -> Any:
    """Return the next value that comes; raises EOFError when the other side has ended."""
    # Read by a reader that makes plain values only.
    return _Reader(io.BytesIO(connection.recv_bytes())).load()


def packed(table: pa.Table) -> bytes:
    """Return an Arrow table as bytes."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def unpacked(data: bytes) -> pa.Table:
    """Return the Arrow table of bytes."""
    return pa.ipc.open_stream(data).read_all()


def fault(error: Exception) -> tuple[str, str]:
    """Return what is told of an error of the engine: the name of its class, its words."""
    return type(error).__name__, str(error)


def as_error(name: str, words: str) -> Exception:
    """Return the error that was told: the engine's own class where it is one, else the engine's most general."""
    kind = getattr(duckdb, name, None)
    return kind(words) if isinstance(kind, type) and issubclass(kind, duckdb.Error) else duckdb.Error(words)
