"""What names or reaches a person, told apart from what may stand in a table in clear."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from quanyu.collect.conventions import plain
from quanyu.collect.flat import is_finite, utf8
from quanyu.collect.vocabulary import DIRECT, PERSON_OBJECTS

_MOBILE = re.compile(r"(\+?86[- ]?)?1[3-9]\d{9}")
_EMAIL = re.compile(r"[\w.+%'-]{1,64}@[\w.-]{1,190}\.[A-Za-z]{2,24}")
# Eighteen digits with a date of birth in them and a check digit (GB 11643); order numbers have as many.
_ID_CARD = re.compile(r"[1-9]\d{5}(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dXx]")
_CHECK_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
# Deeper than any body that is let in; what lies below is kept as it stands in the raw record only.
_DEEPEST = 40


def is_direct(said: str) -> bool:
    """Return whether a text as a whole names or reaches a person: a mobile, an e-mail address, an ID-card number."""
    if len(said) > 300:
        return False
    return any(pattern.fullmatch(said) for pattern in (_MOBILE, _EMAIL)) or _is_id_card(said)


def _is_id_card(said: str) -> bool:
    if not _ID_CARD.fullmatch(said):
        return False
    check = sum(int(digit) * weight for digit, weight in zip(said[:17], _CHECK_WEIGHTS, strict=True)) % 11
    return said[17].upper() == _CHECK_DIGITS[check]


def parted(properties: Mapping[Any, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return properties without what names or reaches a person, and that, by its path.

    Direct are the names of `DIRECT`, a `name` inside an object about a person, and what is as a whole a mobile, an
    e-mail address or an ID-card number; an address of a page loses the parts of its query that are.
    """
    direct: dict[str, Any] = {}
    return _without(properties, "", direct, 0), direct


def _without(properties: Mapping[Any, Any], path: str, direct: dict[str, Any] | None, depth: int) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    about_person = plain(path.rpartition("/")[2]) in PERSON_OBJECTS
    for key, value in properties.items():
        name = utf8(str(key))
        place = f"{path}/{name}" if path else name
        known = plain(name)
        if direct is not None and (known in DIRECT or (about_person and known == "name")):
            direct[place] = _leaf(value, place, None, depth)
        else:
            cleaned = _leaf(value, place, direct, depth)
            if cleaned is not _GONE:
                kept[name] = cleaned
    return kept


_GONE = object()


def _leaf(value: Any, place: str, direct: dict[str, Any] | None, depth: int) -> Any:
    """Return a value as JSON can hold it; direct texts go to `direct`, unless that is None (all of it is direct)."""
    if isinstance(value, str):
        clean = utf8(value)
        return clean if direct is None else _told_text(clean, place, direct)
    if isinstance(value, int) and direct is not None and is_direct(str(value) if value.bit_length() < 64 else ""):
        direct[place] = value
        return _GONE
    if isinstance(value, Mapping | list | tuple):
        return _inner(value, place, direct, depth)
    if isinstance(value, float | Decimal) and not is_finite(value):
        return None
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return str(value) if value.bit_length() < 4000 else hex(value)
    return value


def _told_text(clean: str, place: str, direct: dict[str, Any]) -> Any:
    """A text, gone when it is direct as a whole; an address loses the parts of its query that are."""
    if is_direct(clean.strip()):
        direct[place] = clean
        return _GONE
    address = page_address(clean)
    if address != clean:
        direct[place] = clean
    return address


def _inner(value: Any, place: str, direct: dict[str, Any] | None, depth: int) -> Any:
    if depth >= _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return _without(value, place, direct, depth + 1)
    cleaned = (_leaf(each, f"{place}/{number}", direct, depth + 1) for number, each in enumerate(value))
    return [each for each in cleaned if each is not _GONE]


def whole(value: Any) -> Any:
    """Return a value as JSON can hold it, all of it."""
    return _leaf(value, "", None, 0)


def page_address(url: str | None) -> str | None:
    """Return an address without the parts of its query that name or reach a person; as sent when there are none."""
    if url is None or "?" not in url:
        return url
    try:
        told = urlsplit(url)
        pairs = parse_qsl(told.query, keep_blank_values=True)
    except ValueError:
        return url.partition("?")[0]
    kept = [(name, value) for name, value in pairs if plain(name) not in DIRECT and not is_direct(value.strip())]
    return url if len(kept) == len(pairs) else told._replace(query=urlencode(kept)).geturl()
