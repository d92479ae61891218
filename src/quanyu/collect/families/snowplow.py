"""Snowplow: the tracker protocol, version 2, as POST of a list (tp2) and as GET of a pixel.

Values are all text; self-describing events and contexts are JSON in text, or in base64 of the address-safe alphabet.
The protocol has no key: a tracker may send one as `Authorization`.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from quanyu.collect.body import GIF, Unreadable, entries, fitting, from_base64, from_json, kept_text, value_of, written
from quanyu.collect.fields import (
    Sdk,
    Times,
    basic_user,
    bearer,
    distinct,
    happened,
    identity,
    known_id,
    mapping,
    message_id,
    moment,
    said,
    skew,
    told,
)
from quanyu.collect.record import Answer, Decoded, Fault, Identity, Kind, Record, Request

_POST = "/com.snowplowanalytics.snowplow/tp2"
_PIXEL = "/i"
_MOST_FIELDS = 500

_NAMES = {"pv": "page_view", "pp": "page_ping", "tr": "transaction", "ti": "transaction_item"}
_STRUCTURED = {
    "se_ca": "action_category",
    "se_ac": "action",
    "se_la": "label",
    "se_pr": "action_property",
    "se_va": "value",
}
_CONTEXT = {
    "aid": "app_id",
    "p": "platform",
    "tna": "tracker",
    "url": "page_url",
    "page": "page_title",
    "refr": "referrer",
    "ua": "user_agent",
    "ip": "ip",
    "lang": "language",
    "tz": "timezone",
    "res": "screen_resolution",
    "vp": "viewport",
    "ds": "document_size",
    "sid": "session_id",
    "vid": "visit_number",
}
# What a visitor who is not to be known must not be known by (`SP-Anonymous: *`).
_OF_NETWORK = frozenset(("nuid", "tnuid", "ip"))
# Those of the e-commerce plug-in, which says what happened in one field and with what in contexts.
_COMMERCE = "snowplow_ecommerce_action"


def owns(method: str, path: str) -> bool:
    """Return whether a request of this method and path is Snowplow's."""
    return (method == "POST" and path == _POST) or (method == "GET" and path == _PIXEL)


def write_key(request: Request) -> str | None:
    """Return the key that a tracker was told to send as `Authorization`; None otherwise, the protocol has none."""
    return basic_user(request.headers) or bearer(request.headers)


def decode(request: Request) -> Decoded:
    """Return the events of a request as records; every event is a record or a fault."""
    try:
        events = _of_query(request.query) if request.method == "GET" else _of_body(request.body)
    except Unreadable as refused:
        text = request.query if request.method == "GET" else kept_text(request.body)
        return Decoded(faults=(refused.fault(text),))
    records: list[Record] = []
    faults: list[Fault] = []
    for event in events:
        try:
            records.append(_record(fitting(event), request))
        except Unreadable as refused:
            faults.append(refused.fault(written(event)))
    return Decoded(tuple(records), tuple(faults))


def answer(request: Request) -> Answer:
    """Return 200 with "ok", to a pixel with the smallest picture, which nothing may keep."""
    if request.method == "GET":
        return Answer(200, {"content-type": "image/gif", "cache-control": "no-store"}, GIF)
    return Answer(200, {"content-type": "text/plain; charset=utf-8"}, b"ok")


def setting(request: Request, write_key: str) -> Answer | None:
    """Return None: Snowplow's trackers ask for no settings."""
    return None


FAMILY = Sdk("snowplow", owns, write_key, decode, answer, setting)


def _of_query(query: str) -> list[Any]:
    try:
        return [dict(parse_qsl(query, keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS))]
    except ValueError:
        raise Unreadable("body.too_many_fields", f"the query has more than {_MOST_FIELDS} fields") from None


def _of_body(body: bytes) -> Any:
    value = value_of(body)
    return entries(value["data"] if isinstance(value, dict) and "data" in value else value)


