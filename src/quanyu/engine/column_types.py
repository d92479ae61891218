"""How each engine stores the logical column types of the contracts, and how parameters become typed literals."""

from datetime import UTC, date, datetime
from typing import Final

import pyarrow as pa
from sqlglot import exp

from quanyu.errors import InternalError
from quanyu.tables.contract import Table, Type

PHYSICAL: Final[dict[str, dict[Type, str]]] = {
    "duckdb": {
        Type.KEY: "BIGINT",
        Type.TEXT: "VARCHAR",
        Type.DATE: "DATE",
        Type.TIME: "TIMESTAMP",
        Type.FEN: "BIGINT",
        Type.INT: "BIGINT",
        Type.DECIMAL: "DECIMAL(18, 6)",
        Type.RATIO: "DOUBLE",
        Type.BOOL: "BOOLEAN",
        Type.JSON: "VARCHAR",
    },
    "spark": {
        Type.KEY: "BIGINT",
        Type.TEXT: "STRING",
        Type.DATE: "DATE",
        Type.TIME: "TIMESTAMP_NTZ",
        Type.FEN: "BIGINT",
        Type.INT: "BIGINT",
        Type.DECIMAL: "DECIMAL(18, 6)",
        Type.RATIO: "DOUBLE",
        Type.BOOL: "BOOLEAN",
        Type.JSON: "STRING",
    },
}

ARROW: Final[dict[Type, pa.DataType]] = {
    Type.KEY: pa.int64(),
    Type.TEXT: pa.string(),
    Type.DATE: pa.date32(),
    Type.TIME: pa.timestamp("us"),
    Type.FEN: pa.int64(),
    Type.INT: pa.int64(),
    Type.DECIMAL: pa.decimal128(18, 6),
    Type.RATIO: pa.float64(),
    Type.BOOL: pa.bool_(),
    Type.JSON: pa.string(),
}

Value = str | int | bool | date | datetime | None


def data_type(column_type: Type, dialect: str) -> exp.DataType:
    """Return the engine's type node of a contract type."""
    return exp.DataType.build(PHYSICAL[dialect][column_type], dialect=dialect)


def literal(value: Value) -> exp.Expr:
    """Return a Python value as a typed literal: dates and times as casts of text, so that no engine has to guess.

    Datetimes are UTC; aware ones are turned to UTC and lose their zone, as the warehouse stores them.
    Raises InternalError for types that have no exact literal (floats among them: pass integers).
    """
    if value is None:
        return exp.Null()
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, int):
        number: exp.Expr = exp.Literal.number(abs(value))
        return exp.Neg(this=number) if value < 0 else number
    if isinstance(value, str):
        return exp.Literal.string(value)
    if isinstance(value, datetime):
        naive = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
        return exp.cast(exp.Literal.string(naive.isoformat(sep=" ")), exp.DType.TIMESTAMPNTZ)
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), "DATE")
    raise InternalError(f"no SQL literal for {type(value).__name__}")


def arrow_schema(table: Table) -> pa.Schema:
    """Return the Arrow schema of a contract: columns in its order, every one nullable (checks say otherwise later)."""
    return pa.schema([(column.name, ARROW[column.type]) for column in table.columns])


def one_shape(rows: pa.Table) -> pa.Table:
    """Return an answer with the widest type of each kind, so that engines that compute in other widths agree.

    Whole numbers become int64 (sums are 128 bits in DuckDB), decimals 38 digits, moments microseconds without zone.
    Raises InternalError when a whole number does not fit.
    """
    fields = [pa.field(field.name, _shape(field.type)) for field in rows.schema]
    try:
        return rows.cast(pa.schema(fields))
    except pa.ArrowInvalid as error:
        raise InternalError(f"an answer does not fit 64 bits: {error}") from error


def _shape(given: pa.DataType) -> pa.DataType:
    if pa.types.is_integer(given) or (pa.types.is_decimal(given) and given.scale == 0):
        return pa.int64()
    if pa.types.is_decimal(given):
        return pa.decimal128(38, given.scale)
    if pa.types.is_timestamp(given):
        return pa.timestamp("us")
    if pa.types.is_floating(given):
        return pa.float64()
    return pa.string() if pa.types.is_large_string(given) else given
