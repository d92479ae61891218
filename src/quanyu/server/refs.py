"""References: a text beside every number that holds the question, from which its history and its people are told.

A reference is the question itself, packed, behind a part of its SHA-256: it needs no table, never expires while its
build stands, and a changed or cut one is refused.  It gives no right: whoever uses it must be allowed to ask.
"""

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from quanyu.errors import Problem, UserError, Where

KINDS: Final = ("figure", "stage", "tag", "segment", "rule", "behaviour")
LONGEST: Final = 6_000
"""Characters of a reference: it travels in an address."""
_CHECK: Final = 12
_MOST: Final = 200_000
_BUILDS: Final = 2**31


@dataclass(frozen=True, slots=True)
class Ref:
    """A question about one build; `said` is what its kind needs, JSON-ready."""

    kind: str
    build_id: int
    said: Mapping[str, Any]

    def __str__(self) -> str:
        text = json.dumps([self.kind, self.build_id, dict(self.said)], sort_keys=True, separators=(",", ":"))
        body = zlib.compress(text.encode(), 9)
        return _written(hashlib.sha256(body).digest()[:_CHECK] + body)


def ref_or_none(kind: str, build_id: int, said: Mapping[str, Any]) -> str | None:
    """Return the reference of a question, None when it would be too long for an address."""
    text = str(Ref(kind, build_id, said))
    return text if len(text) <= LONGEST else None


def read_ref(text: str) -> Ref:
    """Return what a reference says; raises UserError `ref.malformed`."""
    try:
        kind, build_id, said = json.loads(_unpacked(text))
    except (binascii.Error, zlib.error, ValueError, TypeError, RecursionError):
        raise UserError(_MALFORMED) from None
    is_build = type(build_id) is int and 0 < build_id < _BUILDS
    if kind not in KINDS or not is_build or not isinstance(said, dict):
        raise UserError(_MALFORMED)
    return Ref(kind, build_id, said)


def _unpacked(text: str) -> bytes:
    if len(text) > LONGEST:
        raise ValueError
    whole = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    check, body = whole[:_CHECK], whole[_CHECK:]
    if hashlib.sha256(body).digest()[:_CHECK] != check:
        raise ValueError
    reader = zlib.decompressobj()
    found = reader.decompress(body, _MOST)
    if reader.unconsumed_tail:
        raise ValueError
    return found


def _written(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


_MALFORMED: Final = Problem(
    "ref.malformed", "This is no reference of a number.", "Take `ref` as the answer gave it.", Where(field="ref")
)
