"""GrowingIO: JSON arrays on `/v3/projects/<id>/collect`, often as LZ-string, Snappy or protocol buffers; items beside.

Source: recorded traffic of growingio-tracker 1.0.5, of the Web SDK 4.3.1 and of the mini-program SDK 4.6.0; field
numbers from `event_v3.proto` of growingio-tracker.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any
from urllib.parse import unquote

from quanyu.collect import body, fields, lzstring, protobuf, snappy
from quanyu.collect.body import GZIP_MAGIC, Unreadable
from quanyu.collect.fields import Sdk, distinct, identity
from quanyu.collect.record import Answer, Change, Decoded, Fault, Identity, Kind, Record, Request

_COLLECT = re.compile(r"/{1,2}v3/projects/([^/]{1,200})/collect/?")
_ITEMS = re.compile(r"/{1,2}projects/([^/]{1,200})/collect/item/?")

_PERSON_TYPES = ("LOGIN_USER_ATTRIBUTES", "VISITOR_ATTRIBUTES")
# What a retailer may name the type of its user ids (`userKey`); every other name is a member's id.
_USER_KEYS = {
    **dict.fromkeys(("mobile", "phone", "phone_number", "手机号"), "mobile"),
    **dict.fromkeys(("email", "mail", "邮箱"), "email"),
    **dict.fromkeys(("unionid", "union_id", "wx_unionid"), "unionid"),
    **dict.fromkeys(("openid", "open_id", "wx_openid"), "openid"),
    "external_userid": "external_userid",
}
_NOT_CONTEXT = frozenset(("eventType", "eventName", "timestamp", "userId", "userKey", "deviceId", "attributes"))
_OF_SENDING = ("sendTime", "stm")
# Characters; LZ-string opens slowly, and a request of these SDKs holds a few hundred events.
_LONGEST_LZ = 4_000_000
_SERVER_PLATFORMS = frozenset(("python", "java", "php", "go", "nodejs", "server"))

# `event_v3.proto`: fields that are text, whole numbers or coordinates, by number.
_EVENT_FIELDS = {
    **{1: "deviceId", 2: "userId", 3: "gioId", 4: "sessionId", 5: "dataSourceId", 7: "platform", 8: "timestamp"},
    **{9: "domain", 10: "path", 11: "query", 12: "title", 13: "referralPage", 14: "globalSequenceId"},
    **{15: "eventSequenceId", 16: "screenHeight", 17: "screenWidth", 18: "language", 19: "sdkVersion"},
    **{20: "appVersion", 22: "eventName", 23: "pageShowTimestamp", 26: "protocolType", 27: "textValue", 28: "xpath"},
    **{29: "index", 30: "hyperlink", 31: "urlScheme", 32: "appState", 33: "networkState", 34: "appChannel"},
    **{35: "pageName", 36: "platformVersion", 37: "deviceBrand", 38: "deviceModel", 39: "deviceType"},
    **{40: "operatingSystem", 42: "appName", 44: "latitude", 45: "longitude", 46: "imei", 47: "androidId"},
    **{48: "oaid", 49: "googleAdvertisingId", 50: "idfa", 51: "idfv", 52: "orientation", 53: "projectKey"},
    **{54: "sendTime", 55: "userKey"},
}
_EVENT_MAPS = {21: "extraSdk", 24: "attributes"}
_EVENT_TYPE, _RESOURCE_ITEM = 6, 25
_EVENT_TYPES = (
    *("VISIT", "CUSTOM", "VISITOR_ATTRIBUTES", "LOGIN_USER_ATTRIBUTES", "CONVERSION_VARIABLES", "APP_CLOSED", "PAGE"),
    *("PAGE_ATTRIBUTES", "VIEW_CLICK", "VIEW_CHANGE", "FORM_SUBMIT"),
)
_ITEM_FIELDS = {1: "id", 2: "key", 4: "dataSourceId", 5: "projectKey"}
_ITEM_MAPS = {3: "attributes"}
# Number of the repeated field in EventV3List and ItemDtoList.
_EVENT_VALUES, _ITEM_VALUES = 1, 2


def owns(method: str, path: str) -> bool:
    """Return whether the path is a project's `collect` (GET, POST) or `collect/item` (POST)."""
    if method == "POST" and _ITEMS.fullmatch(path):
        return True
    return method in ("GET", "POST") and _COLLECT.fullmatch(path) is not None


