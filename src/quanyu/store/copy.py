"""Copies of a whole store: one SQLite file, whatever database the store is in; and a store made of such a file.

A copy of SQLite is made by its own online backup.  Of PostgreSQL every row is copied as one snapshot sees it; the same
way a copy becomes a store in PostgreSQL.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, func, insert, inspect, select

from quanyu.errors import Problem, UserError
from quanyu.store.database import copy_sqlite, open_engines, store_url
from quanyu.store.migrate import migrate, revision_of
from quanyu.store.schema import metadata, run_lease
from quanyu.store.unit_of_work import Store, translated_errors

_ROWS_AT_ONCE: Final = 2_000


def copy_store(store: Store, file: Path) -> str:
    """Write everything committed as one consistent SQLite file and return the revision of its schema.

    Others may write meanwhile.  The file must not be there; who holds the run lease is not copied.
    """
    with store.reading() as work:
        is_file = work.connection.dialect.name == "sqlite"
        if is_file:
            copy_sqlite(work.connection, file)
        with _opened(file) as (writer, _):
            if not is_file:
                migrate(writer)
                _copy_rows(work.connection, writer)
            _finish(writer)
            return revision_of(writer) or ""


def put_store(file: Path, place: Path | str) -> None:
    """Make the store of a place of a copy, in this version's schema.

    Raises UserError `restore.not_empty` when there is a store already and `store.newer` for a copy by a newer quanyu.
    The copy itself is brought to this version's schema.
    """
    with translated_errors(), _opened(file) as (source, reader), _opened(place) as (writer, _):
        migrate(source)
        _refuse_filled(writer)
        migrate(writer)
        with reader.begin() as rows:
            _copy_rows(rows, writer)


def standing_of(place: Path | str) -> str | None:
    """Return the revision of the store at a place, None of an empty database; nothing is migrated."""
    with translated_errors(), _opened(place) as (_, reader):
        return revision_of(reader)


@contextmanager
def _opened(place: Path | str) -> Iterator[tuple[Engine, Engine]]:
    writer, reader = open_engines(store_url(place))
    try:
        yield writer, reader
    finally:
        writer.dispose()
        reader.dispose()


def _refuse_filled(engine: Engine) -> None:
    with engine.connect() as connection:
        there = set(inspect(connection).get_table_names()) & set(metadata.tables)
        filled = sorted(name for name in there if _count(connection, name))
    if filled:
        message = f"There is a store already, with rows in {', '.join(filled[:3])}."
        raise UserError(Problem("restore.not_empty", message, "Restore into an empty database or folder."))


def _count(connection: Connection, name: str) -> int:
    return int(connection.execute(select(func.count()).select_from(metadata.tables[name])).scalar() or 0)


def _copy_rows(source: Connection, into: Engine) -> None:
    with into.begin() as target:
        for table in metadata.sorted_tables:
            answer = source.execute(select(table)).mappings()
            for rows in answer.partitions(_ROWS_AT_ONCE):
                values: list[dict[str, Any]] = [dict(row) for row in rows]
                target.execute(insert(table), values)


def _finish(engine: Engine) -> None:
    """Forget who works on the original, and bring the write-ahead log into the file."""
    with engine.begin() as target:
        target.execute(delete(run_lease))
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
