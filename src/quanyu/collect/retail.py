"""Retail facts of live records: one record → flat rows of text for the tables of the landing zone.

`rows` is pure and never raises.  The keys of a row are `act.COLUMNS[row["row"]]`, always all of them, null where the
record does not say; they are the headings that `library/profiles/live.yaml` maps.  See docs/live-events.md.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from quanyu.collect.act import ID_COLUMNS, PAGE, Act, read
from quanyu.collect.consents import consents_of_event, consents_of_trait
from quanyu.collect.conventions import Does, Meaning, plain
from quanyu.collect.conventions import meaning as meaning_of
from quanyu.collect.flat import Row, as_json, product, product_columns, products, text
from quanyu.collect.personal import is_direct, parted, whole
from quanyu.collect.record import Change, Kind, Record
from quanyu.collect.trade import Told, trade
from quanyu.collect.vocabulary import ATTRIBUTES, CONSENT_TRAITS, DIRECT, TRAIT_IDENTIFIERS

# Changes that make a value out of an older one: what a profile says afterwards cannot be known from the record alone.
_RELATIVE = (Change.INCREMENT, Change.APPEND, Change.DELETE)
# "Set once" holds only where nothing was set (versions of those begin with a year), and of several the earliest does.
_FAR, _EARLIEST = 10**15, "0-{:016d}"
_MARKED = ("platform", "is_bot", "is_test")
_HOLDABLE = re.compile(r"[+-]?\d{1,12}(\.\d{1,6})?", re.ASCII)
_NAMES = {Kind.IDENTIFY: "profile_{}", Kind.ITEM: "item_{}", Kind.GROUP: "group"}
_SEARCHES = ("search", "brand_search", "category_search")


def rows(record: Record, *, received_at: int) -> tuple[Row, ...]:
    """Return everything a record tells, as rows of text; at least one.

    `received_at` (milliseconds UTC) is used as the time of records whose sender told none.  A record that cannot be an
    order, refund, coupon or consent although its name says so is an event with the reason in `fault`.
    """
    act = read(record, received_at)
    if record.kind in (Kind.ALIAS, Kind.UNLINK):
        return tuple(_links(act))
    if record.kind is Kind.IDENTIFY and record.change not in _RELATIVE:
        return tuple(_profile(act))
    if record.kind is Kind.TRACK:
        return tuple(_track(act))
    name = record.event or _NAMES.get(record.kind, "{}").format(record.change)
    return (_event(act, Meaning(), name=name),)


def _track(act: Act) -> Iterator[Row]:
    record = act.record
    meaning = meaning_of(record.event)
    told = trade(act, meaning.does)
    if meaning.does in (Does.CONSENT, Does.CONSENT_GIVEN, Does.CONSENT_WITHDRAWN):
        consents = consents_of_event(act, meaning.does)
        told = Told(consents, None if consents else "consent.not_told")
    yield from _events(act, meaning, told.fault)
    yield from told.rows
    if record.traits and record.change not in _RELATIVE:
        yield from _profile(act)
    elif len(set(record.identities)) > len({identity.type for identity in record.identities}):
        yield from _links(act)


def _profile(act: Act) -> Iterator[Row]:
    """What traits say: a link of the identifiers, then attributes and consents."""
    act = _with_trait_identifiers(act)
    direct: dict[str, Any] = {}
    told = tuple(_traits(act, direct))
    yield from _links(act, direct)
    yield from told


def _events(act: Act, meaning: Meaning, fault: str | None) -> Iterator[Row]:
    """One row, or as many as the event names products, where each product was viewed, added, taken out or reviewed."""
    entries = products(act.told) if meaning.does is Does.PRODUCTS else ()
    if not entries:
        yield _event(act, meaning, fault=fault)
    for number, entry in enumerate(entries, start=1):
        place = number if len(entries) > 1 else None
        yield _event(act, meaning, fault=fault, entry=entry, place=place)


def _event(
    act: Act,
    meaning: Meaning,
    *,
    name: str | None = None,
    fault: str | None = None,
    entry: Mapping[Any, Any] | None = None,
    place: int | None = None,
) -> Row:
    record, told = act.record, act.told
    name = name or record.event
    one = product(entry) if entry is not None else told
    properties, direct = parted(_properties(record, entry))
    duration = told.number("duration_s")
    keyword = told.text("keyword") if meaning.type in _SEARCHES else None
    return act.row(
        "event",
        place,
        type=meaning.type,
        event_name=text(name),
        **product_columns(one),
        quantity=one.number("quantity"),
        price=one.number("price"),
        order_id=told.name("order_id"),
        coupon_id=told.name("coupon_code"),
        keyword=None if keyword is None or is_direct(keyword) else keyword,
        duration_s=None if duration is None or Decimal(duration) < 0 else str(int(Decimal(duration))),
        value=_value(told.number("value")),
        props=as_json(_marks(act, name, fault) | properties),
        direct=as_json(direct),
        fault=fault,
    )


def _value(number: str | None) -> str | None:
    """A number that the column of values can hold; others are in the properties, and no reason to refuse the event."""
    return number if number is not None and _HOLDABLE.fullmatch(number) else None


def _properties(record: Record, entry: Mapping[Any, Any] | None) -> Mapping[Any, Any]:
    """What the row keeps of the sender's properties: all; the row of a listed product has that one for the list."""
    if record.kind is not Kind.TRACK:
        return {**record.properties, **record.traits}
    if entry is None:
        return record.properties
    shared = {name: value for name, value in record.properties.items() if not isinstance(value, list | tuple)}
    return {**shared, "product": entry}