def write_key(request: Request) -> str | None:
    """Return the project's id in the path (the records' `dataSourceId` may be inside compressed data)."""
    found = _COLLECT.fullmatch(request.path) or _ITEMS.fullmatch(request.path)
    return None if found is None else fields.known_id(unquote(found[1]))


def decode(request: Request) -> Decoded:
    """Return the records of the array; data cut off by a raw "#", or in no known form, are one fault."""
    try:
        entries = _entries(request)
    except Unreadable as unreadable:
        text = body.kept_text(request.body) or request.query
        return Decoded(faults=(unreadable.fault(text),))
    found = list(_read(entries, request))
    return Decoded(
        records=tuple(one for one in found if isinstance(one, Record)),
        faults=tuple(one for one in found if isinstance(one, Fault)),
    )


def answer(request: Request) -> Answer:
    """Return 204 without a body: the Web SDK sends everything again on any other status."""
    return Answer(status=204)


def setting(request: Request, write_key: str) -> Answer | None:
    """Return None: these SDKs ask for no settings on these paths."""
    return None


FAMILY = Sdk(name="growingio", owns=owns, write_key=write_key, decode=decode, answer=answer, setting=setting)


def _is_items(request: Request) -> bool:
    return _ITEMS.fullmatch(request.path) is not None


def _entries(request: Request) -> Sequence[Any]:
    """The entries the request carries.  Raises Unreadable."""
    query, _, in_address = _cut(request.query)
    options = body.form(query)
    if request.method == "GET" or not request.body:
        if not in_address:
            raise Unreadable("body.empty", "the request carries no data")
        return _of_text(in_address, options)
    data = body.inflate(request.body) if request.body.startswith(GZIP_MAGIC) else request.body
    if data.startswith(b"data="):
        return _of_text(body.kept_text(data).removeprefix("data="), options)
    if data[:1] not in (b"[", b"{") and "protobuf" in request.headers.get("content-type", "").casefold():
        return _of_protobuf(data, is_items=_is_items(request))
    return body.entries(body.from_json(_expanded(data, request, options)))


def _cut(query: str) -> tuple[str, str, str]:
    """A query's part before `data=` and the rest as it stands: JSON in it has raw "&" and "="."""
    if query.startswith("data="):
        return "", "data=", query.removeprefix("data=")
    return query.partition("&data=")


def _of_text(text: str, options: dict[str, bytes]) -> Sequence[Any]:
    """Entries of `data=`: JSON as it is, or LZ-string's address-safe form (`compress=11`).  Raises Unreadable."""
    if options.get("compress") == b"11":
        return body.entries(body.from_json(_lz(partial(lzstring.from_uri, unquote(text.partition("&")[0])))))
    try:
        return body.entries(body.from_json(unquote(text).encode()))
    except Unreadable as unreadable:
        if unreadable.code != "body.not_json":
            raise
        cut = (
            "the data are no JSON; a raw # in a value makes the browser cut them off: switch compression on in the SDK"
        )
        raise Unreadable("growingio.cut_off", cut) from None


def _expanded(data: bytes, request: Request, options: dict[str, bytes]) -> bytes:
    """The JSON of a POST's body.  Raises Unreadable."""
    data = _uncrypted(data, request, options)
    codec = request.headers.get("x-compress-codec", "").strip()
    if codec == "2":
        try:
            return snappy.decompressed(data, body.LIMITS.inflated_bytes)
        except snappy.SnappyError as error:
            raise Unreadable("growingio.bad_snappy", str(error)) from None
    if body.looks_like_json(data):
        return data
    if codec == "1":
        try:
            return _lz(partial(lzstring.from_utf16, data.decode()))
        except UnicodeDecodeError:
            raise Unreadable("growingio.bad_lzstring", "the body is no text") from None
    if options.get("compress") in (b"1", b"11"):
        return _lz(partial(lzstring.from_uint8, data))
    return data


