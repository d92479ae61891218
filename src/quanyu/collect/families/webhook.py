"""Plain JSON from anything that can post it: one object, a list of them, or one a line (NDJSON).

The only family whose answer tells of each record what became of it: who sends by hand reads answers.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import msgspec

from quanyu.collect.body import (
    LIMITS,
    PACKED_MAGIC,
    Unreadable,
    countable,
    entries,
    fitting,
    from_json,
    inflate,
    kept_text,
    written,
)
from quanyu.collect.fields import (
    Sdk,
    basic_user,
    bearer,
    distinct,
    happened,
    identity,
    mapping,
    message_id,
    said,
    told,
)
from quanyu.collect.record import Answer, Decoded, Fault, Identity, Kind, Record, Request

_PATH = re.compile(r"/collect/[A-Za-z0-9_-]{1,100}/?")
_ID_FIELDS = {
    "member_id": "user_id",
    "device": "anonymous_id",
    "unionid": "unionid",
    "openid": "openid",
    "mobile": "mobile",
    "email": "email",
}
_FIELDS = frozenset(
    (*_ID_FIELDS.values(), "type", "event", "timestamp", "message_id", "properties", "traits", "context")
)
_ALIKE_FOR_MS = 3_600_000
_KINDS = {kind.value: kind for kind in (Kind.TRACK, Kind.IDENTIFY, Kind.ALIAS, Kind.UNLINK)}


def owns(method: str, path: str) -> bool:
    """Return whether a request of this method and path is a plain one: `POST /collect/<source>`."""
    return method == "POST" and _PATH.fullmatch(path) is not None


def write_key(request: Request) -> str | None:
    """Return the key: of `Authorization` (Basic or Bearer), `X-Write-Key` or `?write_key=`; None without one."""
    queried = parse_qs(request.query).get("write_key", [""])[0]
    header = request.headers.get("x-write-key")
    return basic_user(request.headers) or bearer(request.headers) or header or queried or None


def decode(request: Request) -> Decoded:
    """Return the objects of a request as records; every object, or line, is a record or a fault."""
    outcomes = tuple(_outcomes(request))
    records = tuple(outcome for outcome in outcomes if isinstance(outcome, Record))
    return Decoded(records, tuple(outcome for outcome in outcomes if isinstance(outcome, Fault)))


def answer(request: Request) -> Answer:
    """Return 200 with what became of each record, in order: accepted with its id, or rejected with the reason."""
    told_of = [_told_of(index, outcome) for index, outcome in enumerate(_outcomes(request))]
    rejected = sum(entry["status"] == "rejected" for entry in told_of)
    document = {"accepted": len(told_of) - rejected, "rejected": rejected, "records": told_of}
    return Answer(200, {"content-type": "application/json"}, msgspec.json.encode(document))


def setting(request: Request, write_key: str) -> Answer | None:
    """Return None: there are no settings to ask for."""
    return None


FAMILY = Sdk("webhook", owns, write_key, decode, answer, setting)


def _told_of(index: int, outcome: Record | Fault) -> dict[str, Any]:
    if isinstance(outcome, Record):
        return {"index": index, "status": "accepted", "message_id": outcome.message_id}
    return {"index": index, "status": "rejected", "code": outcome.code, "reason": outcome.detail}


def _outcomes(request: Request) -> Iterator[Record | Fault]:
    """A record or a fault of each object, in order."""
    try:
        objects = _objects(request.body)
    except Unreadable as refused:
        yield refused.fault(kept_text(request.body))
        return
    for entry in objects:
        try:
            yield _record(fitting(from_json(entry) if isinstance(entry, bytes) else entry), request.received_at)
        except Unreadable as refused:
            yield refused.fault(kept_text(entry) if isinstance(entry, bytes) else written(entry))


def _objects(body: bytes) -> Any:
    """The objects of a body; lines, still as bytes, when it is not one JSON value."""
    if len(body) > LIMITS.body_bytes:
        raise Unreadable("body.too_large", f"the body is larger than {LIMITS.body_bytes:,} bytes")
    text = (inflate(body) if body.startswith(PACKED_MAGIC) else body).strip()
    if not text:
        raise Unreadable("body.empty", "the body is empty")
    try:
        return entries(from_json(countable(text)))
    except Unreadable as refused:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        # One object written over many lines and broken is one fault, not one a line.
        has_whole_lines = any(line.startswith(b"{") and line.endswith(b"}") for line in lines)
        if refused.code != "body.not_json" or len(lines) == 1 or not has_whole_lines:
            raise
        return entries(lines)


def _record(entry: dict[str, Any], received_at: int) -> Record:
    traits = mapping(entry.get("traits"))
    kind = _kind(entry, bool(traits))
    event = said(entry.get("event"))
    identities = _identities(entry)
    if kind is Kind.TRACK and event is None:
        raise Unreadable("record.no_event", "a record of type track needs `event`")
    if kind is Kind.IDENTIFY and not identities:
        raise Unreadable("record.no_identity", f"a record of type identify needs one of {_said_ids()}")
    if kind in (Kind.ALIAS, Kind.UNLINK) and len(identities) < 2:
        raise Unreadable("alias.incomplete", f"a record of type {kind} needs two of {_said_ids()}")
    return Record(
        kind=kind,
        message_id=message_id(entry.get("message_id"), _told_once(entry, received_at)),
        happened_at=happened(entry.get("timestamp")),
        told_at=told(entry.get("timestamp")),
        event=event or "",
        identities=identities,
        properties=mapping(entry.get("properties")),
        traits=traits,
        # Fields nobody asked for are kept, not dropped.
        context={**{name: entry[name] for name in entry if name not in _FIELDS}, **mapping(entry.get("context"))},
        library="webhook",
    )


def _told_once(entry: dict[str, Any], received_at: int) -> dict[str, Any]:
    """What is hashed for an id: alike records without a time are one only within an hour, not for ever."""
    if told(entry.get("timestamp")) is not None:
        return entry
    return {**entry, "received_hour": received_at // _ALIKE_FOR_MS}


def _kind(entry: dict[str, Any], has_traits: bool) -> Kind:
    """The type as said, else what the fields tell: an event was done, traits are somebody's."""
    name = said(entry.get("type"))
    if name is None:
        return Kind.IDENTIFY if has_traits and not said(entry.get("event")) else Kind.TRACK
    kind = _KINDS.get(name.casefold())
    if kind is None:
        raise Unreadable("record.unknown_type", f"`type` is none of {', '.join(_KINDS)}")
    return kind


def _identities(entry: dict[str, Any]) -> tuple[Identity, ...]:
    return distinct(identity(id_type, entry.get(name)) for id_type, name in _ID_FIELDS.items())


def _said_ids() -> str:
    return ", ".join(_ID_FIELDS.values())
