"""Whom a record of 神策 names: identities, login_id, anonymous_id, original_id and distinct_id in our types."""

import re
from typing import Any

from quanyu.collect import fields
from quanyu.collect.fields import distinct, identity
from quanyu.collect.record import Identity

# An identity's key without "$" and "identity_" → our type; also what retailers call keys of their own.
_DEVICE_KEYS = (
    "cookie_id anonymous_id mp_id distinct_id android_id android_uuid harmonyos_uuid ios_uuid idfa idfv oaid imei mac "
    "device_id"
)
_ID_TYPES = dict.fromkeys(_DEVICE_KEYS.split(), "device") | {
    **dict.fromkeys(("login_id", "member_id", "member_no", "vip_no"), "member_id"),
    **dict.fromkeys(("mobile", "phone", "phone_number"), "mobile"),
    **dict.fromkeys(("external_userid", "wecom_external_userid", "work_wx_external_userid"), "external_userid"),
    "email": "email",
    "card_no": "card_no",
}
# `$identity_mp_<appid>_openid`; the app's id is the namespace of the openid.
_OPENID = re.compile(r"(?:[a-z]+_)??(?:(wx[0-9a-z]+|\d{6,})_)?openid")
_UNIONID = re.compile(r"(?:[a-z]+_)?unionid")
# Web `18c5a3f1b2c-0a1b…-…-1327104-18c5…`, mini-program `1795412808025-2546296-0858…-2317…`, UUIDs, Android's id.
_MADE_BY_SDK = re.compile(r"[0-9a-f]{6,}(-[0-9a-f]{3,}){3,4}|(?=[0-9]*[a-f])[0-9a-f]{16}", re.IGNORECASE)
_WECHAT_OPENID = re.compile(r"o[A-Za-z0-9_-]{27}")


def identities(told: dict[str, Any]) -> tuple[Identity, ...]:
    """Return everybody the record names; its distinct_id only where the identities do not say it already."""
    login_key, login_id = _parted(told, "login_id")
    named = [
        identity("member_id", value) if key == login_key and _known(key) is None else _of_key(key, value)
        for key, value in fields.mapping(told.get("identities")).items()
    ]
    login = None if login_id is None else _member(login_key, login_id)
    sure = [*named, login, identity("device", told.get("anonymous_id"))]
    values = {each.value for each in sure if each is not None}
    key, who = _parted(told, "distinct_id")
    if who is not None and who not in values and f"{key}+{who}" not in values:
        sure.append(_of_distinct_id(told, key, who))
    if told.get("type") == "track_signup":
        _, before = _parted(told, "original_id")
        sure += [identity("device", before)] if before not in values | {who} else []
    return distinct(sure)


def _parted(told: dict[str, Any], name: str) -> tuple[str | None, str | None]:
    """Key and value of an id that may be written `<key>+<value>`: no key when it is not, neither without an id."""
    said = fields.known_id(told.get(name))
    if said is None:
        return None, None
    key, plus, value = said.partition("+")
    is_key = plus and (key.startswith("$identity_") or key in fields.mapping(told.get("identities")))
    return (key, fields.known_id(value)) if is_key else (None, said)


def _member(key: str | None, value: str) -> Identity | None:
    """A login id is a member's, unless it is said under a key that is of another type."""
    known = None if key is None else _known(key)
    return identity("member_id", value) if known is None else identity(known[0], value, known[1])


def _of_distinct_id(told: dict[str, Any], key: str | None, who: str) -> Identity | None:
    if key is not None:
        return _of_key(key, who)
    flags = (told.get("$is_login_id"), fields.mapping(told.get("properties")).get("$is_login_id"))
    if True in flags or told.get("type") == "track_signup":
        return identity("member_id", who)
    if _is_openid(who, told):
        return identity("openid", who)
    # An unbinding has neither login_id nor anonymous_id beside it; ids that the SDKs make themselves have a form.
    is_login_id = told.get("type") == "track_id_unbind" and _MADE_BY_SDK.fullmatch(who) is None
    return identity("member_id" if is_login_id else "device", who)


def _is_openid(who: str, told: dict[str, Any]) -> bool:
    """A mini-program's SDK of before there were identities had the openid itself as distinct_id."""
    library = fields.mapping(told.get("lib")).get("$lib")
    return library == "MiniProgram" and _WECHAT_OPENID.fullmatch(who) is not None


def _known(key: str) -> tuple[str, str | None] | None:
    """Type and namespace of a key of `identities`; None for a key of the retailer's own."""
    bare = key.casefold().removeprefix("$").removeprefix("identity_")
    if bare in _ID_TYPES:
        return _ID_TYPES[bare], None
    openid = _OPENID.fullmatch(bare)
    if openid is not None:
        return "openid", openid[1]
    return ("unionid", None) if _UNIONID.fullmatch(bare) else None


def _of_key(key: str, value: Any) -> Identity | None:
    """The identity of an entry of `identities`; None for nobody's.

    A key of the retailer's own identifies, but merges nobody by itself: a device, written `<key>+<value>` as 神策 does.
    """
    known = _known(key)
    if known is not None:
        return identity(known[0], value, known[1])
    said = fields.known_id(value)
    return None if said is None else identity("device", f"{key}+{said}")
