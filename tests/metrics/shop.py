"""Small warehouses for metric tests: rows of contract tables as dicts, gaps filled, in memory."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from quanyu.engine import DuckDBEngine
from quanyu.engine.column_types import arrow_schema
from quanyu.metrics import BuiltTable, MetricContext
from quanyu.tables import CONTRACTS, Type

_EMPTY: dict[Type, Any] = {
    Type.KEY: 0,
    Type.TEXT: "",
    Type.DATE: dt.date(1970, 1, 1),
    Type.TIME: dt.datetime(1970, 1, 1),
    Type.FEN: 0,
    Type.INT: 0,
    Type.DECIMAL: Decimal(0),
    Type.RATIO: 0.0,
    Type.BOOL: False,
    Type.JSON: "{}",
}
# What an order is when a test says nothing: paid, valid, worth what was paid for it.
_ORDER = {"status": "paid", "source": "pos", "batch_seq": 1, "is_valid": True}


def day(text: str) -> dt.date:
    """A date of ISO text."""
    return dt.date.fromisoformat(text)


def order(number: int, date: str | dt.date, net: int, person: int | None = 1, **more: Any) -> dict[str, Any]:
    """A valid order of a person, net equal to gross unless said."""
    local = day(date) if isinstance(date, str) else date
    return {
        "order_id": f"o{number}",
        "source_row": number,
        "local_date": local,
        "gross_fen": net,
        "net_fen": net,
        "person_id": person,
        **_ORDER,
        **more,
    }


def table(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Arrow rows of a contract; a column that must not be null and is not given gets an empty value."""
    contract = CONTRACTS[name]
    given = {column for row in rows for column in row}
    assert given <= set(contract.column_names), given - set(contract.column_names)
    filled = [
        {column.name: row.get(column.name, None if column.null else _EMPTY[column.type]) for column in contract.columns}
        for row in rows
    ]
    return pa.Table.from_pylist(filled, schema=arrow_schema(contract))


def warehouse(**tables: Sequence[Mapping[str, Any]]) -> DuckDBEngine:
    """An engine in memory with the tables."""
    engine = DuckDBEngine(None, CONTRACTS, threads=1)
    for name, rows in tables.items():
        engine.register(name, table(name, rows))
    return engine


def context(as_of: str, **more: Any) -> MetricContext:
    """The context of a build as of a date."""
    built = BuiltTable(rows=0, built_at=dt.datetime(2024, 1, 1), sql="")
    said = {"zone": "Asia/Shanghai", "watermark": 7, "build_id": 1, "tables": {"order_fact": built}, **more}
    return MetricContext(as_of=day(as_of), **said)
