"""One record being read: what it says, by whom and where, and the columns every row made from it has."""

import re
from dataclasses import dataclass

from quanyu.collect.flat import Row, Said, first, iso, query_of, said, surroundings, text, utf8
from quanyu.collect.personal import page_address
from quanyu.collect.record import Kind, Record

# In the order in which one of them stands for the person where a row needs a single one.
ID_COLUMNS = (
    "member_id",
    "unionid",
    "openid",
    "external_userid",
    "platform_buyer_id",
    "device",
    "card_no",
    "stored_value_no",
    "mobile",
    "email",
)
_OF_RECORD = ("row", "message_id", "record_id", "occurred_at", "told_at", "historic", "library", "is_bot", "is_test")
_PERSON = (*_OF_RECORD, *ID_COLUMNS)
_VERSIONED = ("version",)
_PLACE = ("channel_id", "platform", "store_id", "pos_id", "associate_id", "campaign_id", "content_id", "share_id")
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
PAGE = ("page_url", "page_path", "page_title", "screen", "referrer", *_UTM)
_PRODUCT = ("product_id", "sku", "spu_id", "product_name", "category_id", "quantity", "price", "currency")

# Every key of every kind of row, in order.
COLUMNS: dict[str, tuple[str, ...]] = {
    "event": (
        *_PERSON,
        *("type", "event_name", "visitor_key", "visit_id"),
        *_PLACE,
        *("touchpoint_id", "group_id", "sent_message_id", "qr_id"),
        *_PRODUCT,
        *("order_id", "coupon_id", "keyword", "duration_s", "value"),
        *PAGE,
        *("props", "direct", "fault"),
    ),
    "attribute": (*_PERSON, *_VERSIONED, "attribute", "value", "change"),
    "link": (*_PERSON, *(f"{name}_2" for name in ID_COLUMNS), "unlink", "direct"),
    "order": (
        *_PERSON,
        *_VERSIONED,
        *_PLACE,
        *("order_id", "status", "paid_at", "currency", "paid_amount", "total", "subtotal", "revenue", "freight", "tax"),
        *("discount", "coupon_id", "coupon_amount", "points_amount", "points_earned", "points_used"),
        *("deposit", "is_presale", "is_staff", "order_type", "fulfil_type", "promised_at", "fulfilled_at", "payments"),
        *("ordered_channel_id", "paid_channel_id", "fulfil_channel_id", "visit_id", *_UTM),
    ),
    "order_line": (
        *_OF_RECORD,
        *_VERSIONED,
        *("order_id", "line_no", *_PRODUCT, "list_price", "list_amount", "discount", "coupon_amount", "paid_amount"),
        *("cost_amount", "points_earned", "points_used", "is_gift"),
    ),
    "refund": (
        *_PERSON,
        *("refund_id", "order_id", "line_no", *_PRODUCT, "amount", "refunded_at", "reason", "kind"),
    ),
    "coupon": (
        *_PERSON,
        *_VERSIONED,
        *("coupon_id", "batch_id", "campaign_id", "state", "claimed_at", "claimed_channel_id", "redeemed_at"),
        *("redeemed_channel_id", "order_id", "expires_on"),
    ),
    "share": (*_PERSON, *_PLACE, "product_id", "sku", "spu_id", "share_via", "parent_share_id"),
    "visit": (*_PERSON, *_VERSIONED, *_PLACE, "visit_id", "visitor_key", "started_at", "ended_at"),
    "consent": (
        *_PERSON,
        *("consent_id", "purpose", "channel", "granted", "separate", "text_version", "evidence", "partner_id"),
    ),
}

