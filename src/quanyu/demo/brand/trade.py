"""When persons buy, where and what: a gamma-Poisson process with dropout, in business time.

Purchases of a person come with exponential gaps around a mean of their own (the rate is gamma distributed over
persons); after each of them the person may leave for good (Fader, Hardie and Lee 2005, BG/NBD, in its assumptions).
"""

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from quanyu.demo.brand import days
from quanyu.demo.brand.chance import Ints, Mask, repeated
from quanyu.demo.brand.persons import People, World
from quanyu.demo.brand.places import CAMPAIGNS, LIVE, MINI, POS, VISIT_WEIGHTS

ORDERS_A_PERSON: Final = 128
LINES_AN_ORDER: Final = 8
DONE, UNPAID, CANCELLED, TEST, STAFF = range(5)
"""States of orders: only the first is a sale of the brand to a person."""
_STATE_WEIGHTS: Final = (958, 26, 10, 2, 4)
_OTHER_CHANNEL: Final = 280


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders of one piece; `at` is the place of the person in the piece, `key` a number that no other order has.

    `second` is local time since the first midnight of history, `refunded_day` is -1 without a refund, `paid_fen` the
    goods without freight.  `touchpoint` is -1 outside the mini-program; `sharer` the place of the person whose card
    led to the order, or -1, and `shared_second` when the card was sent.
    """

    key: Ints
    at: Ints
    day: Ints
    second: Ints
    channel: Ints
    store: Ints
    state: Ints
    touchpoint: Ints
    has_coupon: Mask
    paid_fen: Ints
    discount_fen: Ints
    coupon_fen: Ints
    freight_fen: Ints
    refunded_fen: Ints
    refunded_day: Ints
    sharer: Ints
    shared_second: Ints

    def __len__(self) -> int:
        return len(self.key)

    @property
    def is_valid(self) -> Mask:
        """Return which orders count: paid, of a customer, and not refunded whole."""
        valid: Mask = (self.state == DONE) & (self.paid_fen > self.refunded_fen)
        return valid


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one piece's orders; `at` is the place of the order.  `refunded_fen` is 0 or what the line cost."""

    at: Ints
    line_no: Ints
    product: Ints
    qty: Ints
    list_fen: Ints
    discount_fen: Ints
    coupon_fen: Ints
    paid_fen: Ints
    refunded_fen: Ints


def taken(rows: Any, keep: Mask | Ints) -> Any:
    """Return the rows of a dataclass of columns that a mask or places name."""
    return type(rows)(**{field.name: getattr(rows, field.name)[keep] for field in fields(rows)})


