"""The pieces that records are made of: identifiers, times, ids of messages; the same for every family."""

import base64
import binascii
import hashlib
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

import msgspec

from quanyu.collect.body import Unreadable, written
from quanyu.collect.record import Answer, Decoded, Identity, Request

# Below this a sender's clock is as good as the time the request took.
SKEW_TOLERATED_MS = 300_000
# 1973-03-03 to 2100-01-01; what lies outside is no time of an event.
EARLIEST_MS, LATEST_MS = 100_000_000_000, 4_102_444_800_000
# Numbers below are seconds: as milliseconds they would all lie before 1973.
_SECONDS_BELOW = 100_000_000_000
_NUMBER = re.compile(r"\d{9,16}(\.\d{1,9})?")

_NO_VALUE = "未取到值"
_NOBODY = frozenset(
    (
        *("", "0", "-1", "null", "undefined", "none", "nil", "nan", "true", "false", "unknown", "anonymous", "guest"),
        *("[object object]", "00000000-0000-0000-0000-000000000000", "未登录", "游客", "匿名", "无", "空"),
    )
)
_LONGEST_ID = 512
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

# Traits that are identifiers themselves, by the names senders give them.
TRAIT_TYPES = {
    "mobile": ("mobile", "phone", "phone_number", "phoneNumber", "mobile_phone"),
    "email": ("email",),
    "unionid": ("unionid", "unionId", "union_id"),
    "openid": ("openid", "openId", "open_id"),
}

_HASHED = msgspec.json.Encoder(order="sorted", enc_hook=str)


@dataclass(frozen=True, slots=True)
class Sdk:
    """A family made of a module's functions; what each gives is said at `record.Family`."""

    name: str
    owns: Callable[[str, str], bool]
    write_key: Callable[[Request], str | None]
    decode: Callable[[Request], Decoded]
    answer: Callable[[Request], Answer]
    setting: Callable[[Request, str], Answer | None]


@dataclass(frozen=True, slots=True)
class Times:
    """The times of a record: corrected, as the sender told it, when it was sent, what its clock was behind ours."""

    happened_at: int | None
    told_at: str | None
    sent_at: int | None
    skew_ms: int = 0


def mapping(value: Any) -> dict[str, Any]:
    """Return an object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def said(value: Any) -> str | None:
    """Return a text without outer blanks; None for an empty one and for anything that is no text."""
    return (value.strip() or None) if isinstance(value, str) else None


def known_id(value: Any) -> str | None:
    """Return an identifier's text, or None for what stands for nobody (empty, "null", 0, the zero UUID, 未取到值…).

    RudderStack Web sends `userId: ""` for every anonymous visitor: taken as an id, all of them were one person.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    if isinstance(value, int) and value.bit_length() > 256:
        return None
    text = str(value).strip()
    nobody = text.casefold() in _NOBODY or text.startswith(_NO_VALUE) or len(text) > _LONGEST_ID
    return None if nobody else text


def identity(id_type: str, value: Any, namespace: str | None = None) -> Identity | None:
    """Return the identity of a value, or None when it stands for nobody."""
    text = known_id(value)
    return None if text is None else Identity(id_type, text, namespace)


def distinct(identities: Iterable[Identity | None]) -> tuple[Identity, ...]:
    """Return the identities in their order, each once, without the missing ones."""
    return tuple(dict.fromkeys(identity for identity in identities if identity is not None))


def of_traits(traits: Mapping[str, Any]) -> tuple[Identity, ...]:
    """Return the identities that traits name: mobile, email, unionid, openid; the first of each type."""
    found = []
    for id_type, names in TRAIT_TYPES.items():
        found.append(next(filter(None, (identity(id_type, traits.get(name)) for name in names)), None))
    return distinct(found)


def is_uuid(value: str) -> bool:
    """Return whether an identifier is written as a UUID, as the ids that SDKs give to devices are."""
    return _UUID.fullmatch(value) is not None


def filled(value: Any) -> Any:
    """Return a value with 神策's fills for "no value" (未取到值…) as None, also inside objects and lists."""
    if isinstance(value, str):
        return None if value.startswith(_NO_VALUE) else value
    if isinstance(value, dict):
        return {key: filled(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner) for inner in value]
    return value


