"""Keys with which programs ask or write: API keys of a role, write keys of one live source.

Grain: one key.  Only the SHA-256 of a key is kept; a key is 256 random bits, so its hash needs no salt and no slowness.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, or_, select, update

from quanyu.clock import now
from quanyu.store.rows import columns_of
from quanyu.store.schema import access_key

_PREFIX: Final = {"api": "qy", "write": "qyw"}


class KeyKind(StrEnum):
    """What a key is for: to ask with the rights of a role, or to write events of one source."""

    API = "api"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key without its secret; times are UTC.

    `role` is of an API key, `source` of a write key, else None.  It holds until `expires_at` or `revoked_at`.
    """

    key_id: str
    kind: KeyKind
    name: str
    role: str | None
    source: str | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None


_COLUMNS = columns_of(AccessKey, access_key)


def hash_of(key: str) -> str:
    """Return what is kept of a key: its SHA-256 (hex)."""
    return hashlib.sha256(key.encode()).hexdigest()


class AccessKeys:
    """The keys, inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def make(
        self,
        kind: KeyKind,
        name: str,
        *,
        by: str,
        role: str | None = None,
        source: str | None = None,
        expires_at: datetime | None = None,
    ) -> tuple[AccessKey, str]:
        """Record a new key and return it with its secret, which is shown once and kept nowhere."""
        made = AccessKey(secrets.token_hex(6), kind, name, role, source, now(), by, expires_at, None)
        key = f"{_PREFIX[kind]}_{made.key_id}_{secrets.token_hex(32)}"
        row = {column.name: getattr(made, column.name) for column in _COLUMNS}
        self._connection.execute(insert(access_key), {**row, "secret_hash": hash_of(key)})
        return made, key

    def find(self, key: str) -> AccessKey | None:
        """Return the key of this text while it holds, else None."""
        query = select(*_COLUMNS).where(access_key.c.secret_hash == hash_of(key), _holds())
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _key(row)

    def sources(self) -> Mapping[str, str]:
        """Return the source of each write key that holds, by the key's hash."""
        query = select(access_key.c.secret_hash, access_key.c.source).where(
            access_key.c.kind == KeyKind.WRITE, _holds()
        )
        return {secret_hash: source for secret_hash, source in self._connection.execute(query)}

    def all(self) -> list[AccessKey]:
        """Return every key there ever was, the newest first."""
        query = select(*_COLUMNS).order_by(access_key.c.created_at.desc(), access_key.c.key_id)
        return [_key(row) for row in self._connection.execute(query)]

    def revoke(self, key_id: str) -> bool:
        """Let a key hold no longer; return whether it held."""
        statement = update(access_key).where(access_key.c.key_id == key_id, _holds())
        return self._connection.execute(statement, {"revoked_at": now()}).rowcount == 1


def _key(row: Row[Any]) -> AccessKey:
    key = AccessKey(*tuple(row))
    return replace(key, kind=KeyKind(key.kind))


def _holds() -> ColumnElement[bool]:
    is_young = or_(access_key.c.expires_at.is_(None), access_key.c.expires_at > now())
    return and_(access_key.c.revoked_at.is_(None), is_young)