def _uncrypted(data: bytes, request: Request, options: dict[str, bytes]) -> bytes:
    """With `X-Crypt-Codec: 1` every byte is XORed with the last byte of the send time `stm`."""
    if request.headers.get("x-crypt-codec", "").strip() != "1":
        return data
    stm = options.get("stm", b"")
    if not re.fullmatch(rb"[0-9]{1,20}", stm):
        raise Unreadable("growingio.no_stm", "the body is crypted, but the query has no stm to read it with")
    key = int(stm) & 0xFF
    return data.translate(bytes(byte ^ key for byte in range(256)))


def _lz(expand: Callable[[int], str]) -> bytes:
    try:
        return expand(_LONGEST_LZ).encode()
    except lzstring.LzStringError as error:
        raise Unreadable("growingio.bad_lzstring", str(error)) from None


def _read(entries: Sequence[Any], request: Request) -> Iterator[Record | Fault]:
    is_items = _is_items(request)
    stm = fields.milliseconds(body.form(_cut(request.query)[0]).get("stm", b"").decode("utf-8", "replace"))
    for entry in entries:
        try:
            plain = _item_of(entry) if is_items else _event_of(entry)
            told = body.fitting(plain)
            yield _item(told, stm) if is_items else _record(told, stm, request.received_at)
        except Unreadable as unreadable:
            text = body.kept_text(entry) if isinstance(entry, bytes) else body.written(entry)
            yield unreadable.fault(text)


def _item(told: dict[str, Any], stm: int | None) -> Record:
    """Raises Unreadable."""
    key, item_id = fields.known_id(told.get("key")), fields.known_id(told.get("id"))
    if key is None or item_id is None:
        raise Unreadable("growingio.no_item", "an item names no key and id")
    return Record(
        kind=Kind.ITEM,
        message_id=f"h:{fields.digest(told, _OF_SENDING)}",
        happened_at=None,
        sent_at=stm,
        properties={**fields.mapping(told.get("attributes")), "item_type": key, "item_id": item_id},
        context={name: value for name, value in told.items() if name not in ("key", "id", "attributes")},
    )


def _record(told: dict[str, Any], stm: int | None, received_at: int) -> Record:
    """Raises Unreadable."""
    is_person = told.get("eventType") in _PERSON_TYPES
    event = "" if is_person else _event(told)
    identities = distinct((_user(told), identity("device", told.get("deviceId"))))
    if not identities:
        raise Unreadable("growingio.no_identity", "the record names nobody: no userId and no deviceId")
    attributes = fields.mapping(told.get("attributes"))
    sent_at = stm or fields.milliseconds(told.get("sendTime"))
    corrects = stm is not None and str(told.get("platform")).casefold() not in _SERVER_PLATFORMS
    times = fields.times(told.get("timestamp"), sent_at, received_at, corrects=corrects)
    return Record(
        kind=Kind.IDENTIFY if is_person else Kind.TRACK,
        message_id=_message_id(told),
        happened_at=times.happened_at,
        told_at=times.told_at,
        sent_at=times.sent_at,
        skew_ms=times.skew_ms,
        event=event,
        identities=identities,
        properties={} if is_person else attributes,
        traits=attributes if is_person else {},
        change=Change.SET,
        context=_context(told),
        library=f"{told.get('platform') or ''} {told.get('sdkVersion') or ''}".strip(),
    )


def _event(told: dict[str, Any]) -> str:
    """The event's own name; events the SDK takes by itself (PAGE, VISIT, VIEW_CLICK) have only a type."""
    name, event_type = told.get("eventName"), told.get("eventType")
    said = name or (event_type if event_type != "CUSTOM" else None)
    if not isinstance(said, str) or not said.strip():
        raise Unreadable("growingio.no_event", "the record names no event")
    return said


