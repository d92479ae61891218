"""Rows of a case → Arrow tables that honour the contracts: columns that do not matter get values that say nothing."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from quanyu.engine.column_types import ARROW
from quanyu.tables import CONTRACTS, Table
from quanyu.tables.contract import Column, Type

Row = Mapping[str, Any]

_MOVED_DATE = re.compile(r"(\d{4}-\d\d-\d\d) ([-+]\d+)")

_FIXED: dict[str, Any] = {
    "source": "till",
    "batch_seq": 1,
    "source_id": "",
    "fingerprint": 0,
    "recorded_at": dt.datetime(2026, 1, 1),
    "status": "completed",
    "kind": "return",
    "qty": 1,
    "param_version": "test",
}
_EMPTY: dict[Type, Any] = {
    Type.KEY: 0,
    Type.TEXT: "",
    Type.FEN: 0,
    Type.INT: 0,
    Type.DECIMAL: 0,
    Type.RATIO: 0.0,
    Type.BOOL: False,
    Type.JSON: "{}",
    Type.DATE: dt.date(2000, 1, 1),
    Type.TIME: dt.datetime(2000, 1, 1),
}


def table_of(name: str, rows: Sequence[Row]) -> pa.Table:
    """Return the rows as the contract's table; raises ValueError for a column that the contract does not know."""
    contract = CONTRACTS[name]
    filled = [_fill(contract, row, number) for number, row in enumerate(spread(rows), start=1)]
    columns = {c.name: [_as(c, row[c.name]) for row in filled] for c in contract.columns}
    return pa.table({c.name: pa.array(columns[c.name], ARROW[c.type]) for c in contract.columns})


def spread(rows: Sequence[Row]) -> list[Row]:
    """Return the rows with `{rows: 100, first: 1, order_id: "o{n}"}` written out, n from `first` (default 1).

    A text such as `2024-06-20 -{n}` is the date n days before.
    """
    done: list[Row] = []
    for row in rows:
        if "rows" not in row:
            done.append(row)
            continue
        first = row.get("first", 1)
        for n in range(first, first + row["rows"]):
            done.append({key: _put(value, n) for key, value in row.items() if key not in ("rows", "first")})
    return done


def _put(value: Any, n: int) -> Any:
    if not isinstance(value, str):
        return value
    text = value.replace("{n}", str(n))
    moved = _MOVED_DATE.fullmatch(text)
    return dt.date.fromisoformat(moved[1]) + dt.timedelta(days=int(moved[2])) if moved else text


def _fill(contract: Table, row: Row, number: int) -> dict[str, Any]:
    unknown = set(row) - set(contract.column_names)
    if unknown:
        raise ValueError(f"{contract.name} has no column {sorted(unknown)}")
    return {c.name: row[c.name] if c.name in row else _default(contract, c, number) for c in contract.columns}


def _default(contract: Table, column: Column, number: int) -> Any:
    if column.name in ("source_row", "line_no") and not column.null:
        return number
    if column.name in contract.entity or column.name in contract.key:
        return _FIXED.get(column.name) or _key(column, number)
    if column.name in _FIXED:
        return _FIXED[column.name]
    if column.null:
        return None
    return column.values[0] if column.values else _EMPTY[column.type]


def _key(column: Column, number: int) -> Any:
    if column.values:
        return column.values[0]
    return f"{column.name}-{number}" if column.type is Type.TEXT else number


def _as(column: Column, value: Any) -> Any:
    if value is None:
        return None
    if column.type in (Type.KEY, Type.INT, Type.FEN):
        if isinstance(value, float):
            raise ValueError(f"{column.name}: {value} is no whole number")
        return int(value)
    if column.type is Type.DECIMAL:
        return Decimal(str(value))
    if column.type is Type.TIME:
        return value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value))
    return value