def milliseconds(value: Any) -> int | None:
    """Return a time in ms since 1970 (UTC) from ms or s, as number or digits; None when it is no time of an event."""
    if isinstance(value, str):
        value = float(value) if _NUMBER.fullmatch(value.strip()) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int) and value.bit_length() > 64:
        return None
    if not math.isfinite(value):
        return None
    scaled = round(value * 1_000) if 0 < value < _SECONDS_BELOW else round(value)
    return scaled if EARLIEST_MS <= scaled <= LATEST_MS else None


def moment(value: Any, zone: tzinfo = UTC) -> int | None:
    """Return a time in ms since 1970 (UTC) from ISO 8601, ms or s; None when it is no time of an event.

    An ISO time without a zone is read in `zone`.
    """
    number = milliseconds(value)
    if number is not None or not isinstance(value, str):
        return number
    try:
        told = datetime.fromisoformat(value.strip())
        aware = told if told.tzinfo is not None else told.replace(tzinfo=zone)
        instant = math.floor(aware.timestamp() * 1_000 + 0.5)
    except (ValueError, OverflowError):
        return None
    return instant if EARLIEST_MS <= instant <= LATEST_MS else None


def told(value: Any) -> str | None:
    """Return the sender's own text of a time; None when there is none."""
    return None if value is None or value == "" else value if isinstance(value, str) else written(value)


def happened(value: Any, zone: tzinfo = UTC) -> int | None:
    """Return when something happened in ms (UTC), None when the sender did not say.

    Raises Unreadable: time.unreadable – a time that is told and cannot be read is not replaced by another.
    """
    if told(value) is None:
        return None
    instant = moment(value, zone)
    if instant is None:
        raise Unreadable("time.unreadable", "the time is no ISO 8601 text, no milliseconds and no seconds since 1970")
    return instant


def skew(sent_at: int | None, received_at: int, tolerated_ms: int = SKEW_TOLERATED_MS) -> int:
    """Return by how many ms the sender's clock is behind ours; 0 when within what is tolerated or not known."""
    if sent_at is None or abs(received_at - sent_at) <= tolerated_ms:
        return 0
    return received_at - sent_at


def times(value: Any, sent_at: int | None, received_at: int, *, corrects: bool) -> Times:
    """Return the times of a record told as `value`; with `corrects` the sender's clock is set right by `sent_at`.

    Corrected = received − (sent − told), only beyond the tolerated skew.  Only browsers' and phones' clocks are to be
    corrected: the caller of a server's SDK says a past time on purpose.  Raises Unreadable: time.unreadable.
    """
    instant = happened(value)
    behind = skew(sent_at, received_at) if corrects and instant is not None else 0
    corrected = None if instant is None else instant + behind
    return Times(corrected, told(value), sent_at, behind)


def digest(value: Any, without: Iterable[str] = ()) -> str:
    """Return the SHA-256 (hex) of a value's canonical JSON, without the named fields of its first level."""
    left = frozenset(without)
    kept = {key: inner for key, inner in value.items() if key not in left} if isinstance(value, Mapping) else value
    return hashlib.sha256(_HASHED.encode(kept)).hexdigest()


def message_id(given: Any, record: Mapping[str, Any], send_fields: Iterable[str] = ()) -> str:
    """Return the sender's id of a message, else "h:" and the hash of the record without its send-time fields."""
    return known_id(given) or "h:" + digest(record, send_fields)


def basic_user(headers: Mapping[str, str]) -> str | None:
    """Return the user name of `Authorization: Basic`, where SDKs put their key; None when there is none."""
    scheme, _, code = headers.get("authorization", "").partition(" ")
    if scheme.casefold() != "basic":
        return None
    try:
        pair = base64.b64decode(code.strip() + "==", validate=False).decode()
    except (binascii.Error, ValueError):
        return None
    return pair.partition(":")[0] or None


def bearer(headers: Mapping[str, str]) -> str | None:
    """Return the token of `Authorization: Bearer`; None when there is none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return (token.strip() or None) if scheme.casefold() == "bearer" else None
