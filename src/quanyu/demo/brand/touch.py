"""What persons do between purchases: visits of the mini-program, live views, ads seen, cards shared, reviews."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from quanyu.demo.brand import days
from quanyu.demo.brand.chance import Ints, Mask, repeated
from quanyu.demo.brand.persons import People, World
from quanyu.demo.brand.places import LIVE, MINI, TMALL, VISIT_TOUCHPOINTS, VISIT_WEIGHTS
from quanyu.demo.brand.problems import RING_ACCOUNTS, TOUCHPOINT, leaks
from quanyu.demo.brand.trade import CANCELLED, DONE, UNPAID, Orders

EVENTS: Final = (
    "page_view", "product_view", "search", "category_search", "cart_added", "wishlist_added", "coupon_claimed", "like",
    "sign_in", "consult", "checkout", "order_paid", "share", "redeem",
)  # fmt: skip
(PAGE, VIEW, SEARCH, CATEGORY_SEARCH, CART, WISH, CLAIM, LIKE, SIGN_IN, CONSULT, CHECKOUT, PAID, SHARE,
 REDEEM) = range(len(EVENTS))  # fmt: skip
SHARE_CARD: Final = VISIT_TOUCHPOINTS - 1
EVENTS_A_VISIT: Final = 16
_BROWSING: Final = (24, 56, 3, 3, 5, 2, 2, 2, 2, 1, 0, 0, 0, 1)
_BROWSES_A_PERSON: Final = 64
# Numbers of visits that are not orders, of shares and of rings lie above those of orders.
BROWSE_BASE: Final = 1_000_000_000
RING_BASE: Final = 3_000_000_000
SHARE_BASE: Final = 4_000_000_000


@dataclass(frozen=True, slots=True)
class Clicks:
    """Events of the mini-program: who (place), when, what, where, in which visit; `is_named`: with a login."""

    at: Ints
    second: Ints
    type: Ints
    touchpoint: Ints
    product: Ints
    visit: Ints
    place: Ints
    is_named: Mask
    device: Ints


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits of the mini-program: who (place), where they began, their number, and whether with a login."""

    who: Ints
    touchpoint: Ints
    number: Ints
    is_named: Mask


@dataclass(frozen=True, slots=True)
class Seen:
    """Things that happened to a person once: who (place), when, and a number and value of its own."""

    at: Ints
    second: Ints
    key: Ints
    value: Ints


@dataclass(frozen=True, slots=True)
class Sent:
    """Messages: to whom (place), when, their number, by the associate or by text message, and what became of them."""

    at: Ints
    second: Ints
    key: Ints
    by_contact: Mask
    failed: Mask
    clicked: Mask
    left: Mask


def with_sharers(world: World, people: People, orders: Orders) -> Orders:
    """Return the orders with the person whose card led to them: somebody of the piece who was there before."""
    chance, key = world.chance, orders.key
    sharer = chance.below("sharer", key, max(len(people), 1))
    shared = orders.second - 3600 - chance.below("shared before", key, 9 * days.DAY)
    known = people.has_mini[sharer] & (people.arrived_day[sharer] * days.DAY + days.DAY < shared)
    is_card = (orders.touchpoint == SHARE_CARD) & (orders.state == DONE) & (sharer != orders.at) & known & (shared >= 0)
    return replace(orders, sharer=np.where(is_card, sharer, -1), shared_second=np.where(is_card, shared, -1))


def clicks(world: World, people: People, orders: Orders, cause: Ints) -> Clicks:
    """Return the events of the mini-program; `orders` are all orders, `cause` says why some of them came to nothing."""
    bought = (orders.channel == MINI) & ((cause == 0) | (cause == TOUCHPOINT))
    parts = [
        _of_orders(world, people, orders, np.flatnonzero(bought), cause),
        _of_browsing(world, people, orders),
        _of_shares(people, orders, np.flatnonzero((orders.sharer >= 0) & (cause == 0))),
    ]
    return _joined(parts)


def ring_clicks(people: People) -> Clicks:
    """Return what the accounts of the fraud rings do: open the page, register, claim a coupon within seconds."""
    at, place = repeated(np.full(len(people), 2))
    second = people.joined[at] * days.DAY + people.joined_second[at]
    return Clicks(
        at=at,
        second=second + np.where(place == 0, -20, 2 + at % 3),
        type=np.where(place == 0, PAGE, CLAIM),
        touchpoint=np.full(len(at), SHARE_CARD),
        product=np.full(len(at), -1),
        visit=RING_BASE + people.number[at],
        place=place,
        is_named=np.ones(len(at), np.bool_),
        device=people.device[at],
    )


