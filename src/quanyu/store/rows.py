"""Between frozen dataclasses and rows: the few statements every repository needs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import islice
from operator import attrgetter
from typing import Any, Final, TypeVar

from sqlalchemy import Column, Connection, Insert, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

Record = TypeVar("Record")
Item = TypeVar("Item")

CHUNK: Final = 5_000
"""How many rows go into one statement; bounds memory, and keeps IN lists short."""


def chunks(items: Iterable[Item], size: int = CHUNK) -> Iterator[list[Item]]:
    """Return the items in lists of at most `size`."""
    source = iter(items)
    while part := list(islice(source, size)):
        yield part


def insert_new(connection: Connection, table: Table, records: Iterable[object]) -> int:
    """Insert dataclasses whose fields are columns of the table; rows already there stay; returns how many were new."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    new = 0
    for part in chunks(records):
        names = [field.name for field in fields(part[0])]  # type: ignore[arg-type]
        read = attrgetter(*names)
        # No target is named: whichever unique constraint says that the row is there already.
        statement: Insert = dialect.insert(table).on_conflict_do_nothing()
        rows = [dict(zip(names, read(record), strict=True)) for record in part]
        new += connection.execute(statement, rows).rowcount
    return new


def next_number(connection: Connection, column: Column[int]) -> int:
    """Return one more than the greatest number; gap-free, because writers take turns and a rollback takes it back."""
    return int(connection.execute(select(func.coalesce(func.max(column), 0) + 1)).scalar_one())


def records(kind: type[Record], rows: Iterable[Any]) -> list[Record]:
    """Return dataclasses made of rows whose columns stand in the order of the fields."""
    return [kind(*row) for row in rows]


def columns_of(kind: type[Any], table: Table) -> Sequence[Column[Any]]:
    """Return the table's columns in the order of the dataclass's fields."""
    return [table.c[field.name] for field in fields(kind)]
