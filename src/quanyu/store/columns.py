"""Column types that mean the same on SQLite and PostgreSQL: 64-bit keys, UTC moments, canonical JSON."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from quanyu.errors import InternalError

# On SQLite only the exact word INTEGER makes a primary key the row id, which saves an index.
KEY: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")

# Made once: json.dumps makes an encoder for every call that is not plain.
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical_json(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces, no escapes; what hashes are taken over."""
    return _ENCODER.encode(value)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; takes aware datetimes only and gives aware ones back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC, without zone where the database keeps none."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise InternalError("a moment without a time zone reached the store")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment with its zone, UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class JsonText(TypeDecorator[Any]):
    """A JSON value kept as canonical text, so that equal values are equal bytes on every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Return the canonical text."""
        return None if value is None else canonical_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Return the value the text stands for."""
        return None if value is None else json.loads(value)
