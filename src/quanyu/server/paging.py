"""Pages of a stable order: an opaque cursor says where the next one begins, and only for the question it came from."""

import base64
import binascii
import hashlib
import json
from typing import Any, Final

from quanyu.errors import Problem, UserError, Where

MOST: Final = 1_000
"""Rows of one page at most."""
_LONGEST: Final = 1_000
_CHECK: Final = 12
_PLACES: Final = 2**63
ROWS: Final = 10**9
"""Rows that a place may count at most where it counts rows and is no id."""


def cursor_of(question: object, place: int) -> str:
    """Return the cursor of a place in the answer to a question, both JSON-ready."""
    body = json.dumps([place, _check(question)], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def place_of(question: object, cursor: str | None) -> int:
    """Return the place a cursor names, 0 without one; raises UserError `page.cursor` for another question's."""
    if cursor is None:
        return 0
    said = _read(cursor)
    if not (
        isinstance(said, list)
        and len(said) == 2
        and type(said[0]) is int
        and 0 <= said[0] < _PLACES
        and said[1] == _check(question)
    ):
        raise UserError(
            Problem(
                "page.cursor",
                "The cursor belongs to another question, or another build.",
                "Ask again from the first page.",
                Where(field="cursor"),
            )
        )
    place: int = said[0]
    return place


def _read(cursor: str) -> Any:
    if len(cursor) > _LONGEST:
        return None
    try:
        return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None


def _check(question: object) -> str:
    text = json.dumps(question, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_CHECK]
