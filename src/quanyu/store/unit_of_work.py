"""One transaction per command: everything in it is kept, or nothing."""

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from quanyu.errors import ExternalError, InternalError, Problem
from quanyu.store.access_keys import AccessKeys
from quanyu.store.answers import Answers
from quanyu.store.audit import Audit
from quanyu.store.builds import Builds
from quanyu.store.consents import Consents
from quanyu.store.database import BUSY_TIMEOUT_S, DriverError, open_engines, store_url
from quanyu.store.decisions import Decisions
from quanyu.store.figures import Figures
from quanyu.store.identifiers import Identifiers
from quanyu.store.keys import Keys
from quanyu.store.migrate import migrate
from quanyu.store.privacy import Privacy
from quanyu.store.quarantine import Quarantine
from quanyu.store.refusals import Refusals
from quanyu.store.scan import rows_of_person
from quanyu.store.segments import Segments
from quanyu.store.users import Sessions, Users
from quanyu.store.verify import faults


class UnitOfWork:
    """The repositories of the store, all on one transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        """For modules of `store/` only."""

    @cached_property
    def segments(self) -> Segments:
        """Return the raw log's batches."""
        return Segments(self.connection)

    @cached_property
    def quarantine(self) -> Quarantine:
        """Return the refused rows."""
        return Quarantine(self.connection)

    @cached_property
    def refusals(self) -> Refusals:
        """Return the files that could not be read."""
        return Refusals(self.connection)

    @cached_property
    def identifiers(self) -> Identifiers:
        """Return the encrypted originals of identifiers."""
        return Identifiers(self.connection)

    @cached_property
    def decisions(self) -> Decisions:
        """Return what people decided about identity."""
        return Decisions(self.connection)

    @cached_property
    def builds(self) -> Builds:
        """Return the builds of the warehouse."""
        return Builds(self.connection)

    @cached_property
    def figures(self) -> Figures:
        """Return the figures of closed periods."""
        return Figures(self.connection)

    @cached_property
    def audit(self) -> Audit:
        """Return the audit log."""
        return Audit(self.connection)

    @cached_property
    def keys(self) -> Keys:
        """Return the ids of the keys in use."""
        return Keys(self.connection)

    @cached_property
    def access_keys(self) -> AccessKeys:
        """Return the keys of programs."""
        return AccessKeys(self.connection)

    @cached_property
    def users(self) -> Users:
        """Return the people who sign in."""
        return Users(self.connection)

    @cached_property
    def sessions(self) -> Sessions:
        """Return the sessions of browsers."""
        return Sessions(self.connection)

    @cached_property
    def consents(self) -> Consents:
        """Return the words on consent."""
        return Consents(self.connection)

    @cached_property
    def answers(self) -> Answers:
        """Return the answers kept for requests that are sent again."""
        return Answers(self.connection)

    @cached_property
    def privacy(self) -> Privacy:
        """Return the requests of persons, deletions and marks."""
        return Privacy(self.connection)


class Store:
    """An open store; safe to share between threads, whose writing units of work take turns."""

    def __init__(self, writer: Engine, reader: Engine) -> None:
        self._writer = writer
        self._reader = reader
        self._turn = threading.Lock()
        self._writing: int | None = None

    @contextmanager
    def transaction(self) -> Iterator[UnitOfWork]:
        """Yield a unit of work that is durable when the block ends, and leaves no trace when it raises.

        The write lock is held from the first line on (BEGIN IMMEDIATE), so what the block reads stays true until it
        ends.  A lock not got in 30 s is ExternalError `store.busy`.
        """
        if self._writing == threading.get_ident():
            raise InternalError("a unit of work was begun inside another; pass the outer one")
        if not self._turn.acquire(timeout=BUSY_TIMEOUT_S):
            raise _busy()
        try:
            self._writing = threading.get_ident()
            with translated_errors(), self._writer.begin() as connection:
                yield UnitOfWork(connection)
        finally:
            self._writing = None
            self._turn.release()

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """Yield a unit of work that sees one consistent state and refuses to write; it waits for nobody."""
        with translated_errors(), self._reader.begin() as connection:
            yield UnitOfWork(connection)

    def verify(self) -> list[Problem]:
        """Return every broken promise of the store (`verify.py`); reads all of it, so it takes its time."""
        with self.reading() as work:
            return faults(work.connection)

    def rows_of_person(
        self, ids: Collection[int], texts: Collection[str], is_theirs: Callable[[bytes], bool]
    ) -> dict[str, int]:
        """Return for every table, declared or not, how many rows point at a person (`scan.py`)."""
        with self.reading() as work:
            return rows_of_person(work.connection, ids, texts, is_theirs)

    def compact(self) -> None:
        """Give back the space of rows that were removed, so that nothing of them is left in the file (SQLite).

        PostgreSQL does so by itself, and its logs by its own retention (docs/privacy.md).
        """
        if self._writer.dialect.name != "sqlite":
            return
        with translated_errors():
            connection = self._writer.raw_connection()
            try:
                connection.cursor().execute("VACUUM")
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()

    def close(self) -> None:
        """Close every connection."""
        self._writer.dispose()
        self._reader.dispose()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(place: Path | str) -> Store:
    """Open a store and bring it to this version's schema, making it when it is not there.

    `place` is the workspace's state folder, a `*.sqlite` file or a database URL.  Raises UserError
    `store.unknown_database`, `store.driver_missing`, `store.newer`; ExternalError `store.sqlite_too_old`,
    `store.no_wal`, `store.busy`, `store.damaged`, `store.failed`.
    """
    writer, reader = open_engines(store_url(place))
    store = Store(writer, reader)
    try:
        with translated_errors():
            migrate(writer)
    except BaseException:
        store.close()
        raise
    return store


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn what the database refuses into our errors; the statement is named, its values never are."""
    try:
        yield
    except IntegrityError as error:
        raise InternalError(f"the store refused a row: {_reason(error.orig)} in {error.statement}") from None
    except DBAPIError as error:
        raise _external(_reason(error.orig)) from None
    except DriverError as error:
        raise _external(_reason(error)) from None


def _reason(error: BaseException | None) -> str:
    """Return what a driver says is wrong; PostgreSQL adds the values of the row in further lines."""
    return str(error).partition("\n")[0]


def _external(reason: str) -> ExternalError:
    if "locked" in reason or "busy" in reason:
        return _busy()
    if "malformed" in reason or "not a database" in reason:
        return ExternalError(
            f"The store's file is damaged ({reason}). Restore a copy; what it held cannot be rebuilt.",
            code="store.damaged",
        )
    if "disk" in reason and "full" in reason:
        return ExternalError("The disk is full; nothing of this step was kept.", code="store.disk_full", retry=True)
    return ExternalError(f"The store failed: {reason}", code="store.failed")


def _busy() -> ExternalError:
    return ExternalError(
        f"Another process has been writing to the store for {BUSY_TIMEOUT_S} s.", code="store.busy", retry=True
    )