def make_orders(world: World, people: People) -> tuple[Orders, Lines]:
    """Return all orders that the persons would place, and their lines."""
    chance = world.chance
    at, number, moment = _purchases(world, people)
    key = people.number[at] * ORDERS_A_PERSON + number
    channel = _channel(world, people, at, key)
    day = days.day_of(moment)
    in_store = channel == POS
    second = np.where(
        in_store,
        days.second_of_day(chance, "order in store", key, in_store=True),
        days.second_of_day(chance, "order", key),
    )
    second = day * days.DAY + second
    state = chance.pick("state", key, _STATE_WEIGHTS)
    # Only the mini-program says which orders are tests or of staff, and no till takes unpaid orders.
    plain = (channel != MINI) & ((state == TEST) | (state == STAFF))
    state = np.where(in_store | plain, DONE, state)
    touchpoint = np.where(channel == MINI, chance.pick("touchpoint", key, VISIT_WEIGHTS), -1)
    away = chance.happens("another store", key, 120)
    store = np.where(in_store, np.where(away, people.store[at] // 4 * 4 + key % 4, people.store[at]), -1)
    lines, coupon = _lines(world, people, at, key, day)
    paid = _total(lines["at"], lines["paid_fen"], len(key))
    refunded_day, refunded_lines = _refunds(world, key, day, state, channel, lines)
    orders = Orders(
        key=key,
        at=at,
        day=day,
        second=second,
        channel=channel,
        store=store,
        state=state,
        touchpoint=touchpoint,
        has_coupon=coupon > 0,
        paid_fen=paid,
        discount_fen=_total(lines["at"], lines["discount_fen"], len(key)),
        coupon_fen=coupon,
        freight_fen=np.where((channel != POS) & (paid < 9900), 1000, 0),
        refunded_fen=_total(lines["at"], refunded_lines, len(key)),
        refunded_day=refunded_day,
        sharer=np.full(len(key), -1),
        shared_second=np.full(len(key), -1),
    )
    return orders, Lines(**lines, refunded_fen=refunded_lines)


def without_orders(orders: Orders, lines: Lines, gone: Mask) -> tuple[Orders, Lines]:
    """Return orders and lines without some of the orders."""
    place = np.cumsum(~gone) - 1
    kept = taken(lines, ~gone[lines.at])
    return taken(orders, ~gone), Lines(**{**_columns(kept), "at": place[kept.at]})


def _columns(rows: Any) -> dict[str, Any]:
    return {field.name: getattr(rows, field.name) for field in fields(rows)}


def _total(at: Ints, fen: Ints, rows: int) -> Ints:
    # Sums of whole numbers far below 2^53: exact in doubles.
    return np.bincount(at, weights=fen, minlength=rows).astype(np.int64)


def _purchases(world: World, people: People) -> tuple[Ints, Ints, Ints]:
    """Return person (place), number and moment of every purchase; one turn of the loop per purchase."""
    chance = world.chance
    here = np.flatnonzero(people.buys)
    who = people.number[here]
    early = chance.below("first purchase early", who, 90 * days.AN_ORDINARY_DAY)
    late = chance.exponential("first purchase", who, 25 * days.AN_ORDINARY_DAY)
    moment = people.arrived[here] + np.where(people.arrived[here] == 0, early, late)
    found = []
    for number in range(ORDERS_A_PERSON):
        stays = moment < days.SPAN
        here, moment = here[stays], moment[stays]
        if not len(here):
            break
        found.append((here, np.full(len(here), number), moment))
        key = people.number[here] * ORDERS_A_PERSON + number
        stays = ~chance.happens("leaves", key, people.leave[here])
        here, key = here[stays], key[stays]
        # Gaps are drawn for a mean of 1000 and stretched to the person's own.
        moment = moment[stays] + chance.exponential("gap", key, 1000) * people.gap[here] // 1000 + 400
    if not found:
        nothing = np.zeros(0, np.int64)
        return nothing, nothing, nothing
    at, nth, when = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((nth, at))
    return at[order], nth[order], when[order]


def _channel(world: World, people: People, at: Ints, key: Ints) -> Ints:
    other = world.chance.pick("other channel", key, (30, 25, 35, 10))
    has = np.stack([np.ones(len(people), np.bool_), people.has_tmall, people.has_mini, people.has_live])
    takes = world.chance.happens("takes another", key, _OTHER_CHANNEL) & has[other, at]
    return np.where(takes, other, people.origin[at])


def _lines(world: World, people: People, at: Ints, key: Ints, day: Ints) -> tuple[dict[str, Ints], Ints]:
    chance, flavour = world.chance, world.flavour
    order, number = repeated(1 + chance.steep("lines", key, flavour.lines))
    line = key[order] * LINES_AN_ORDER + number
    product = _product(world, line, people.category[at[order]])
    qty = 1 + chance.steep("qty", line, 3)
    list_fen = world.products.list_fen[product] * qty
    percent = np.where(in_campaign(day), 15, 0)[order] + chance.steep("percent off", line, 16)
    discount = list_fen * percent // 100 // 10 * 10
    paid = list_fen - discount
    first = number == 0
    wants = chance.happens("coupon", key, np.where(in_campaign(day), 320, 150))
    coupon = np.where(wants & (paid[first] >= 3 * flavour.coupon_fen), flavour.coupon_fen, 0)
    on_line = np.where(first, coupon[order], 0)
    lines = {
        "at": order,
        "line_no": number + 1,
        "product": product,
        "qty": qty,
        "list_fen": list_fen,
        "discount_fen": discount,
        "coupon_fen": on_line,
        "paid_fen": paid - on_line,
    }
    return lines, coupon


def _product(world: World, line: Ints, favourite: Ints) -> Ints:
    flavour, products = world.flavour, world.products
    loyal = world.chance.happens("favourite category", line, 600)
    other = world.chance.pick("category", line, [one.weight for one in flavour.categories])
    category = np.where(loyal, favourite, other)
    weights = np.array(products.weights, np.int64)
    ends = np.cumsum(weights)
    first = np.searchsorted(products.category, np.arange(len(flavour.categories)))
    starts = (ends - weights)[first]
    sizes = np.bincount(products.category, weights=weights).astype(np.int64)
    place = starts[category] + world.chance.below("product", line, sizes[category])
    return np.searchsorted(ends, place, side="right").astype(np.int64)


def in_campaign(day: Ints) -> Mask:
    """Return which days lie in a sale."""
    found = np.zeros(len(day), np.bool_)
    for _, _, kind, _, first, last, _ in CAMPAIGNS:
        if kind == "sale":
            found |= (days.dates(day) >= np.datetime64(first)) & (days.dates(day) <= np.datetime64(last))
    return found


def _refunds(
    world: World, key: Ints, day: Ints, state: Ints, channel: Ints, lines: dict[str, Ints]
) -> tuple[Ints, Ints]:
    """Return the day of each order's refund (-1: none) and what each line got back."""
    chance = world.chance
    asked = chance.happens("returns", key, world.flavour.returns) & ((state == DONE) | (state == STAFF))
    back = day + 1 + chance.steep("returned after", key, 20)
    is_known = asked & (back < days.DAYS)
    # The export of the live shop only knows orders closed as a whole.
    whole = chance.happens("returns all", key, 600) | (channel == LIVE)
    hit = is_known[lines["at"]] & (whole[lines["at"]] | (lines["line_no"] == 1))
    return np.where(is_known, back, -1), np.where(hit, lines["paid_fen"], 0)
