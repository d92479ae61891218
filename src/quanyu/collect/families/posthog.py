"""PostHog: capture, batch and "capture v1" of its Python, Node, mobile and Web SDKs, with the settings Web asks for.

The Web SDK sends gzip as text/plain and says so nowhere; Python's and Node's aliases run in opposite directions, so an
alias is an undirected link.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs

import msgspec

from quanyu.collect.body import Limits, Unreadable, entries, fitting, form, kept_text, part_of, value_of, written
from quanyu.collect.fields import (
    Sdk,
    Times,
    bearer,
    distinct,
    happened,
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
from quanyu.collect.record import Answer, Change, Decoded, Fault, Identity, Kind, Record, Request

_V1 = "/i/v1/analytics/events"
_POSTS = frozenset(("/batch", "/e", "/capture", "/i/v0/e", _V1))
_FLAGS = frozenset(("/flags", "/decide"))
_CONFIG = re.compile(r"/array/([A-Za-z0-9_-]{1,200})/config(\.js)?")
# Its Python SDK closes a batch at 5 MiB and one event more of up to 900 KiB.
LIMITS = Limits(body_bytes=6_500_000)
_JSON = {"content-type": "application/json"}
_STORED = Answer(200, _JSON, b'{"status":"Ok"}')
# An empty map of results: every event is well.
_STORED_V1 = Answer(200, _JSON, b'{"results":{}}')
# Without the compressions named the Web SDK sends plain JSON, with a preflight each.
_SETTINGS: dict[str, Any] = {"supportedCompression": ["gzip", "gzip-js"], "hasFeatureFlags": False}
_NO_FLAGS = {**_SETTINGS, "flags": {}, "featureFlags": {}, "errorsWhileComputingFlags": False}

_SEND_FIELDS = ("sent_at", "offset", "api_key", "token")
_OF_PERSON = ("$set", "$set_once", "$unset")
_NOT_PROPERTIES = frozenset((*_OF_PERSON, "token", "distinct_id"))
_CLIENT_LIBRARIES = re.compile(r"web|js|ios|android|react-native|flutter", re.IGNORECASE)
_SERVER_LIBRARIES = re.compile(r"node|server|python|php|ruby|go\b|java\b|elixir|rust|dotnet", re.IGNORECASE)
# The Web and mobile SDKs give their visitors UUIDs of version 7, which no member numbers are.
_DEVICE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_TOP_CONTEXT = ("session_id", "window_id")


class _Token(msgspec.Struct):
    """Where an event on its own names the project."""

    token: str | None = None


class _Keyed(msgspec.Struct):
    """The part of a body that names the project; the rest is not built."""

    api_key: str | None = None
    token: str | None = None
    properties: _Token | None = None


_KEY = msgspec.json.Decoder(_Keyed | list[_Keyed])


def owns(method: str, path: str) -> bool:
    """Return whether a request of this method and path is PostHog's."""
    bare = path.rstrip("/")
    if bare in _FLAGS:
        return method in ("GET", "POST")
    if method in ("GET", "HEAD"):
        return _CONFIG.fullmatch(path) is not None or (method == "GET" and bare == "/e")
    return method == "POST" and bare in _POSTS


def write_key(request: Request) -> str | None:
    """Return the project's key: of the settings' path, `Authorization: Bearer` or the body; None without one."""
    settings = _CONFIG.fullmatch(request.path)
    if settings is not None:
        return settings[1]
    if token := bearer(request.headers):
        return token
    keyed = part_of(_body(request), _KEY, LIMITS)
    first = (keyed[0] if keyed else None) if isinstance(keyed, list) else keyed
    if first is None:
        return None
    return first.api_key or first.token or (first.properties.token if first.properties else None) or None


def _body(request: Request) -> bytes:
    """What older Web SDKs send as an image stands in the query."""
    return form(request.query).get("data", b"") if request.method == "GET" else request.body


