"""Segment: analytics-python, analytics-node, analytics.js and the HTTP API; RudderStack's servers share its path.

`POST /v1/batch` is Segment's and RudderStack's alike, so `decode_messages` reads both: RudderStack has the time of a
message in `originalTimestamp` (Web, and Node when its caller says none) and the traits of `identify` in
`context.traits`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

import msgspec

from quanyu.collect.body import LIMITS, Unreadable, entries, fitting, kept_text, part_of, value_of, written
from quanyu.collect.fields import (
    Sdk,
    Times,
    basic_user,
    distinct,
    identity,
    is_uuid,
    known_id,
    mapping,
    message_id,
    moment,
    of_traits,
    said,
    times,
)
from quanyu.collect.record import Answer, Decoded, Fault, Identity, Kind, Record, Request

# The Web SDK sends each message to a path of one letter, a batch to /b.
_TYPE_OF_PATH = {
    **{"t": "track", "i": "identify", "p": "page", "s": "screen", "g": "group", "a": "alias"},
    **{name: name for name in ("track", "identify", "page", "screen", "group", "alias")},
}
_LETTERS = frozenset(f"/v1/{letter}" for letter in (*"tipsga", "b", "batch", "import"))
_SETTINGS = re.compile(r"/v1/projects/([^/]{1,200})/settings")
# Differ from one try to the next, so they are no part of what a message says.
SEND_FIELDS = ("sentAt", "receivedAt", "_metadata", "writeKey")
_CLIENT_LIBRARIES = re.compile(
    r"analytics\.js|analytics-(ios|android|kotlin|swift|react-native|flutter|next)|javascript|rudder-?(ios|android)"
    r"|rudder-(sdk-)?(react-native|flutter)|analytics-flutter|android|ios|swift|kotlin",
    re.IGNORECASE,
)
OK_JSON = Answer(200, {"content-type": "application/json"}, b'{"success":true}')
_READ_ONLY_METHODS = ("GET", "HEAD")


class _Keyed(msgspec.Struct):
    """The part of a body that names the key; the rest is not built."""

    writeKey: str | None = None


_KEY = msgspec.json.Decoder(_Keyed)


def owns(method: str, path: str) -> bool:
    """Return whether a request of this method and path is Segment's."""
    if method in _READ_ONLY_METHODS:
        return _SETTINGS.fullmatch(path) is not None
    return method == "POST" and path.rstrip("/") in _LETTERS


def write_key(request: Request) -> str | None:
    """Return the key: of Basic auth, the settings' path, `?writeKey=` or the body; None without one."""
    settings = _SETTINGS.fullmatch(request.path)
    if settings is not None:
        return unquote(settings[1])
    queried = parse_qs(request.query).get("writeKey", [""])[0]
    if key := basic_user(request.headers) or queried:
        return key
    keyed = part_of(request.body, _KEY)
    return None if keyed is None else keyed.writeKey or None


def decode(request: Request) -> Decoded:
    """Return the messages of a request as records; every message is a record, a fault, or an alias of one with itself.

    An alias whose two ids are equal (the Web SDK sends it after `identify`) says nothing and gives nothing.
    """
    return decode_messages(request, said_type=_TYPE_OF_PATH.get(request.path.rstrip("/").rpartition("/")[2]))


def answer(request: Request) -> Answer:
    """Return 200: RudderStack's Python SDK, which has the same path, takes any other 2xx for a failure."""
    return OK_JSON


def setting(request: Request, write_key: str) -> Answer | None:
    """Return the least settings with which the Web SDK starts, or None for other requests.

    The host is what the request was sent to, so that a page needs no more than its CDN setting.
    """
    if request.method not in _READ_ONLY_METHODS or not _SETTINGS.fullmatch(request.path):
        return None
    host = request.headers.get("host")
    protocol = "http" if request.headers.get("x-forwarded-proto") == "http" else "https"
    destination = {"apiKey": write_key, "apiHost": f"{host}/v1", "protocol": protocol}
    # Without a host the SDK would send to its vendor.
    integrations = {"Segment.io": destination} if host else {}
    document = {"integrations": integrations, "plan": {}, "edgeFunction": {}, "remotePlugins": []}
    return Answer(200, {"content-type": "application/json"}, msgspec.json.encode(document))


FAMILY = Sdk("segment", owns, write_key, decode, answer, setting)


def decode_messages(request: Request, said_type: str | None) -> Decoded:
    """Return the messages of a body of Segment's or RudderStack's form; `said_type` is their type if they say none."""
    try:
        body = value_of(request.body)
        messages = entries(body["batch"] if isinstance(body, dict) and "batch" in body else body)
    except Unreadable as refused:
        return Decoded(faults=(refused.fault(kept_text(request.body)),))
    envelope = mapping(body) if isinstance(body, dict) and "batch" in body else {}
    records: list[Record] = []
    faults: list[Fault] = []
    for message in messages:
        try:
            records.extend(_records(fitting(message, LIMITS), envelope, request, said_type))
        except Unreadable as refused:
            faults.append(refused.fault(written(message)))
    return Decoded(tuple(records), tuple(faults))


