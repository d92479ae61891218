"""How each engine stores the logical column types of the contracts, and how parameters become typed literals."""

from datetime import UTC, date, datetime
from typing import Final

from sqlglot import exp

from quanyu.errors import InternalError
from quanyu.tables.contract import Type

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
        return exp.cast(exp.Literal.string(naive.isoformat(sep=" ")), "TIMESTAMP")
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), "DATE")
    raise InternalError(f"no SQL literal for {type(value).__name__}")

