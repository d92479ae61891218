"""Small made-up rows for any contract: types, listed values, keys and references honoured, the same on every run."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from decimal import Decimal

import pyarrow as pa

from quanyu.engine.column_types import ARROW
from quanyu.tables.contract import Column, Contracts, Table, Type

FIRST_DAY = dt.date(2023, 11, 20)
DAYS = 120
ENTITIES = 60


def make_rows(table: Table, rows: int) -> pa.Table:
    """Return that many rows; nulls in one of six where allowed, ids out of pools shared by all tables.

    Steps read the current version of each entity, so a row whose key or entity was given before is left out.
    """
    columns: dict[str, list[object]] = {column.name: [] for column in table.columns}
    seen: set[tuple[tuple[str, ...], tuple[object, ...]]] = set()
    for at in range(rows):
        row = {column.name: _value(table, column, at) for column in table.columns}
        keys = {(names, tuple(row[name] for name in names)) for names in (table.key, table.entity) if names}
        if keys & seen:
            continue
        seen |= keys
        for name, value in row.items():
            columns[name].append(value)
    fields = [pa.field(column.name, ARROW[column.type]) for column in table.columns]
    return pa.table([pa.array(columns[field.name], field.type) for field in fields], schema=pa.schema(fields))


def make_inputs(contracts: Contracts, names: Iterable[str]) -> dict[str, pa.Table]:
    """Return rows for the named tables; tables with a date as key get each day, so that joins on days find rows."""
    return {name: make_rows(contracts[name], 400 if _is_landing(contracts[name]) else 120) for name in sorted(names)}


def _is_landing(table: Table) -> bool:
    return bool(table.entity)


def _draw(table: str, column: str, at: int, below: int) -> int:
    return int(hashlib.sha256(f"{table}|{column}|{at}".encode()).hexdigest()[:12], 16) % below


def _value(table: Table, column: Column, at: int) -> object:
    if column.null and _draw(table.name, column.name + "?", at, 6) == 0:
        return None
    if column.name == "source_row":
        return at
    number = _draw(table.name, column.name, at, 10_000)
    if column.values:
        return column.values[number % len(column.values)]
    if column.name in table.key and len(table.key) == 1:
        number = at
    pooled = number % ENTITIES if _is_id(column) and not (column.name in table.key and len(table.key) == 1) else number
    return _of_type(column, number, pooled)


def _is_id(column: Column) -> bool:
    return bool(column.references) or column.name.endswith("_id") or column.type is Type.KEY


def _of_type(column: Column, number: int, pooled: int) -> object:
    day = FIRST_DAY + dt.timedelta(days=number % DAYS)
    makers: dict[Type, object] = {
        Type.KEY: pooled + 1,
        Type.TEXT: f"{_pool(column)}:{pooled}" if _is_id(column) else ("会员", "a", "B ", "é", "z'\\x")[number % 5],
        Type.JSON: '{"a": 1}',
        Type.DATE: day,
        Type.TIME: dt.datetime.combine(day, dt.time(number % 24, number % 60, number % 59, number)),
        Type.FEN: number * 7 - 500,
        Type.INT: number % 40 + 1,
        Type.DECIMAL: Decimal(number % 500) / 4,
        Type.RATIO: number / 8,
        Type.BOOL: number % 3 == 0,
    }
    return makers[column.type]


def _pool(column: Column) -> str:
    return column.references.rpartition(".")[2] or column.name
