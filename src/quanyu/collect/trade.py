"""Orders, their lines, refunds, coupons, shares and visits of one record.

Money is text in major units as sent, and never a float: where a sum has to be taken apart (goods without freight, a
line from price and quantity) that is done exactly, in decimals.  What makes a row impossible is a fault, no guess.
"""

import hashlib
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from quanyu.collect.act import Act
from quanyu.collect.conventions import Does, plain
from quanyu.collect.flat import (
    Row,
    Said,
    as_json,
    first,
    iso,
    minus,
    moment,
    priced,
    product,
    product_columns,
    products,
    text,
    times,
    total,
)
from quanyu.collect.personal import parted
from quanyu.collect.vocabulary import FULFILMENTS, REFUND_KINDS, STATUSES

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Told:
    """What an event tells beside that it happened: rows, and why something it should tell is missing."""

    rows: tuple[Row, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class _Amount:
    value: str | None = None
    fault: str | None = None


def trade(act: Act, does: Does) -> Told:
    """Return the rows an event of this kind tells, all texts as sent; nothing for kinds that tell no more."""
    build = _BUILDERS.get(does)
    return build(act) if build is not None else Told()


def _order(act: Act, status: str, paid_at: str | None, lines: tuple[Mapping[Any, Any], ...] = ()) -> Told:
    told = act.told
    order_id = told.name("order_id")
    if order_id is None:
        return Told(fault="order.no_id")
    paid = _paid_amount(told)
    if paid.value is None:
        return Told(fault=paid.fault)
    order = act.row(
        "order",
        status=status,
        order_id=order_id,
        paid_at=paid_at,
        paid_amount=paid.value,
        coupon_id=told.name("order_coupon"),
        **{name: told.number(name) for name in _ORDER_NUMBERS},
        **{name: told.flag(name) for name in ("is_presale", "is_staff")},
        order_type=told.text("order_type"),
        fulfil_type=FULFILMENTS.get(plain(told.text("fulfil_type") or "")),
        **{name: told.name(name) for name in ("paid_channel_id", "fulfil_channel_id")},
        ordered_channel_id=first((told.name("ordered_channel_id"), told.name("channel_id"))),
        promised_at=moment(told.raw("promised_time")),
        fulfilled_at=moment(told.raw("fulfilled_time")),
        payments=_payments(told),
    )
    rows, fault = [order], None
    for number, entry in enumerate(lines, start=1):
        line = _line(act, product(entry), order_id, number, number)
        rows += line.rows
        fault = fault or line.fault
    return Told(tuple(rows), fault)


_ORDER_NUMBERS = (
    "total",
    "subtotal",
    "revenue",
    "freight",
    "tax",
    "discount",
    "coupon_amount",
    "points_amount",
    "points_earned",
    "points_used",
    "deposit",
)


def _payments(told: Said) -> str | None:
    listed = next((told.values[name] for name in ("payments", "paymentmethods") if name in told.values), None)
    if isinstance(listed, list | dict):
        return as_json(parted({"payments": listed})[0].get("payments"))
    return told.text("payments")


def _paid_amount(told: Said) -> _Amount:
    """What was paid for the goods, without freight and without tax that came on top.

    With the total and its freight that is their difference; else the subtotal (Segment: after discounts, before taxes
    and shipping), the total, the revenue.
    """
    said: dict[str, str | None] = {}
    for field in ("paid_amount", "total", "freight", "tax", "subtotal", "revenue"):
        said[field] = told.number(field)
        if said[field] is None and told.raw(field) is not None:
            return _Amount(fault="order.amount_not_number")
    whole, freight, tax = said["total"], said["freight"], said["tax"]
    parts = minus(whole, freight, tax) if whole is not None and freight is not None else None
    whole = None if whole is None else minus(whole, tax)
    paid = first((said["paid_amount"], parts, said["subtotal"], whole, said["revenue"]))
    if paid is None:
        return _Amount(fault="order.no_amount")
    return _Amount(fault="order.amount_negative") if Decimal(paid) < 0 else _Amount(paid)


def _status(told: Said, otherwise: str) -> str:
    return STATUSES.get(plain(told.text("status") or ""), otherwise)


def _paid(act: Act) -> Told:
    listed = products(act.told)
    paid_at = first((moment(act.told.raw("paid_time")), act.occurred_at))
    if act.told.flag("pay_success") == "0":
        return _order(act, "placed", None, listed)
    status = _status(act.told, "paid")
    return _order(act, status, None if status == "placed" else paid_at, listed)


def _placed(act: Act) -> Told:
    return _order(act, "placed", None, products(act.told))


def _changed(act: Act) -> Told:
    """An order told anew replaces what is known of it: without its time of payment it would fall out of its day."""
    paid_at = moment(act.told.raw("paid_time"))
    if paid_at is None:
        return Told(fault="order.no_paid_at")
    return _order(act, _status(act.told, "paid"), paid_at, products(act.told))


def _cancelled(act: Act) -> Told:
    return _order(act, "cancelled", moment(act.told.raw("paid_time")))


def _lines_alone(act: Act) -> Told:
    """Lines with events of their own (神策's details, Snowplow's ti)."""
    order_id = act.told.name("order_id")
    if order_id is None:
        return Told(fault="order.no_id")
    lines = tuple(product(entry) for entry in products(act.told)) or (act.told,)
    rows: list[Row] = []
    fault = None
    for number, one in enumerate(lines, start=1):
        which = product_columns(one)["product_id"]
        if which is None and one.number("line_no") is None:
            fault = "line.no_product"
            continue
        # Lines that come one by one have no order among them; the number has to be the same in SubmitOrderDetail and
        # in PayOrderDetail, or the order would have each line twice.
        line = _line(act, one, order_id, 1_000_000 + zlib.crc32((which or "").encode()), number)
        rows += line.rows
        fault = fault or line.fault
    return Told(tuple(rows), fault)


def _line(act: Act, one: Said, order_id: str, number: int, place: int | None) -> Told:
    if one.number("quantity") is None and one.raw("quantity") is not None:
        return Told(fault="line.quantity_not_number")
    quantity = one.number("quantity") or "1"
    amount = _line_amount(one, quantity)
    if amount.value is None:
        return Told(fault=amount.fault)
    list_price = first((one.number("list_price"), one.number("price")))
    unit_cost = one.number("unit_cost")
    line = act.row(
        "order_line",
        place,
        order_id=order_id,
        line_no=_whole(one.number("line_no")) or str(number),
        **product_columns(one),
        quantity=quantity,
        price=one.number("price"),
        currency=first((one.text("currency"), act.base["currency"])),
        list_price=one.number("list_price"),
        list_amount=None if list_price is None else priced(list_price, quantity),
        discount=one.number("line_discount"),
        coupon_amount=one.number("line_coupon_amount"),
        paid_amount=amount.value,
        cost_amount=first((one.number("cost"), None if unit_cost is None else priced(unit_cost, quantity))),
        points_earned=one.number("points_earned"),
        points_used=one.number("points_used"),
        is_gift=one.flag("is_gift"),
    )
    return Told((line,))


def _whole(number: str | None) -> str | None:
    return number if number is not None and number.isdecimal() else None


def _line_amount(one: Said, quantity: str) -> _Amount:
    """What was paid for a line: as told, else price times quantity less what the line says was taken off."""
    for field in ("line_amount", "price", "line_discount"):
        if one.raw(field) is not None and one.number(field) is None:
            return _Amount(fault="line.amount_not_number")
    told, price = one.number("line_amount"), one.number("price")
    if told is not None:
        return _Amount(told)
    if price is None:
        return _Amount(fault="line.no_amount")
    return _Amount(minus(priced(price, quantity), one.number("line_discount"), one.number("line_coupon_amount")))


def _refund(act: Act) -> Told:
    """By line when the lines' amounts make up the whole, or no whole is told; else one refund of the whole order."""
    told = act.told
    order_id = told.name("order_id")
    if order_id is None:
        return Told(fault="refund.no_order")
    if told.raw("refund_amount") is not None and told.number("refund_amount") is None:
        return Told(fault="refund.amount_not_number")
    whole = told.number("refund_amount")
    lines = tuple(product(entry) for entry in products(told)) or ((told,) if whole is None else ())
    amounts = [_refunded(one) for one in lines]
    known = [amount for amount in amounts if amount is not None]
    if lines and len(known) == len(lines) and (whole is None or total(known) == Decimal(whole)):
        places: list[int | None] = [None] if len(lines) == 1 else list(range(1, len(lines) + 1))
        return Told(tuple(map(lambda one, amount, place: _refund_row(act, one, amount, place), lines, known, places)))
    if whole is None:
        return Told(fault="refund.no_amount")
    return Told((_refund_row(act, told, whole, None),))


def _refunded(one: Said) -> str | None:
    price, quantity = one.number("price"), one.number("quantity")
    if one.raw("quantity") is not None and quantity is None:
        return None
    return first((one.number("refund_line_amount"), None if price is None else priced(price, quantity or "1")))


def _refund_row(act: Act, one: Said, amount: str, place: int | None) -> Row:
    told = act.told
    refund_id = told.name("refund_id") or act.message_id(None)
    return act.row(
        "refund",
        place,
        refund_id=refund_id if place is None else f"{refund_id}#{place}",
        order_id=told.name("order_id"),
        line_no=_whole(text(one.raw("original_line"))),
        **product_columns(one),
        quantity=one.number("quantity"),
        price=one.number("price"),
        amount=amount,
        refunded_at=act.occurred_at,
        reason=first((one.text("reason"), told.text("reason"))),
        kind=REFUND_KINDS.get(plain(told.text("refund_kind") or ""), "return"),
    )


def _coupon(act: Act, state: str, *, claimed: bool = False, redeemed: bool = False, code: str = "coupon_code") -> Told:
    told = act.told
    batch_id, said_code = told.name("coupon_batch_id"), told.name(code)
    # One coupon of a batch has a number of its own, or its id stands beside that of its batch.
    own = told.name("coupon_no") or (said_code if batch_id is not None else None)
    batch_id = first((batch_id, said_code, own))
    if batch_id is None:
        return Told(fault="coupon.no_id")
    coupon_id = own or _coupon_of_holder(act, batch_id)
    if coupon_id is None:
        return Told(fault="coupon.no_holder")
    channel_id = act.base["channel_id"]
    coupon = act.row(
        "coupon",
        coupon_id=coupon_id,
        batch_id=batch_id,
        state=state,
        claimed_at=act.occurred_at if claimed else None,
        claimed_channel_id=channel_id if claimed else None,
        redeemed_at=act.occurred_at if redeemed else None,
        redeemed_channel_id=channel_id if redeemed else None,
        order_id=told.name("order_id"),
        expires_on=_day(told.text("expires")),
    )
    return Told((coupon,))


def _day(said: str | None) -> str | None:
    """The day an ISO text begins with; None for other forms, which stay in the event's properties."""
    day = _DAY.match(said or "")
    return day[0] if day is not None else None


def _coupon_of_holder(act: Act, batch_id: str) -> str | None:
    """A code that everyone uses becomes one coupon per holder; the holder's identifier does not stand in it."""
    order_id = act.told.name("order_id")
    holder = act.who or (None if order_id is None else ("order", order_id))
    if holder is None:
        return None
    return f"{batch_id}:{hashlib.sha256(':'.join((*holder, batch_id)).encode()).hexdigest()[:16]}"


def _paid_with_coupon(act: Act) -> Told:
    told = _paid(act)
    if not told.rows or told.rows[0]["status"] == "placed" or act.told.name("order_coupon") is None:
        return told
    coupon = _coupon(act, "redeemed", redeemed=True, code="order_coupon")
    return Told(told.rows + coupon.rows, told.fault or coupon.fault)


def _share(act: Act) -> Told:
    told = act.told
    share = act.row(
        "share",
        **product_columns(product(entry) if (entry := next(iter(products(told)), None)) is not None else told),
        share_id=told.name("share_id") or act.message_id(None),
        share_via=told.text("share_via"),
        parent_share_id=told.name("parent_share_id"),
    )
    return Told((share,))


def _visit_begun(act: Act) -> Told:
    if act.base["visit_id"] is None:
        return Told(fault="visit.no_id")
    return Told((act.row("visit", started_at=act.occurred_at),))


def _visit_ended(act: Act) -> Told:
    """The end of a visit that says how long it lasted tells both; alone it would hide when the visit began."""
    duration, ended = act.told.number("duration_s"), act.record.happened_at
    if act.base["visit_id"] is None:
        return Told(fault="visit.no_id")
    if duration is None or ended is None or Decimal(duration) < 0:
        return Told()
    started_at = iso(ended - int(Decimal(times(duration, "1000"))))
    return Told((act.row("visit", started_at=started_at, ended_at=act.occurred_at),) if started_at else ())


_BUILDERS: dict[Does, Callable[[Act], Told]] = {
    Does.ORDER_PAID: _paid_with_coupon,
    Does.ORDER_PLACED: _placed,
    Does.ORDER_CHANGED: _changed,
    Does.ORDER_CANCELLED: _cancelled,
    Does.LINE: _lines_alone,
    Does.REFUND: _refund,
    Does.COUPON_CLAIMED: lambda act: _coupon(act, "claimed", claimed=True),
    Does.COUPON_LOCKED: lambda act: _coupon(act, "locked"),
    Does.COUPON_FREED: lambda act: _coupon(act, "claimed"),
    Does.COUPON_REDEEMED: lambda act: _coupon(act, "redeemed", redeemed=True),
    Does.SHARE: _share,
    Does.VISIT_BEGUN: _visit_begun,
    Does.VISIT_ENDED: _visit_ended,
}