def _user(told: dict[str, Any]) -> Identity | None:
    """The logged-in user; `userKey` says what kind of id it is where the retailer has several."""
    key = told.get("userKey")
    id_type = _USER_KEYS.get(key.strip().casefold(), "member_id") if isinstance(key, str) else "member_id"
    return identity(id_type, told.get("userId"))


def _message_id(told: dict[str, Any]) -> str:
    """Web and mini-program number their events in a session; elsewhere a record is known by all it says."""
    parts = [told.get(name) for name in ("deviceId", "sessionId", "eventSequenceId")]
    if any(part is None for part in parts):
        return f"h:{fields.digest(told, _OF_SENDING)}"
    return f"{told['eventSequenceId']}:{fields.digest([*parts, told.get('eventType'), told.get('timestamp')])}"


def _context(told: dict[str, Any]) -> dict[str, Any]:
    """Everything beside who, what and when; with the page's address where the record has its parts."""
    context = {name: value for name, value in told.items() if name not in _NOT_CONTEXT and value is not None}
    domain, path, query = (told.get(name) or "" for name in ("domain", "path", "query"))
    if str(told.get("platform")).casefold() == "web" and domain:
        scheme = f"{told['protocolType']}:" if told.get("protocolType") else ""
        context["url"] = f"{scheme}//{domain}{path}" + (f"?{query}" if query else "")
    return context


def _of_protobuf(data: bytes, *, is_items: bool) -> Sequence[Any]:
    """The messages of a list, still as bytes.  Raises Unreadable."""
    values = _ITEM_VALUES if is_items else _EVENT_VALUES
    try:
        found = [value for number, value in protobuf.fields(data) if number == values and isinstance(value, bytes)]
    except protobuf.ProtobufError as error:
        raise _bad_protobuf(error) from None
    if not found:
        raise Unreadable("growingio.bad_protobuf", "the protocol buffer holds no entries")
    return body.entries(found)


def _bad_protobuf(error: Exception) -> Unreadable:
    return Unreadable("growingio.bad_protobuf", f"the protocol buffer cannot be read: {error}")


def _event_of(entry: Any) -> Any:
    """An event's message as the JSON form has it; anything but bytes as it is.  Raises Unreadable."""
    if not isinstance(entry, bytes):
        return entry
    # A number of 0 is not written, and VISIT is 0.
    told: dict[str, Any] = {"eventType": _EVENT_TYPES[0]}
    for number, value in _fields(entry):
        if number == _EVENT_TYPE:
            told["eventType"] = _EVENT_TYPES[value] if value in range(len(_EVENT_TYPES)) else f"EVENT_TYPE_{value}"
        elif number == _RESOURCE_ITEM and isinstance(value, bytes):
            told["resourceItem"] = _item_of(value)
        else:
            _put(told, number, value, _EVENT_FIELDS, _EVENT_MAPS)
    return told


def _item_of(entry: Any) -> Any:
    """An item's message as the JSON form has it; anything but bytes as it is.  Raises Unreadable."""
    if not isinstance(entry, bytes):
        return entry
    told: dict[str, Any] = {}
    for number, value in _fields(entry):
        _put(told, number, value, _ITEM_FIELDS, _ITEM_MAPS)
    return told


def _put(told: dict[str, Any], number: int, value: Any, names: dict[int, str], maps: dict[int, str]) -> None:
    """Put a field under its name; entries of a map are messages of key (1) and value (2)."""
    if number in maps:
        pair = dict(_fields(value)) if isinstance(value, bytes) else {}
        told.setdefault(maps[number], {})[str(_text(pair.get(1, b"")))] = _text(pair.get(2, b""))
    elif number in names:
        told[names[number]] = _text(value)


def _text(value: Any) -> Any:
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise _bad_protobuf(error) from None


def _fields(message: bytes) -> list[tuple[int, Any]]:
    try:
        return list(protobuf.fields(message))
    except protobuf.ProtobufError as error:
        raise _bad_protobuf(error) from None
