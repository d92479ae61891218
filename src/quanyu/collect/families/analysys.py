"""Analysys 易观方舟: a JSON array on `/up`, plain or as base64 (of gzip), or in `data=` of a picture's address.

Source: recorded traffic of ans-python-sdk 4.1.1, ans-javascript-sdk 4.5.5 and the WeChat SDK 5.0.5.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from quanyu.collect import body, fields
from quanyu.collect.body import Unreadable
from quanyu.collect.fields import Sdk, distinct, identity
from quanyu.collect.record import Answer, Change, Decoded, Fault, Identity, Kind, Record, Request

_PATHS = frozenset(("/up", "/up/"))
_ALIAS = "$alias"
_PROFILES = {
    "$profile_set": Change.SET,
    "$profile_set_once": Change.SET_ONCE,
    "$profile_increment": Change.INCREMENT,
    "$profile_append": Change.APPEND,
    "$profile_unset": Change.UNSET,
    "$profile_delete": Change.DELETE,
}
# What stands in the context of a profile without being the person's (`$first_visit_time` is).
_NOT_TRAITS = frozenset(
    (
        *("$lib", "$lib_version", "$platform", "$debug", "$is_login", "$session_id", "$importFlag", "$original_id"),
        *("$time_zone", "$is_time_calibrated", "$user_agent"),
    )
)
_CHECK_ONLY = 1


def owns(method: str, path: str) -> bool:
    """Return whether the request is for `/up`."""
    return method in ("GET", "POST") and path in _PATHS


def write_key(request: Request) -> str | None:
    """Return `appid` of the query, else that of the first record; None without both."""
    appid = fields.known_id(body.form(request.query).get("appid", b"").decode("utf-8", "replace"))
    if appid is not None:
        return appid
    try:
        first = next(iter(body.entries(_value(request))), None)
    except Unreadable:
        return None
    return fields.known_id(fields.mapping(first).get("appid"))


def decode(request: Request) -> Decoded:
    """Return the records of the array; `$debug` 1 in all of them makes it a dry run.

    Where only some say `$debug` 1, those are faults: nothing that asks not to be stored is stored.
    """
    try:
        entries = body.entries(_value(request))
    except Unreadable as unreadable:
        return Decoded(faults=(unreadable.fault(body.kept_text(request.body) or request.query),))
    dry_run = bool(entries) and all(_is_check_only(entry) for entry in entries)
    found = list(_read(entries, dry_run=dry_run))
    return Decoded(
        records=tuple(one for one in found if isinstance(one, Record)),
        faults=tuple(one for one in found if isinstance(one, Fault)),
        dry_run=dry_run,
    )


def answer(request: Request) -> Answer:
    """Return 200 and `{"code":200}`, also for the Web SDK's picture, which counts as sent whatever it gets."""
    return Answer(headers={"content-type": "application/json"}, body=b'{"code":200}')


def setting(request: Request, write_key: str) -> Answer | None:
    """Return None: these SDKs ask for no settings on these paths."""
    return None


FAMILY = Sdk(name="analysys", owns=owns, write_key=write_key, decode=decode, answer=answer, setting=setting)


def _value(request: Request) -> Any:
    """What the request's JSON says.  Raises Unreadable."""
    in_address = request.method == "GET" or not request.body
    data = body.form(request.query).get("data", b"") if in_address else request.body
    try:
        return body.value_of(data)
    except Unreadable as unreadable:
        if unreadable.code not in ("body.bad_base64", "body.not_json"):
            raise
        reason = "the body is neither JSON nor base64 of it; encryption must be off in the SDK"
        raise Unreadable("analysys.unreadable", reason) from None


def _is_check_only(entry: Any) -> bool:
    return fields.mapping(fields.mapping(entry).get("xcontext")).get("$debug") in (_CHECK_ONLY, str(_CHECK_ONLY))


def _read(entries: Sequence[Any], *, dry_run: bool) -> Iterator[Record | Fault]:
    for entry in entries:
        try:
            told = body.fitting(entry)
            if not dry_run and _is_check_only(told):
                raise Unreadable("analysys.check_only", "the record asks only to be checked ($debug 1), others do not")
            yield _record(told)
        except Unreadable as unreadable:
            yield unreadable.fault(body.written(entry))


def _record(told: dict[str, Any]) -> Record:
    """Raises Unreadable."""
    event, about = told.get("xwhat"), fields.mapping(told.get("xcontext"))
    if not isinstance(event, str) or not event.strip():
        raise Unreadable("analysys.no_event", "the record names no event (xwhat)")
    identities = _identities(told, about)
    if not identities:
        raise Unreadable("analysys.no_identity", "the record names nobody (xwho)")
    change = _PROFILES.get(event)
    happened_at = fields.happened(told.get("xwhen"))
    own = {name: value for name, value in about.items() if name not in _NOT_TRAITS}
    return Record(
        kind=_kind(event, identities),
        message_id=f"h:{fields.digest(told)}",
        happened_at=happened_at,
        told_at=fields.told(told.get("xwhen")),
        event="" if change is not None else event,
        identities=identities,
        properties={} if change is not None else about,
        traits=own if change not in (None, Change.DELETE) else {},
        change=change or Change.SET,
        context=_context(told, about, is_profile=change is not None),
        library=f"{about.get('$lib') or ''} {about.get('$lib_version') or ''}".strip(),
        historic=about.get("$importFlag") in (1, "1", True),
    )


def _kind(event: str, identities: tuple[Identity, ...]) -> Kind:
    """An alias of one id with itself ties nothing; it stays an event."""
    if event in _PROFILES:
        return Kind.IDENTIFY
    return Kind.ALIAS if event == _ALIAS and len(identities) > 1 else Kind.TRACK


def _identities(told: dict[str, Any], about: dict[str, Any]) -> tuple[Identity, ...]:
    """`xwho` is a member's id when `$is_login` says so, or when it is what an old id is being tied to."""
    who, before = told.get("xwho"), about.get("$original_id") if told.get("xwhat") == _ALIAS else None
    is_member = about.get("$is_login") is True or told.get("xwhat") == _ALIAS
    old = None if fields.known_id(before) == fields.known_id(who) else identity("device", before)
    return distinct((identity("member_id" if is_member else "device", who), old))


def _context(told: dict[str, Any], about: dict[str, Any], *, is_profile: bool) -> dict[str, Any]:
    """The app, and of a profile what is not the person's (`$lib`, `$platform` …)."""
    beside = {name: value for name, value in about.items() if name in _NOT_TRAITS} if is_profile else {}
    return beside | ({"appid": told["appid"]} if told.get("appid") is not None else {})
