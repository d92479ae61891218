"""Answers to requests that carry an idempotency key, so that one sent again is not done again.

Grain: one key of one caller, for a day.  Of the key its SHA-256 is kept; the answer is encrypted, as it may name
persons.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from quanyu.clock import now
from quanyu.store.rows import columns_of
from quanyu.store.schema import request_answer

LASTS: Final = timedelta(days=1)
"""How long a key is remembered."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What is known of a request: its fingerprint, and once it ended status, content type and the encrypted body."""

    fingerprint: str
    status: int | None
    content_type: str | None
    body_enc: bytes | None


_COLUMNS = columns_of(KeptAnswer, request_answer)


class Answers:
    """The answers that are kept, inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, caller: str, key: str, fingerprint: str) -> KeptAnswer | None:
        """Note that a request is begun and return None; return what is known when the caller sent its key before."""
        self._connection.execute(delete(request_answer).where(request_answer.c.began_at < now() - LASTS))
        found = self._connection.execute(select(*_COLUMNS).where(*_is(caller, key))).one_or_none()
        if found is not None:
            return KeptAnswer(*found)
        row = {"caller": caller, "key_hash": _hash(key), "fingerprint": fingerprint, "began_at": now()}
        self._connection.execute(insert(request_answer), row)
        return None

    def finish(self, caller: str, key: str, status: int, content_type: str, body_enc: bytes) -> None:
        """Keep the answer of a request that was begun."""
        done = {"status": status, "content_type": content_type, "body_enc": body_enc}
        self._connection.execute(update(request_answer).where(*_is(caller, key)).values(done))

    def forget(self, caller: str, key: str) -> None:
        """Forget a request that did nothing: it may be sent again, mended, under its key."""
        self._connection.execute(delete(request_answer).where(*_is(caller, key)))

    def clear(self) -> None:
        """Forget every answer: they may name a person who is deleted, and be encrypted by a key that goes."""
        self._connection.execute(delete(request_answer))


def _is(caller: str, key: str) -> tuple[Any, Any]:
    return request_answer.c.caller == caller, request_answer.c.key_hash == _hash(key)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