def ring_leader(people: People) -> Ints:
    """Return the place of the account that invites each account of its ring."""
    return np.arange(len(people)) // RING_ACCOUNTS * RING_ACCOUNTS


def _of_orders(world: World, people: People, orders: Orders, own: Ints, cause: Ints) -> Clicks:
    chance, key = world.chance, orders.key[own]
    views = 1 + chance.below("views before order", key, 3)
    state = orders.state[own]
    rest = np.where(cause[own] > 0, 0, np.where(state == UNPAID, 2, 3))
    at, place = repeated(1 + views + rest)
    kind = np.where(place == 0, PAGE, np.where(place <= views[at], VIEW, CART + (place - views[at] - 1)))
    kind = np.where(kind == CART + 1, CHECKOUT, np.where(kind == CART + 2, PAID, kind))
    # A cancelled order was never paid.
    kind = np.where((kind == PAID) & (state[at] == CANCELLED), CHECKOUT, kind)
    end = 1 + views + rest
    second = orders.second[own][at] - (end[at] - 1 - place) * 40
    named = np.ones(len(own), np.bool_)
    visits = Visits(orders.at[own], orders.touchpoint[own], key, named)
    return _visit_events(world, people, visits, (at, place, kind, second))


def _of_browsing(world: World, people: People, orders: Orders) -> Clicks:
    chance = world.chance
    last = np.zeros(len(people), np.int64)
    np.maximum.at(last, orders.at, days.moment_of(orders.day))
    end = np.minimum(np.maximum(last, people.arrived) + 60 * days.AN_ORDINARY_DAY, days.SPAN - 1)
    end = np.where(chance.happens("keeps looking", people.number, 300), days.SPAN - 1, end)
    stretch = np.maximum(end - people.arrived, 0)
    mean = 2_000 + stretch // 30
    count = chance.exponential("browses", people.number, 1_000) * mean // 1_000_000
    count = np.where(people.has_mini & (stretch > 0), np.minimum(count, _BROWSES_A_PERSON), 0)
    who, number = repeated(count)
    key = BROWSE_BASE + people.number[who] * _BROWSES_A_PERSON + number
    within = chance.below("browse when", key, 1_000_000) * stretch[who] // 1_000_000
    day = days.day_of(people.arrived[who] + within)
    start = day * days.DAY + days.second_of_day(chance, "browse", key) * 95 // 100
    at, place = repeated(1 + chance.steep("browse events", key, 7))
    event = key[at] * EVENTS_A_VISIT + place
    kind = np.where(place == 0, PAGE, chance.pick("browse what", event, _BROWSING))
    touchpoint = chance.pick("browse touchpoint", key, VISIT_WEIGHTS)
    spoiled = leaks(world, touchpoint[at], day[at]) & np.isin(kind, (CART, WISH, CLAIM))
    kind = np.where(spoiled, PAGE, kind)
    second = start[at] + place * 35 + chance.below("browse pause", event, 30)
    named = chance.happens("logged in", key, 850)
    return _visit_events(world, people, Visits(who, touchpoint, key, named), (at, place, kind, second))


def _visit_events(world: World, people: People, visits: Visits, events: tuple[Ints, Ints, Ints, Ints]) -> Clicks:
    """Return the events of visits; `events` are the place of the visit, the place in it, what and when."""
    at, place, kind, second = events
    event = visits.number[at] * EVENTS_A_VISIT + place
    concerned = np.isin(kind, (VIEW, CART, WISH))
    other = world.chance.happens("second device", visits.number, 60)
    who = visits.who[at]
    return Clicks(
        at=who,
        second=second,
        type=kind,
        touchpoint=visits.touchpoint[at],
        product=np.where(concerned, world.chance.pick("viewed", event, world.products.weights), -1),
        visit=visits.number[at],
        place=place,
        is_named=visits.is_named[at],
        device=people.device[who] + np.where(other, 1, 0)[at],
    )


def _of_shares(people: People, orders: Orders, own: Ints) -> Clicks:
    who = orders.sharer[own]
    return Clicks(
        at=who,
        second=orders.shared_second[own],
        type=np.full(len(own), SHARE),
        touchpoint=np.full(len(own), 0),
        product=np.full(len(own), -1),
        visit=SHARE_BASE + orders.key[own],
        place=np.zeros(len(own), np.int64),
        is_named=np.ones(len(own), np.bool_),
        device=people.device[who],
    )