# Cubot makes phones; okhttp is in every Android app.
_BOT = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|headless|lighthouse|pingdom|phantomjs|selenium|puppeteer|playwright|facebookexternalhit"
    r"|linkpreview|^(curl|wget|python-requests|python-urllib|go-http-client)/",
    re.IGNORECASE,
)
_PLATFORMS = (
    ("mini_program", re.compile(r"mini|^minp$|wechat|alipay|weapp", re.IGNORECASE)),
    ("app", re.compile(r"ios|android|harmony|flutter|swift|kotlin|react.native", re.IGNORECASE)),
    ("server", re.compile(r"python|^py|node|java(?!script)|php|ruby|golang|server|webhook", re.IGNORECASE)),
    ("web", re.compile(r"js|web|javascript|browser|rudderlabs", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True)
class Act:
    """One record: what its properties say, what its context and its page's address say, the columns its rows share."""

    record: Record
    told: Said
    around: Said
    base: Row

    def row(self, kind: str, place: int | None = None, /, **values: str | None) -> Row:
        """Return a row of a kind with all its columns; the `place`-th of several rows has "#n" after its message id."""
        shared = self.base | {"row": kind, "message_id": self.message_id(place)} | values
        return {name: shared.get(name) for name in COLUMNS[kind]}

    def message_id(self, place: int | None) -> str:
        """Return the record's id, with "#n" for the n-th of several rows of one kind."""
        said = self.base["record_id"]
        return f"{said}" if place is None else f"{said}#{place}"

    @property
    def occurred_at(self) -> str | None:
        """Return when it happened, as ISO 8601 in UTC; None when the time is beyond the calendar."""
        return self.base["occurred_at"]

    @property
    def who(self) -> tuple[str, str] | None:
        """Return type and value of one identifier that does not reach the person by itself; None without one."""
        reaching = ("mobile", "email")
        ids = ((name, self.base.get(name)) for name in ID_COLUMNS if name not in reaching)
        return next(((name, value) for name, value in ids if value is not None), None)


def read(record: Record, received_at: int) -> Act:
    """Return a record made ready; `received_at` (milliseconds UTC) is its time when the sender told none."""
    told = said(record.properties)
    opened = surroundings(record.context)
    around = said(opened, record.properties)
    around = Said(said(query_of(around.text("page_url"))).values | around.values)
    ids = identifiers(record)
    if "member_id" not in ids and (member_no := told.name("member_no")) is not None:
        ids["member_id"] = member_no
    # RudderStack writes "$direct" for none.
    referrer = around.text("referrer")
    base: Row = {
        "record_id": utf8(record.message_id),
        "occurred_at": iso(received_at if record.happened_at is None else record.happened_at),
        # Of rows about one order, line, coupon, visit or attribute the one that happened last holds, however they came.
        "version": iso(received_at if record.happened_at is None else record.happened_at),
        "told_at": text(record.told_at),
        "historic": "1" if record.historic else None,
        "library": text(record.library),
        "is_bot": _is_bot(around),
        "is_test": _is_test(told, around),
        "platform": _platform(record, around),
        "visitor_key": first(ids.get(name) for name in ("device", "openid", "unionid")),
        "page_url": page_address(around.text("page_url")),
        "referrer": None if (referrer or "").startswith("$") else page_address(referrer),
        **ids,
        **{name: around.name(name) for name in ("visit_id", "page_path", "page_title", "screen", *_UTM)},
        **{name: told.name(name) for name in _PLACE if name != "platform"},
        **{name: told.name(name) for name in ("touchpoint_id", "group_id", "sent_message_id", "qr_id")},
        "currency": told.text("currency"),
    }
    if record.kind is Kind.GROUP:
        # A company, in Segment's sense; ours are group chats.
        base["group_id"] = None
    if base["campaign_id"] is None:
        base["campaign_id"] = base["utm_campaign"]
    return Act(record, told, around, base)


def identifiers(record: Record) -> dict[str, str | None]:
    """Return the first identifier of each type that a record carries."""
    ids: dict[str, str | None] = {}
    for identity in record.identities:
        if identity.type in ID_COLUMNS:
            ids.setdefault(identity.type, text(identity.value))
    return ids


def _is_bot(around: Said) -> str | None:
    agent = around.text("user_agent") or ""
    return "1" if around.flag("is_bot") == "1" or _BOT.search(agent) else None


def _is_test(told: Said, around: Said) -> str | None:
    # 易观 says 2 for "check and store".
    marks = (told.text("is_test"), around.text("is_test"))
    return (
        "1" if any(mark is not None and mark.casefold() in {"1", "2", "true", "yes", "是"} for mark in marks) else None
    )


def _platform(record: Record, around: Said) -> str | None:
    hints = (around.text("platform"), text(record.library))
    for hint in hints:
        known = next((name for name, pattern in _PLATFORMS if hint and pattern.search(hint)), None)
        if known is not None:
            return known
    return None
