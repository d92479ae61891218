"""Sensors Analytics 神策: forms of base64 (gzip) JSON on `/sa`, pictures on `/sa.gif`, checks on `/debug`.

Source: recorded traffic of sensorsanalyticssdk 1.11.0, sa-sdk-javascript 1.27.11 and sa-sdk-miniprogram 1.22.7; the
Android form from its source.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from quanyu.collect import body, fields
from quanyu.collect.body import GIF, GZIP_MAGIC, Unreadable
from quanyu.collect.families.sensors_identities import identities
from quanyu.collect.fields import Sdk
from quanyu.collect.record import Answer, Change, Decoded, Fault, Kind, Record, Request

_PATHS = frozenset(("/sa", "/sa.gif", "/debug"))
_ENCRYPTED_GZIP = b"9"

_PROFILES = {
    "profile_set": Change.SET,
    "profile_set_once": Change.SET_ONCE,
    "profile_increment": Change.INCREMENT,
    "profile_append": Change.APPEND,
    "profile_unset": Change.UNSET,
    "profile_delete": Change.DELETE,
}
_ITEMS = {"item_set": Change.SET, "item_delete": Change.DELETE}
_EVENTS = {
    "track": Kind.TRACK,
    "track_signup": Kind.ALIAS,
    "track_id_bind": Kind.ALIAS,
    "track_id_unbind": Kind.UNLINK,
}
# What the SDKs call these records where an old one leaves the name out.
_NAMES = {"track_signup": "$SignUp", "track_id_bind": "$BindID", "track_id_unbind": "$UnbindID"}

# Properties that are not the person's, in a profile record.
_NOT_TRAITS = frozenset(
    (
        *("$is_login_id", "$lib", "$lib_version", "$lib_method", "$lib_detail", "$project", "$token"),
        "$timezone_offset",
    )
)
# Fields that differ when the same record is sent again.
_OF_SENDING = ("_flush_time", "recv_time", "_nocache")
# The SDKs whose clock is a consumer's.
_CONSUMER_LIBRARIES = frozenset(
    ("js", "minigame", "minprogram", "miniprogram", "android", "ios", "harmonyos", "flutter")
)


@dataclass(frozen=True, slots=True)
class _Part:
    """One field of a form that carries records, with the checksum it came with (None: without one)."""

    data: bytes
    crc: int | None

    @property
    def is_damaged(self) -> bool:
        return self.crc is not None and self.crc != java_hash(body.kept_text(self.data))


def java_hash(text: str) -> int:
    """Return Java's `String.hashCode` of a text: the checksum of 神策's forms, a signed 32-bit number."""
    data = text.encode("utf-16-be", "replace")
    value = 0
    for high, low in zip(data[::2], data[1::2], strict=True):
        value = (value * 31 + (high << 8 | low)) & 0xFFFFFFFF
    return value - (1 << 32) if value >> 31 else value


def owns(method: str, path: str) -> bool:
    """Return whether the request is for `/sa`, `/sa.gif` or `/debug`."""
    return method in ("GET", "POST") and path in _PATHS


def write_key(request: Request) -> str | None:
    """Return `token` of the query, else that of the first record; None without both."""
    token = fields.known_id(body.form(request.query).get("token", b"").decode("utf-8", "replace"))
    if token is not None:
        return token
    try:
        first = next((entry for part in _parts(request) for entry in _entries(part)), None)
    except Unreadable:
        return None
    return fields.known_id(fields.mapping(first).get("token"))


def decode(request: Request) -> Decoded:
    """Return the records of all forms; an encrypted or broken form, and an entry that is no record, are faults."""
    found = list(_read(request))
    return Decoded(
        records=tuple(one for one in found if isinstance(one, Record)),
        faults=tuple(one for one in found if isinstance(one, Fault)),
        dry_run=request.path == "/debug" and request.headers.get("dry-run", "").casefold() == "true",
    )


def answer(request: Request) -> Answer:
    """Return 200: a picture for `/sa.gif` and GETs, nothing else; `/debug` is told what is wrong, with 400."""
    if request.path == "/debug":
        return _verdict(decode(request))
    if request.path == "/sa.gif" or request.method == "GET":
        return Answer(headers={"content-type": "image/gif", "cache-control": "no-store"}, body=GIF)
    return Answer(headers={"content-type": "text/plain; charset=utf-8"})


def setting(request: Request, write_key: str) -> Answer | None:
    """Return None: these SDKs ask for no settings on these paths."""
    return None


FAMILY = Sdk(name="sensors", owns=owns, write_key=write_key, decode=decode, answer=answer, setting=setting)


def _verdict(decoded: Decoded) -> Answer:
    reasons = "\n".join(f"{fault.code}: {fault.detail}" for fault in decoded.faults)
    return Answer(400 if reasons else 200, {"content-type": "text/plain; charset=utf-8"}, reasons.encode())


def _read(request: Request) -> Iterator[Record | Fault]:
    try:
        parts = _parts(request)
    except Unreadable as unreadable:
        yield unreadable.fault(body.kept_text(request.body) or request.query)
        return
    for part in parts:
        try:
            entries = _entries(part)
        except Unreadable as unreadable:
            damaged = Unreadable("sensors.crc", f"the text was damaged on its way; {unreadable.detail}")
            yield (damaged if part.is_damaged else unreadable).fault(body.kept_text(part.data))
            continue
        yield from (_record(entry, request.received_at) for entry in entries)


def _parts(request: Request) -> list[_Part]:
    """The texts that carry records: fields of the query or the body, or a body that is JSON or base64 by itself.

    Raises Unreadable.
    """
    if request.method == "GET":
        return _of_form(request.query)
    data = body.inflate(request.body) if request.body.startswith(GZIP_MAGIC) else request.body
    data = data.strip()
    if not data:
        return _of_form(request.query)
    return _of_form(data) if body.looks_like_form(data) or b"&" in data else [_Part(data, None)]


def _of_form(text: bytes | str) -> list[_Part]:
    sent = body.form(text)
    told = [sent[name] for name in ("data", "data_list") if sent.get(name)]
    if not told:
        raise Unreadable("body.empty", "the request carries neither data nor data_list")
    if sent.get("gzip") == _ENCRYPTED_GZIP:
        raise _encrypted()
    crc = _checksum(sent.get("crc") or sent.get("ext", b"").removeprefix(b"crc="))
    return [_Part(each, crc) for each in told]


def _encrypted() -> Unreadable:
    return Unreadable("sensors.encrypted", "the data are encrypted (gzip=9); switch encryption off in the SDK")


def _checksum(said: bytes) -> int | None:
    return int(said) if re.fullmatch(rb"-?[0-9]{1,10}", said) else None


def _entries(part: _Part) -> Sequence[Any]:
    """The entries of a part.  Raises Unreadable."""
    value = body.value_of(part.data)
    if isinstance(value, dict) and {"ekey", "payload"} <= value.keys():
        raise _encrypted()
    return body.entries(value)


def _record(entry: Any, received_at: int) -> Record | Fault:
    try:
        told = fields.filled(body.fitting(entry))
        return _item(told) if _type(told) in _ITEMS else _of_person(told, received_at)
    except Unreadable as unreadable:
        return unreadable.fault(body.written(entry))


def _type(told: dict[str, Any]) -> str:
    said = told.get("type")
    return said if isinstance(said, str) else ""


def _item(told: dict[str, Any]) -> Record:
    """What a thing is: its type and id beside its properties.  Raises Unreadable."""
    item_type, item_id = fields.known_id(told.get("item_type")), fields.known_id(told.get("item_id"))
    if item_type is None or item_id is None:
        raise Unreadable("sensors.no_item", "an item record names no item_type and item_id")
    properties = fields.mapping(told.get("properties"))
    times = fields.times(told.get("time"), None, 0, corrects=False)
    return Record(
        kind=Kind.ITEM,
        message_id=_message_id(told),
        happened_at=times.happened_at,
        told_at=times.told_at,
        properties={**properties, "item_type": item_type, "item_id": item_id},
        change=_ITEMS[_type(told)],
        context=_context(told),
        library=_library(told),
    )


def _of_person(told: dict[str, Any], received_at: int) -> Record:
    """Raises Unreadable."""
    kind = _EVENTS.get(_type(told), Kind.IDENTIFY if _type(told) in _PROFILES else None)
    if kind is None:
        raise Unreadable("sensors.unknown_type", "the record's type is none of 神策's")
    event = _event(told) if kind is not Kind.IDENTIFY else ""
    named = identities(told)
    if not named:
        raise Unreadable("sensors.no_identity", "the record names nobody: no distinct_id and no identity")
    if kind in (Kind.ALIAS, Kind.UNLINK) and len(named) < 2:
        # The SDK has just learnt what it knew already (a login under the same id): somebody is there, nothing is tied.
        kind = Kind.TRACK
    sent_at = fields.moment(told.get("_flush_time"))
    times = fields.times(told.get("time"), sent_at, received_at, corrects=_is_consumers_clock(told))
    properties, traits = _parted(told, kind)
    return Record(
        kind=kind,
        message_id=_message_id(told),
        happened_at=times.happened_at,
        told_at=times.told_at,
        sent_at=times.sent_at,
        skew_ms=times.skew_ms,
        event=event,
        identities=named,
        properties=properties,
        traits=traits,
        change=_PROFILES.get(_type(told), Change.SET),
        context=_context(told),
        library=_library(told),
        historic=told.get("time_free") is True,
    )


def _event(told: dict[str, Any]) -> str:
    name = told.get("event") or _NAMES.get(_type(told))
    if not isinstance(name, str) or not name.strip():
        raise Unreadable("sensors.no_event", "an event has no name")
    return name


def _parted(told: dict[str, Any], kind: Kind) -> tuple[dict[str, Any], dict[str, Any]]:
    """Properties of the event, traits of the person; a trait that is null says nothing, unless it is to be unset."""
    properties = fields.mapping(told.get("properties"))
    if kind is not Kind.IDENTIFY:
        return properties, {}
    if _type(told) == "profile_delete":
        return {}, {}
    is_unset = _type(told) == "profile_unset"
    told_traits = ((name, value) for name, value in properties.items() if name not in _NOT_TRAITS)
    return {}, {name: value for name, value in told_traits if is_unset or value is not None}


def _message_id(told: dict[str, Any]) -> str:
    """`_track_id` is random, but short: it is one id only together with who, when and what."""
    track_id = told.get("_track_id")
    if track_id is None:
        return f"h:{fields.digest(told, _OF_SENDING)}"
    parts = [told.get(name) for name in ("project", "distinct_id", "time", "type", "event")]
    return f"{fields.told(track_id)}:{fields.digest(parts)}"


def _is_consumers_clock(told: dict[str, Any]) -> bool:
    return told.get("time_free") is not True and _library_name(told).casefold() in _CONSUMER_LIBRARIES


def _library_name(told: dict[str, Any]) -> str:
    lib, properties = fields.mapping(told.get("lib")), fields.mapping(told.get("properties"))
    return str(lib.get("$lib") or properties.get("$lib") or "")


def _library(told: dict[str, Any]) -> str:
    lib, properties = fields.mapping(told.get("lib")), fields.mapping(told.get("properties"))
    version = lib.get("$lib_version") or properties.get("$lib_version")
    return f"{_library_name(told)} {version}" if version else _library_name(told)


def _context(told: dict[str, Any]) -> dict[str, Any]:
    """What stands beside the properties."""
    named = ("project", "token", "lib", "$lib", "app_id", "dimension_id")
    return {name: told[name] for name in named if told.get(name) is not None}
