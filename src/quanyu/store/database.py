"""The one place that opens the store's database; nothing else in the process may open that file.

Opening and closing the SQLite file beside SQLite releases its locks, after which another process can overwrite a commit
in silence.  So: one SQLite library per process (the `pysqlite3` wheel, never the interpreter's own copy, which may be
older than the WAL fix of 3.51.3), and this module alone connects.
"""

import os
import time
from pathlib import Path
from typing import Any, Final

from pysqlite3 import dbapi2
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from quanyu.errors import ExternalError, Problem, UserError

STORE_FILE: Final = "store.sqlite"
OLDEST_SQLITE: Final = (3, 51, 3)
BUSY_TIMEOUT_S: Final = 30
# What the driver raises while a connection is made, where SQLAlchemy does not wrap it.
DriverError: Final = dbapi2.Error
# Any fixed number: writers of one PostgreSQL store take turns on it, as SQLite's do on the file.
_WRITER_LOCK: Final = 0x7175616E


def store_url(place: Path | str) -> URL:
    """Return the database address of a place: a state folder, a `*.sqlite` file, or a URL.

    A URL is `sqlite:///path` or `postgresql://…`; anything else raises UserError `store.unknown_database`.
    """
    if isinstance(place, Path) or "://" not in place:
        path = Path(place)
        file = path if path.suffix == ".sqlite" else path / STORE_FILE
        return URL.create("sqlite", database=str(file.absolute()))
    try:
        url = make_url(place)
    except ArgumentError:
        raise _unknown_database("a text that is no address") from None
    backend = url.drivername.partition("+")[0]
    if backend in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and url.database:
        return URL.create("sqlite", database=str(Path(url.database).absolute()))
    raise _unknown_database(backend)


def open_engines(url: URL) -> tuple[Engine, Engine]:
    """Return the writing and the reading engine of a database; reading connections refuse to write."""
    if url.get_backend_name() == "sqlite":
        check_sqlite_version(dbapi2.sqlite_version_info)
        path = Path(url.database or "")
        _create_private(path)
        return _sqlite_engine(url, writes=True), _sqlite_engine(url, writes=False)
    return _postgres_engine(url, writes=True), _postgres_engine(url, writes=False)


def sqlite_version() -> tuple[int, ...]:
    """Return the version of the SQLite that the store uses."""
    return tuple(dbapi2.sqlite_version_info)


def check_sqlite_version(version: tuple[int, ...]) -> None:
    """Refuse a SQLite older than 3.51.3: two connections that write and checkpoint could lose commits in it."""
    if tuple(version) < OLDEST_SQLITE:
        found, needed = (".".join(map(str, numbers)) for numbers in (version, OLDEST_SQLITE))
        raise ExternalError(
            f"SQLite {found} can lose commits (WAL reset race); {needed} or newer is needed. "
            "Install the pysqlite3 package again from a wheel.",
            code="store.sqlite_too_old",
        )


def _unknown_database(name: str) -> UserError:
    return UserError(
        Problem(
            "store.unknown_database",
            f"The store cannot be kept in {name}.",
            "Leave `store` out (SQLite in the workspace) or give postgresql://host/database.",
        )
    )


def _create_private(path: Path) -> None:
    """Make the database file readable by its owner only; SQLite gives its side files the same mode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        # Never open an existing file: closing it would drop the locks of this process's own connections.
        return


def _sqlite_engine(url: URL, *, writes: bool) -> Engine:
    engine = create_engine(
        url, module=dbapi2, connect_args={"timeout": BUSY_TIMEOUT_S, "isolation_level": None}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        mode = _switch_to_wal(connection)
        if mode != "wal":
            raise ExternalError(
                f"The folder of {url.database} does not support WAL (SQLite answered {mode}); use a local disk.",
                code="store.no_wal",
            )
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        if not writes:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # The driver's own BEGIN is deferred: two readers that turn into writers would dead-lock.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def copy_sqlite(connection: Connection, file: Path) -> None:
    """Write the SQLite database of a connection as one file, as its open transaction sees it (the online backup)."""
    copied = dbapi2.connect(str(file))
    try:
        connection.connection.driver_connection.backup(copied)  # type: ignore[union-attr]
    finally:
        copied.close()


def _switch_to_wal(connection: Any) -> str:
    """Return the journal mode after asking for WAL.

    SQLite does not wait here, whatever its timeout says: two first starts at once and one is told "locked" at once.
    """
    give_up = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
        except dbapi2.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.01)


def _postgres_engine(url: URL, *, writes: bool) -> Engine:
    options = {} if writes else {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
    try:
        # A connection that a restart of the database ended is found out before it is used.
        engine = create_engine(url, hide_parameters=True, execution_options=options, pool_pre_ping=True)
    except (ModuleNotFoundError, NoSuchModuleError):
        raise UserError(
            Problem("store.driver_missing", "PostgreSQL needs psycopg.", "Install it: pip install 'quanyu[postgres]'.")
        ) from None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if writes:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_WRITER_LOCK,))

    return engine