def decode(request: Request) -> Decoded:
    """Return the events of a request as records; every event is one or more records, a fault, or a link with itself.

    `$set` and `$set_once` of one event are two records, the second with ":set_once" behind its id.
    """
    try:
        body = value_of(_body(request), LIMITS)
        events = entries(body["batch"] if isinstance(body, dict) and "batch" in body else body, LIMITS)
    except Unreadable as refused:
        return Decoded(faults=(refused.fault(kept_text(_body(request))),))
    envelope = mapping(body)
    records: list[Record] = []
    faults: list[Fault] = []
    for event in events:
        try:
            records.extend(_records(fitting(event, LIMITS), envelope, request))
        except Unreadable as refused:
            faults.append(refused.fault(written(event)))
    return Decoded(tuple(records), tuple(faults))


def answer(request: Request) -> Answer:
    """Return 200: the Python SDK sends again after any other status; v1 hears an empty map of results."""
    return _STORED_V1 if request.path.rstrip("/") == _V1 else _STORED


def setting(request: Request, write_key: str) -> Answer | None:
    """Return the least configuration with which the Web SDK starts, and no flags; None for other requests."""
    if request.path.rstrip("/") in _FLAGS:
        return Answer(200, _JSON, msgspec.json.encode(_NO_FLAGS))
    settings = _CONFIG.fullmatch(request.path)
    if settings is None:
        return None
    document = msgspec.json.encode({"token": settings[1], **_SETTINGS})
    if settings[2] is None:
        return Answer(200, _JSON, document)
    named = msgspec.json.encode(settings[1])
    script = b"(window._POSTHOG_REMOTE_CONFIG=window._POSTHOG_REMOTE_CONFIG||{})[%b]={config:%b,siteApps:[]};"
    return Answer(200, {"content-type": "application/javascript"}, script % (named, document))


FAMILY = Sdk("posthog", owns, write_key, decode, answer, setting)


def _records(event: dict[str, Any], envelope: dict[str, Any], request: Request) -> Iterator[Record]:
    name = said(event.get("event"))
    if name is None:
        raise Unreadable("record.no_event", "an event has no name")
    properties = mapping(event.get("properties"))
    whole = {**properties, **{part: event[part] for part in _OF_PERSON if event.get(part) is not None}}
    own = {part: value for part, value in properties.items() if part not in _NOT_PROPERTIES}
    read = _READERS.get(name, _track)
    told = {"event": name, **read(event, {**whole, "$named": name})}
    if told.get("kind", Kind.TRACK) is Kind.ALIAS and len(told["identities"]) < 2:
        return
    when = _times(event, properties, envelope, request)
    first = Record(
        **{"kind": Kind.TRACK, "identities": _identities(event, whole), "properties": own, **told},
        message_id=message_id(event.get("uuid") or properties.get("$insert_id"), event, _SEND_FIELDS),
        happened_at=when.happened_at,
        told_at=when.told_at,
        sent_at=when.sent_at,
        skew_ms=when.skew_ms,
        context={part: event[part] for part in _TOP_CONTEXT if part in event},
        library=" ".join(part for part in map(said, (whole.get("$lib"), whole.get("$lib_version"))) if part),
        historic=envelope.get("historical_migration") is True,
    )
    yield first
    yield from _changes(first, whole)


def _changes(first: Record, whole: Mapping[str, Any]) -> Iterator[Record]:
    """What else an event changes of the person: only values not known yet, values taken away."""
    unset = whole.get("$unset")
    names = {name: None for name in unset if isinstance(name, str)} if isinstance(unset, list) else {}
    for change, traits in ((Change.SET_ONCE, mapping(whole.get("$set_once"))), (Change.UNSET, names)):
        if traits and first.identities and first.kind is not Kind.ALIAS:
            yield msgspec.structs.replace(
                first,
                kind=Kind.IDENTIFY,
                message_id=f"{first.message_id}:{change}",
                event="",
                properties={},
                traits=traits,
                change=change,
            )