def _records(
    message: dict[str, Any], envelope: dict[str, Any], request: Request, said_type: str | None
) -> Iterator[Record]:
    """One record; none for an alias of an id with itself."""
    kind = said(message.get("type")) or said_type
    read = _READERS.get((kind or "").casefold())
    if read is None:
        code = "record.no_type" if kind is None else "record.unknown_type"
        raise Unreadable(code, "a message's type is none of track, page, screen, identify, group, alias")
    told = read(message)
    if told.get("kind") is Kind.ALIAS and len(told["identities"]) < 2:
        return
    context = {**mapping(envelope.get("context")), **mapping(message.get("context"))}
    if channel := said(message.get("channel")):
        context.setdefault("channel", channel)
    library = mapping(context.get("library"))
    when = _times(message, envelope, request, is_client=_is_client(message, library))
    yield Record(
        **{"identities": _identities(message), **told},
        message_id=message_id(message.get("messageId"), message, SEND_FIELDS),
        happened_at=when.happened_at,
        told_at=when.told_at,
        sent_at=when.sent_at,
        skew_ms=when.skew_ms,
        context=context,
        library=" ".join(part for part in (said(library.get("name")), said(library.get("version"))) if part),
        historic=request.path.startswith("/v1/import"),
    )


def _times(message: dict[str, Any], envelope: dict[str, Any], request: Request, *, is_client: bool) -> Times:
    """A browser or phone of RudderStack says the event's time as `originalTimestamp`, all others as `timestamp`.

    RudderStack Node has both: `originalTimestamp` is the moment of the call, `timestamp` the past time its caller says.
    """
    names = ("originalTimestamp", "timestamp") if is_client else ("timestamp", "originalTimestamp")
    told = next((message[name] for name in names if message.get(name)), None)
    # A beacon and a header carry the moment of sending where a single message does not.
    sent = (envelope.get("sentAt"), message.get("sentAt"), request.headers.get("sentat"))
    sent_at = next(filter(None, map(moment, sent)), None)
    return times(told, sent_at, request.received_at, corrects=is_client)


def _is_client(message: dict[str, Any], library: Mapping[str, Any]) -> bool:
    """Whether a browser's or a phone's clock told the time: only those are set right."""
    channel = message.get("channel")
    if channel in ("server", "sources"):
        return False
    return channel in ("web", "browser", "mobile") or bool(_CLIENT_LIBRARIES.search(said(library.get("name")) or ""))


def _own(message: dict[str, Any]) -> tuple[Identity, ...]:
    return distinct((identity("member_id", message.get("userId")), identity("device", message.get("anonymousId"))))


def _identities(message: dict[str, Any]) -> tuple[Identity, ...]:
    traits = {**_context_traits(message), **mapping(message.get("traits"))}
    return distinct((*_own(message), *of_traits(traits)))


def _context_traits(message: dict[str, Any]) -> dict[str, Any]:
    return mapping(mapping(message.get("context")).get("traits"))


def _track(message: dict[str, Any]) -> dict[str, Any]:
    event = said(message.get("event"))
    if event is None:
        raise Unreadable("record.no_event", "a track message names no event")
    return {"kind": Kind.TRACK, "event": event, "properties": mapping(message.get("properties"))}


def _view(message: dict[str, Any], event: str) -> dict[str, Any]:
    """A page or screen; its `name` and `category` are not a product's, so they get names of their own."""
    told = dict(mapping(message.get("properties")))
    inner = {part: told.pop(part, None) for part in ("name", "category")}
    named = {f"{event}_{part}": value for part in inner if (value := message.get(part) or inner[part]) is not None}
    return {"kind": Kind.TRACK, "event": event, "properties": named | told}


def _page(message: dict[str, Any]) -> dict[str, Any]:
    return _view(message, "page")


def _screen(message: dict[str, Any]) -> dict[str, Any]:
    return _view(message, "screen")


def _identify(message: dict[str, Any]) -> dict[str, Any]:
    identities = _identities(message)
    if not identities:
        raise Unreadable("record.no_identity", "an identify message names nobody")
    traits = {**_context_traits(message), **mapping(message.get("traits"))}
    return {"kind": Kind.IDENTIFY, "traits": traits, "identities": identities}


def _group(message: dict[str, Any]) -> dict[str, Any]:
    """The traits are the group's: no address or number in them is the person's."""
    group = known_id(message.get("groupId"))
    if group is None:
        raise Unreadable("record.no_group", "a group message names no group")
    traits = {**_context_traits(message), **mapping(message.get("traits"))}
    return {"kind": Kind.GROUP, "properties": {"group_id": group, "traits": traits}, "identities": _own(message)}


def _alias(message: dict[str, Any]) -> dict[str, Any]:
    """An undirected link; a UUID, or what is the anonymous id, is the previous id of a device, all else of a member."""
    new = known_id(message.get("userId")) or known_id(message.get("to"))
    previous = known_id(message.get("previousId")) or known_id(message.get("from"))
    anonymous = known_id(message.get("anonymousId"))
    if previous is None:
        previous = anonymous
    if new is None or previous is None:
        raise Unreadable("alias.incomplete", "an alias does not name two ids")
    if new == previous:
        return {"kind": Kind.ALIAS, "identities": ()}
    is_device = previous == anonymous or is_uuid(previous)
    older = Identity("device" if is_device else "member_id", previous)
    return {"kind": Kind.ALIAS, "identities": (older, Identity("member_id", new))}


_READERS = {
    "track": _track,
    "page": _page,
    "screen": _screen,
    "identify": _identify,
    "group": _group,
    "alias": _alias,
}