def _marks(act: Act, name: str, fault: str | None) -> dict[str, Any]:
    """What has no column of its own in the table of events, under names that no sender has the right to."""
    page = {column: value for column in (*PAGE, *_MARKED) if (value := act.base[column]) is not None}
    marks = {"$event": text(name), "$fault": fault, "$at": page or None}
    return {mark: value for mark, value in marks.items() if value is not None}


def _with_trait_identifiers(act: Act) -> Act:
    """The act with the identifiers its traits name, where the decoder found none of that type."""
    base = dict(act.base)
    for trait, value in act.record.traits.items():
        id_type = TRAIT_IDENTIFIERS.get(plain(str(trait)))
        if id_type is not None and base.get(id_type) is None:
            base[id_type] = text(value)
    return replace(act, base=base)


def _traits(act: Act, direct: dict[str, Any]) -> Iterator[Row]:
    """Attributes and consents; what names or reaches the person goes to `direct`."""
    places = iter(range(1, 1_000_000))
    for trait, value in _opened(act.record.traits):
        known = plain(trait)
        consents = consents_of_trait(act, known, value, places) if known in CONSENT_TRAITS else ()
        if consents:
            yield from consents
        elif known in DIRECT or known in TRAIT_IDENTIFIERS or known == "name":
            direct[trait] = whole(value)
        else:
            kept, hidden = parted({"value": value})
            direct |= {f"{trait}{path.removeprefix('value')}": inner for path, inner in hidden.items()}
            if not hidden or kept.get("value"):
                yield _attribute(act, trait, kept.get("value"), next(places))


def _opened(traits: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Segment's address is an object; its city and state are attributes."""
    for trait, value in traits.items():
        if plain(str(trait)) == "address" and isinstance(value, Mapping):
            yield from ((str(part), inner) for part, inner in value.items() if plain(str(part)) in ATTRIBUTES)
        yield str(trait), value


def _attribute(act: Act, trait: str, value: Any, place: int) -> Row:
    change, happened_at = act.record.change, act.record.happened_at
    said = as_json(value) if isinstance(value, list | dict) else text(value)
    return act.row(
        "attribute",
        place,
        attribute=ATTRIBUTES.get(plain(trait), text(trait)),
        value=None if change is Change.UNSET else said,
        change=str(change),
        version=_EARLIEST.format(max(0, _FAR - (happened_at or 0)))
        if change is Change.SET_ONCE
        else act.base["version"],
    )


def _links(act: Act, direct: Mapping[str, Any] | None = None) -> Iterator[Row]:
    """Rows that name all identifiers of a record: two of a type in one row, further ones beside the first of all."""
    identities = [each for each in dict.fromkeys(act.record.identities) if each.type in ID_COLUMNS]
    anchor, number = identities[:1], 0
    none = dict.fromkeys(ID_COLUMNS)
    while identities or number == 0:
        columns, identities = _seated(identities)
        # The first row of an identify also has the identifiers that stood in its traits.
        base = dict(act.base) if number == 0 else {**act.base, **none}
        number += 1
        yield replace(act, base=base).row(
            "link",
            number if number > 1 else None,
            **columns,
            unlink="1" if act.record.kind is Kind.UNLINK else None,
            direct=as_json(direct) if direct and number == 1 else None,
        )
        identities = anchor + identities if identities else []


def _seated(identities: list[Any]) -> tuple[dict[str, str | None], list[Any]]:
    """The columns that hold the identifiers, and those for whom there was no column left."""
    columns: dict[str, str | None] = {}
    left = []
    for identity in identities:
        seat = identity.type if identity.type not in columns else f"{identity.type}_2"
        if seat in columns:
            left.append(identity)
        else:
            columns[seat] = text(identity.value)
    return columns, left