def _joined(parts: list[Clicks]) -> Clicks:
    return Clicks(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in Clicks.__dataclass_fields__}
    )


def ads_seen(world: World, people: People) -> Seen:
    """Return the ads that persons saw on their device (value 0) or clicked (1): most before and around arrival."""
    chance = world.chance
    who, number = repeated(chance.steep("ads", people.number, 28))
    key = people.number[who] * 32 + number
    near = people.arrived_day[who] - 10 + chance.below("ad near", key, 40)
    day = np.where(chance.happens("ad any day", key, 700), chance.below("ad day", key, days.DAYS), near)
    known = (day >= 0) & (day < days.DAYS)
    second = day * days.DAY + days.second_of_day(chance, "ad", key)
    clicked = chance.happens("ad clicked", key, 60).astype(np.int64)
    return Seen(who[known], second[known], key[known], clicked[known])


def live_views(world: World, people: People) -> Seen:
    """Return the live rooms that persons watched; the value is how many seconds."""
    chance = world.chance
    count = np.where(people.has_live, chance.steep("live views", people.number, 14), 0)
    who, number = repeated(count)
    key = people.number[who] * 16 + number
    start = np.maximum(people.arrived_day[who], 0)
    day = start + chance.below("live day", key, np.maximum(days.DAYS - start, 1))
    second = day * days.DAY + 19 * 3600 + chance.below("live second", key, 2 * 3600)
    return Seen(who, second, key, 5 + chance.steep("live long", key, 1200))


def messages(world: World, people: People) -> Sent:
    """Return the messages sent to members by text message and to contacts by their associate."""
    chance = world.chance
    reached = people.has_contact | people.is_member
    who, number = repeated(np.where(reached, chance.steep("messages", people.number, 12), 0))
    key = people.number[who] * 16 + number
    by_contact = people.has_contact[who] & (~people.is_member[who] | chance.happens("by contact", key, 600))
    start = np.maximum(np.where(by_contact, people.arrived_day[who] + 60, people.joined[who] + 1), 0)
    day = start + chance.below("message day", key, np.maximum(days.DAYS - start, 1))
    known = day < days.DAYS
    second = day * days.DAY + 10 * 3600 + chance.below("message second", key, 8 * 3600)
    failed = chance.happens("message failed", key, 40)
    clicked = ~failed & chance.happens("message clicked", key, 90)
    left = ~failed & ~clicked & ~by_contact & chance.happens("message left", key, 6)
    return Sent(who[known], second[known], key[known], by_contact[known], failed[known], clicked[known], left[known])


def reviews(world: World, orders: Orders) -> Seen:
    """Return the reviews of orders (`at` is the order): rating 1 to 5, some days after the purchase."""
    chance, key = world.chance, orders.key
    online = (orders.channel == MINI) | (orders.channel == TMALL)
    day = orders.day + 3 + chance.steep("review after", key, 20)
    own = np.flatnonzero(online & orders.is_valid & chance.happens("review", key, 110) & (day < days.DAYS))
    second = day[own] * days.DAY + days.second_of_day(chance, "review", key[own])
    rating = 5 - chance.pick("rating", key[own], (66, 18, 8, 5, 3))
    return Seen(own, second, key[own], rating)


def bookings(world: World, people: People) -> Seen:
    """Return bookings of a service in the person's store; the value is the kind of service."""
    chance = world.chance
    books = people.is_member & chance.happens("books", people.number, 60)
    start = np.maximum(people.joined, 0)
    day = start + 1 + chance.below("booked for", people.number, np.maximum(days.DAYS - start, 1))
    own = np.flatnonzero(books & (day < days.DAYS))
    numbers = people.number[own]
    second = day[own] * days.DAY + days.second_of_day(chance, "booking", numbers, in_store=True)
    return Seen(own, second, numbers, chance.below("service", numbers, 3))


def scans(world: World, people: People, orders: Orders) -> Seen:
    """Return scans of the code on a bought item (`at` is the order)."""
    chance, key = world.chance, orders.key
    able = people.has_mini[orders.at] & orders.is_valid & (orders.channel != LIVE)
    day = orders.day + 1 + chance.steep("scan after", key, 12)
    own = np.flatnonzero(able & chance.happens("scan", key, 90) & (day < days.DAYS))
    second = day[own] * days.DAY + days.second_of_day(chance, "scan", key[own])
    return Seen(own, second, key[own], np.ones(len(own), np.int64))