def _record(event: dict[str, Any], request: Request) -> Record:
    # "SP-Anonymous: *" is a visitor who does not want to be known by the network's cookie or address.
    hidden = _OF_NETWORK if "sp-anonymous" in request.headers else frozenset()
    texts = {name: value for name, value in event.items() if value not in (None, "") and name not in hidden}
    contexts = _contexts(texts)
    name, properties = _act(texts, contexts)
    when = _times(texts, request.received_at)
    return Record(
        kind=Kind.TRACK,
        message_id=message_id(event.get("eid"), event, ("stm",)),
        happened_at=when.happened_at,
        told_at=when.told_at,
        sent_at=when.sent_at,
        skew_ms=when.skew_ms,
        event=name,
        identities=_identities(texts, contexts),
        properties=properties,
        context={**contexts, **{told: texts[key] for key, told in _CONTEXT.items() if key in texts}},
        library=said(texts.get("tv")) or "",
    )


def _times(texts: Mapping[str, Any], received_at: int) -> Times:
    """The true time, else the device's, set right by when it was sent (Python says that in whole seconds)."""
    sent_at = moment(texts.get("stm"))
    true_time = happened(texts.get("ttm"))
    if true_time is not None:
        return Times(true_time, told(texts.get("ttm")), sent_at)
    device_time = happened(texts.get("dtm"))
    behind = 0 if device_time is None else skew(sent_at, received_at)
    corrected = None if device_time is None else device_time + behind
    return Times(corrected, told(texts.get("dtm")), sent_at, behind)


def _identities(texts: Mapping[str, Any], contexts: Mapping[str, Any]) -> tuple[Identity, ...]:
    """Member, device (in the browser a cookie, on a phone the session's user), visitor of the collector's network."""
    device = known_id(texts.get("duid")) or mapping(contexts.get("client_session")).get("userId")
    network = known_id(texts.get("nuid")) or texts.get("tnuid")
    return distinct(
        (
            identity("member_id", texts.get("uid")),
            identity("device", device),
            identity("device", network, "snowplow-network"),
        )
    )


def _act(texts: Mapping[str, Any], contexts: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """What happened and with what: by the code of the event."""
    code = texts.get("e")
    if code == "ue":
        return _self_describing(texts, contexts)
    if code == "se":
        name = said(texts.get("se_ac"))
        if name is None:
            raise Unreadable("record.no_event", "a structured event names no action")
        return name, {told: texts[key] for key, told in _STRUCTURED.items() if key in texts}
    known = _NAMES.get(code) if isinstance(code, str) else None
    if known is None:
        raise Unreadable("record.unknown_type", "an event's code is none of pv, pp, ue, se, tr, ti")
    return known, {key: value for key, value in texts.items() if key.startswith(f"{code}_")}


def _self_describing(texts: Mapping[str, Any], contexts: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    outer = mapping(_json_of(texts, "ue_px", "ue_pr"))
    inner = mapping(outer.get("data"))
    name = _name_of(inner.get("schema"))
    if name is None:
        raise Unreadable("record.no_event", "a self-describing event names no schema")
    properties = mapping(inner.get("data"))
    if name != _COMMERCE:
        return name, properties
    bought = mapping(contexts.get("transaction") or contexts.get("refund"))
    return said(properties.get("type")) or name, {**properties, **bought, **_listed(contexts.get("product"))}


def _listed(products: Any) -> dict[str, Any]:
    if products is None:
        return {}
    return {"products": products if isinstance(products, list) else [products]}


def _contexts(texts: Mapping[str, Any]) -> dict[str, Any]:
    """The data of each context under the name of its schema; a list where one name comes more than once."""
    listed = mapping(_json_of(texts, "cx", "co")).get("data")
    found: dict[str, list[Any]] = {}
    for entry in listed if isinstance(listed, list) else ():
        name = _name_of(mapping(entry).get("schema"))
        if name is not None:
            found.setdefault(name, []).append(entry.get("data"))
    return {name: data[0] if len(data) == 1 else data for name, data in found.items()}


def _json_of(texts: Mapping[str, Any], coded: str, plain: str) -> Any:
    """The JSON of the field in base64, else of the plain one; what is inside has limits of its own.

    Raises Unreadable: body.bad_base64, body.not_json, body.too_deep, record.too_deep, record.too_many_keys.
    """
    text = texts.get(coded)
    if isinstance(text, str):
        return fitting(from_json(from_base64(text.encode("utf-8", "replace"))))
    text = texts.get(plain)
    return fitting(from_json(text.encode("utf-8", "replace"))) if isinstance(text, str) else None


def _name_of(schema: Any) -> str | None:
    """The name in `iglu:vendor/name/format/version`."""
    parts = schema.split("/") if isinstance(schema, str) else ()
    return parts[1] if len(parts) == 4 and parts[1] else None
