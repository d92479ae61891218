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


def insert_new(connection: Connection, table: Table, names: Sequence[str], records: Iterable[object]) -> int:
    """Insert the named fields of records into columns of the same names; returns how many rows were new.

    A row that is there already, by any unique constraint, stays as it is.  Values go to the driver without the
    statement being worked out anew for each row, which is a third of the time for a wide table.
    """
    dialect = connection.dialect
    maker = sqlite if dialect.name == "sqlite" else postgresql
    statement: Insert = maker.insert(table).on_conflict_do_nothing()
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    # A positional driver wants the values in the order of the statement, which is the table's.
    names = compiled.positiontup or names
    convert = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    read = attrgetter(*names)
    new = 0
    for part in chunks(records):
        values = zip(*map(read, part), strict=True)
        columns = [
            column if process is None else map(process, column) for process, column in zip(convert, values, strict=True)
        ]
        rows: Any = list(zip(*columns, strict=True))
        if not compiled.positional:
            rows = [dict(zip(names, row, strict=True)) for row in rows]
        new += connection.exec_driver_sql(str(compiled), rows).rowcount
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