def _times(event: dict[str, Any], properties: dict[str, Any], envelope: dict[str, Any], request: Request) -> Times:
    """`timestamp` and `sent_at`; older Web SDKs say how many ms before sending it was (`offset`), `_` in the query."""
    queried = parse_qs(request.query).get("_", [None])[0]
    header = request.headers.get("posthog-request-timestamp")
    sent = (envelope.get("sent_at"), event.get("sent_at"), header, queried)
    sent_at = next(filter(None, map(moment, sent)), None)
    offset = event.get("offset")
    if event.get("timestamp") is None and isinstance(offset, int | float) and 0 <= offset <= request.received_at:
        before = request.received_at - round(offset)
        return Times(happened(before), None, sent_at)
    return times(event.get("timestamp"), sent_at, request.received_at, corrects=_is_client(properties))


def _is_client(properties: Mapping[str, Any]) -> bool:
    """Whether a browser's or a phone's clock told the time: only those are set right."""
    library = said(properties.get("$lib")) or ""
    return bool(_CLIENT_LIBRARIES.search(library)) and not _SERVER_LIBRARIES.search(library)


def _distinct_id(event: Mapping[str, Any], whole: Mapping[str, Any]) -> str | None:
    return known_id(event.get("distinct_id")) or known_id(whole.get("distinct_id"))


def _identities(event: Mapping[str, Any], whole: Mapping[str, Any]) -> tuple[Identity, ...]:
    own = _distinct_id(event, whole)
    named = None if own is None else Identity(_type_of(own, whole), own)
    return distinct((named, identity("device", whole.get("$device_id")), *of_traits(mapping(whole.get("$set")))))


def _type_of(value: str, whole: Mapping[str, Any]) -> str:
    """A `distinct_id` is the device's until somebody is identified; what tells is the device's id and the form."""
    is_device = (
        value == known_id(whole.get("$device_id"))
        or whole.get("$is_identified") is False
        or whole.get("$process_person_profile") is False
        or _DEVICE.fullmatch(value) is not None
    )
    return "device" if is_device and whole.get("$named") != "$identify" else "member_id"


def _track(event: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    return {"traits": mapping(whole.get("$set"))}


def _identify(event: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    identities = distinct((*_identities(event, whole), identity("device", whole.get("$anon_distinct_id"))))
    if not identities:
        raise Unreadable("record.no_identity", "an identify event names nobody")
    return {
        "kind": Kind.IDENTIFY,
        "event": "",
        "identities": identities,
        "properties": {},
        "traits": mapping(whole.get("$set")),
    }


def _group(event: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """The properties are the group's, not the person's."""
    group = known_id(whole.get("$group_key"))
    if group is None:
        raise Unreadable("record.no_group", "a group event names no group")
    group_type = whole.get("$group_type")
    own = _distinct_id(event, whole)
    # Without a person the SDKs make one up: Node from type and key, Python a UUID.
    is_made_up = own is None or own == f"${group_type}_{group}" or is_uuid(own)
    return {
        "kind": Kind.GROUP,
        "event": "",
        "identities": () if is_made_up else _identities(event, whole),
        "properties": {"group_id": group, "group_type": group_type, "traits": mapping(whole.get("$group_set"))},
    }


def _alias(event: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    own, other = _distinct_id(event, whole), known_id(whole.get("alias"))
    if own is None or other is None:
        raise Unreadable("alias.incomplete", "an alias does not name two ids")
    linked = tuple(Identity(_type_of(value, whole), value) for value in dict.fromkeys((own, other)))
    return {"kind": Kind.ALIAS, "event": "", "identities": linked, "properties": {}}


_READERS = {
    "$identify": _identify,
    "$set": _identify,
    "$set_once": _identify,
    "$unset": _identify,
    "$groupidentify": _group,
    "$create_alias": _alias,
    "$merge_dangerously": _alias,
}
