"""The page of one person: attributes, features, tags, value, stages, consents, reach, what happened, and who it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from quanyu.display import HIDDEN_SIGN
from quanyu.engine import DuckDBEngine, Within
from quanyu.errors import Problem, UserError
from quanyu.exports.fields import Block, Field, fields_of, is_open
from quanyu.identity.explain import Explanation
from quanyu.ids import PersonId, format_person_id
from quanyu.services.exports import Place
from quanyu.services.identity import Asked, explain_person
from quanyu.services.stage_answers import StageReason, explain_stage
from quanyu.store import AuditEntry
from quanyu.tables.contract import Privacy
from quanyu.tables.features import PERSON_FEATURE
from quanyu.tables.people import CONSENT_PURPOSES

PROFILE_FIELDS: Final = 12
"""Fields of a profile that `person_feature.filled` counts, each weighing one (M-38, TAG-02)."""

DAYS: Final = 90
_OWN_KINDS: Final = ("message:", "relation:")
"""Events that tell again what a message or a relation tells."""


@dataclass(frozen=True, slots=True)
class Known:
    """One field with the person's value; null is not known, `is_masked` that the caller may not see it."""

    field: Field
    value: Any
    is_masked: bool


@dataclass(frozen=True, slots=True)
class Consent:
    """The answer that holds for a purpose, on one channel or all; `granted` is null when never asked."""

    purpose: str
    channel: str | None
    granted: bool | None
    since: date | None


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether the person is reached on a channel, and the reason why not (M-08)."""

    channel_id: str
    zh: str | None
    en: str | None
    reachable: bool
    reason: str | None
    since: date


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing on the timeline; `amount_fen` of orders and refunds, `note` a state or reason."""

    day: date
    at: datetime | None
    kind: str
    what: str
    channel_id: str | None
    amount_fen: int | None
    note: str | None
    record: str | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened from one day up to and including another, newest first; `has_earlier`: more stands before."""

    first: date
    last: date
    happened: tuple[Happening, ...]
    has_earlier: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Everything about one person as of a build; what cannot be told stands in `unknown`, with what is missing.

    `merged_from` is the id that was asked for when it is no longer the person's.  `value` holds counts and fen.
    `completeness` is a ratio 0-1, null without features.
    """

    person_id: int
    merged_from: int | None
    as_of: date
    blocks: Mapping[Block, tuple[Known, ...]]
    value: Mapping[str, Any]
    stages: tuple[StageReason, ...]
    consents: tuple[Consent, ...]
    reach: tuple[Reach, ...]
    timeline: Timeline
    identity: Explanation
    completeness: float | None
    unknown: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a page is wanted: classes of personal data the caller may see, the days of the timeline."""

    may_see: frozenset[Privacy] = frozenset()
    until: date | None = None
    days: int = DAYS


def person_page(place: Place, asked: Asked, shown: Shown) -> Page:
    """Return the page of a person by id or identifier; a person merged away is answered with the living one.

    The look is written into the audit log, with the classes of personal data that were shown.
    Raises UserError `identity.unknown`, `identity.nobody`.
    """
    identity = explain_person(place.store, place.engine, asked, place.build)
    if identity.person_id is None:
        message = "This identifier belongs to nobody: it is junk, shared by many, or was unlinked."
        raise UserError(Problem("identity.nobody", message, "Ask why with `quanyu identity explain`."))
    person_id = identity.person_id
    seen = sorted(one.value for one in shown.may_see)
    with place.store.transaction() as work:
        detail = {"person": format_person_id(PersonId(person_id)), "may_see": seen}
        work.audit.add(AuditEntry(asked.actor, "person.page", "person", 1, "look at a person", detail))
    unknown: dict[str, str] = {}
    features = _one(place.engine, PERSON_FEATURE.name, person_id, unknown)
    as_of = place.build.as_of
    is_old = asked.looked_up is None and asked.identifier_id != person_id
    return Page(
        person_id=person_id,
        merged_from=asked.identifier_id if is_old else None,
        as_of=as_of,
        blocks=_blocks(place, person_id, features, shown.may_see),
        value=_value(place, person_id, unknown),
        stages=explain_stage(place.engine, place.build, person_id, None, as_of),
        consents=_consents(place, person_id, unknown),
        reach=_reach(place, person_id, unknown),
        timeline=timeline(place, person_id, shown.until, shown.days),
        identity=identity,
        completeness=None if features is None else features["filled"] / PROFILE_FIELDS,
        unknown=unknown,
    )


def timeline(place: Place, person_id: int, until: date | None = None, days: int = DAYS) -> Timeline:
    """Return what happened to a person in so many days up to a day: events, orders, refunds, messages, relations.

    Without a day the newest days with anything in them.  Events are read by the person's identifiers and by date, so
    that of a table in the order of time only the days asked for are read.
    """
    engine = place.engine
    known = _one(engine, "person_fact", person_id, {}) or {}
    last = min(until or place.build.as_of, place.build.as_of)
    newest = [day for day in (known.get("last_active_date"), known.get("last_purchase_date")) if day and day <= last]
    end = max(newest, default=last) if until is None else last
    first = end - timedelta(days=days - 1)
    found = [
        *_events(engine, person_id, first, last),
        *_orders(engine, person_id),
        *_messages(engine, person_id),
        *_relations(engine, person_id),
    ]
    inside = [one for one in found if first <= one.day <= last]
    inside.sort(
        key=lambda one: (one.day, one.at.timestamp() if one.at else 0.0, one.kind, one.record or ""), reverse=True
    )
    begin = known.get("first_seen_date")
    return Timeline(first, last, tuple(inside), any(one.day < first for one in found) or bool(begin and begin < first))


def _blocks(
    place: Place, person_id: int, features: Mapping[str, Any] | None, may_see: frozenset[Privacy]
) -> dict[Block, tuple[Known, ...]]:
    tags = _tags(place, person_id)
    found: dict[Block, list[Known]] = {block: [] for block in Block if block is not Block.CONTACT}
    for one in fields_of(place.engine).values():
        # A tag that does not hold is no news; a feature that is not known is.
        if one.block is Block.CONTACT or (one.block is Block.TAGS and one.column not in tags):
            continue
        is_masked = not is_open(one, may_see)
        value = tags[one.column] if one.block is Block.TAGS else (features or {}).get(one.column)
        found[one.block].append(Known(one, HIDDEN_SIGN if is_masked else value, is_masked))
    return {block: tuple(known) for block, known in found.items()}


def _tags(place: Place, person_id: int) -> dict[str, str]:
    if "person_tag" not in place.engine.tables:
        return {}
    day = place.build.as_of
    rows = _of(place.engine, "person_tag", ("tag_code", "value", "from_date", "to_date"), person_id)
    return {row["tag_code"]: row["value"] for row in rows if row["from_date"] <= day < row["to_date"]}


def _value(place: Place, person_id: int, unknown: dict[str, str]) -> dict[str, Any]:
    names = ("orders", "orders_365", "purchase_days", "net_fen", "net_365_fen", "first_purchase_date")
    known = _one(place.engine, "person_fact", person_id, unknown) or {}
    found = {name: known.get(name) for name in (*names, "last_purchase_date", "recency_days")}
    if "person_value" not in place.engine.tables:
        unknown["clv"] = "person_value"
        return found
    columns = ("own_fen", "spread_fen", "clv_fen", "predicted_12m_fen")
    rows = place.engine.look_up("person_value", columns, {"person_id": [person_id], "date": [place.build.as_of]})
    return found | (rows[0] if rows else dict.fromkeys(columns))


def _consents(place: Place, person_id: int, unknown: dict[str, str]) -> tuple[Consent, ...]:
    rows = _spans(place, "consent_span", ("purpose", "channel", "granted", "from_date"), person_id, unknown)
    found = [Consent(row["purpose"], row["channel"], row["granted"], row["from_date"]) for row in rows]
    asked = {one.purpose for one in found}
    found += [Consent(purpose, None, None, None) for purpose in CONSENT_PURPOSES if purpose not in asked]
    return tuple(sorted(found, key=lambda one: (CONSENT_PURPOSES.index(one.purpose), one.channel or "")))


def _reach(place: Place, person_id: int, unknown: dict[str, str]) -> tuple[Reach, ...]:
    rows = _spans(place, "reach_span", ("channel_id", "reachable", "reason", "from_date"), person_id, unknown)
    channels: dict[str, dict[str, Any]] = {}
    if rows and "channel_dim" in place.engine.tables:
        named = place.engine.look_up("channel_dim", ("channel_id", "name_zh", "name_en"), {})
        channels = {row["channel_id"]: row for row in named}
    found = []
    for row in sorted(rows, key=lambda one: str(one["channel_id"])):
        channel = channels.get(row["channel_id"], {})
        names = (channel.get("name_zh"), channel.get("name_en"))
        found.append(Reach(row["channel_id"], *names, row["reachable"], row["reason"], row["from_date"]))
    return tuple(found)


def _events(engine: DuckDBEngine, person_id: int, first: date, last: date) -> list[Happening]:
    if "event_fact" not in engine.tables:
        return []
    own = _of(engine, "identifier_person", ("identifier_id",), person_id)
    ids = sorted(row["identifier_id"] for row in own)
    names = ("event_id", "local_date", "occurred_at", "type", "channel_id", "activity")
    return [
        Happening(
            row["local_date"],
            row["occurred_at"],
            "event",
            row["type"],
            row["channel_id"],
            None,
            row["activity"],
            row["event_id"],
        )
        for row in engine.look_up("event_fact", names, {"identifier_id": ids, "local_date": Within(first, last)})
        if not row["event_id"].startswith(_OWN_KINDS)
    ]


def _orders(engine: DuckDBEngine, person_id: int) -> list[Happening]:
    names = ("order_id", "local_date", "paid_at", "status", "ordered_channel_id", "gross_fen", "invalid_reason")
    rows = [row for row in _of(engine, "order_fact", names, person_id) if row["local_date"] is not None]
    found = [
        Happening(
            row["local_date"],
            row["paid_at"],
            "order",
            row["status"],
            row["ordered_channel_id"],
            row["gross_fen"],
            row["invalid_reason"],
            row["order_id"],
        )
        for row in rows
    ]
    if not rows:
        return found
    bought = {"order_id": sorted(row["order_id"] for row in rows)}
    refunds = engine.look_up("refund_fact", ("refund_id", "order_id", "amount_fen", "local_date"), bought)
    return found + [
        Happening(
            row["local_date"], None, "refund", "refunded", None, row["amount_fen"], row["order_id"], row["refund_id"]
        )
        for row in refunds
    ]


def _messages(engine: DuckDBEngine, person_id: int) -> list[Happening]:
    moments = ("clicked_at", "opened_at", "delivered_at", "sent_at", "unsub_at")
    names = ("message_id", "local_date", "channel_id", "is_skipped", "fail_reason", *moments)
    found = []
    for row in _of(engine, "message_fact", names, person_id):
        reached = next((name.removesuffix("_at") for name in moments[:-1] if row[name] is not None), "planned")
        state = "skipped" if row["is_skipped"] else "failed" if row["fail_reason"] else reached
        note = row["fail_reason"] or ("unsubscribed" if row["unsub_at"] else None)
        found.append(
            Happening(
                row["local_date"], row["sent_at"], "message", state, row["channel_id"], None, note, row["message_id"]
            )
        )
    return found


def _relations(engine: DuckDBEngine, person_id: int) -> list[Happening]:
    names = ("relation_id", "type", "channel_id", "started_at", "from_date", "until_date", "end_reason")
    found = []
    for row in _of(engine, "relation_fact", names, person_id):
        said = (row["type"], row["channel_id"], None)
        found.append(Happening(row["from_date"], row["started_at"], "relation", *said, "began", row["relation_id"]))
        if row["until_date"].year < date.max.year:
            why = row["end_reason"] or "ended"
            found.append(Happening(row["until_date"], None, "relation", *said, why, row["relation_id"]))
    return found


def _spans(
    place: Place, table: str, names: Sequence[str], person_id: int, unknown: dict[str, str]
) -> list[dict[str, Any]]:
    if table not in place.engine.tables:
        unknown[table] = table
        return []
    day = place.build.as_of
    rows = _of(place.engine, table, (*names, "until_date"), person_id)
    return [row for row in rows if row["from_date"] <= day < row["until_date"]]


def _one(engine: DuckDBEngine, table: str, person_id: int, unknown: dict[str, str]) -> dict[str, Any] | None:
    if table not in engine.tables:
        unknown[table] = table
        return None
    rows = _of(engine, table, engine.contracts[table].column_names, person_id)
    return rows[0] if rows else None


def _of(engine: DuckDBEngine, table: str, names: Sequence[str], person_id: int) -> list[dict[str, Any]]:
    return engine.look_up(table, names, {"person_id": [person_id]})
