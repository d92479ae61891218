"""The clean history of a piece's persons, as the oracle reads it."""

from dataclasses import dataclass, replace

import numpy as np

from quanyu.demo.brand import days
from quanyu.demo.brand.chance import Ints, Mask
from quanyu.demo.brand.export_people import (
    has_left,
    is_contact_refused,
    is_member_refused,
    registered_twice,
    second_joined,
    span,
    withdraws_push,
    withdrew,
)
from quanyu.demo.brand.export_touch import is_live_view_refused
from quanyu.demo.brand.export_trade import member_at_order, names_somebody
from quanyu.demo.brand.oracle import NEVER, Acts, History
from quanyu.demo.brand.persons import People, World
from quanyu.demo.brand.places import MINI
from quanyu.demo.brand.pool import EVENTS as POOL_EVENTS
from quanyu.demo.brand.pool import Pool
from quanyu.demo.brand.touch import EVENTS, Clicks, Seen, Sent
from quanyu.demo.brand.trade import Orders, taken

_SHARE_WINDOW = 30
_POSITIVE = 4


@dataclass(frozen=True, slots=True)
class Piece:
    """Everything that is true of one piece of persons; `refused` orders and events that are not good are not stored;
    `at` of reviews and scans is the order, `scanned_by` the person.
    """

    people: People
    orders: Orders
    refused: Ints
    clicks: Clicks
    is_good: Mask
    ads: Seen
    lives: Seen
    reviews: Seen
    booked: Seen
    scanned: Seen
    scanned_by: Ints
    sent: Sent
    pool: Pool


def make_history(world: World, piece: Piece, *, only_seen: bool = False) -> History:
    """Return the history of the piece, or only what the exports show of each person under accounts that hang together.

    What is not seen: orders at the till without card or mobile, refused rows, and what a device did that was never
    seen with a login.
    """
    if only_seen:
        piece = _seen(world, piece)
    people, orders = piece.people, piece.orders
    acts = _acts(world, piece, only_seen=only_seen)
    valid = orders.is_valid
    praise = piece.reviews.value >= _POSITIVE
    sharer, sold = _share_sales(orders)
    first = np.full(len(people), days.DAYS)
    np.minimum.at(first, acts.at, acts.day)
    return History(
        persons=len(people),
        acts=acts,
        bought_at=orders.at[valid],
        bought_day=orders.day[valid],
        member_order=member_at_order(world, people, orders)[valid],
        spread_at=np.concatenate([orders.at[piece.reviews.at[praise]], sharer]),
        spread_day=np.concatenate([piece.reviews.second[praise] // days.DAY, sold]),
        in_capital=_in_capital(world, people, only_seen=only_seen),
        is_member=_is_member(world, people, only_seen=only_seen),
        registered=np.where(first < days.DAYS, first, NEVER),
    )


def _seen(world: World, piece: Piece) -> Piece:
    """Return the piece without what the exports do not show; a review needs its order."""
    people, orders, clicks = piece.people, piece.orders, piece.clicks
    shown = (piece.refused == 0) & names_somebody(world, people, orders)
    place = np.cumsum(shown) - 1
    with_login = np.unique(clicks.device[piece.is_good & clicks.is_named & (clicks.device > 0)])
    known = piece.is_good & (clicks.is_named | np.isin(clicks.device, with_login))
    return replace(
        piece,
        orders=taken(orders, shown),
        refused=piece.refused[shown],
        clicks=taken(clicks, known),
        is_good=piece.is_good[known],
        ads=taken(piece.ads, np.isin(people.device[piece.ads.at], with_login)),
        lives=taken(piece.lives, ~is_live_view_refused(world, piece.lives)),
        reviews=_of_orders(piece.reviews, shown, place),
    )


def _of_orders(seen: Seen, shown: Mask, place: Ints) -> Seen:
    kept: Seen = taken(seen, shown[seen.at])
    return replace(kept, at=place[kept.at])


def _is_member(world: World, people: People, *, only_seen: bool) -> Mask:
    stays = people.is_member & ~has_left(world, people)
    return stays & ~is_member_refused(world, people) if only_seen else stays


def _relations(world: World, people: People, *, only_seen: bool) -> list[tuple[str, str, int, Mask, bool]]:
    """Return event type, name of the span, per mille that end it, who has it, and whether WeChat consent covers it."""
    contact = people.has_contact & ~(is_contact_refused(world, people) & only_seen)
    return [
        ("contact_added", "contact", 140, contact, True),
        ("group_joined", "group", 250, people.has_group, True),
        ("subscribed", "account", 220, people.follows_account, True),
        ("follow", "shop", 180, people.follows_shop, False),
        ("follow", "live", 200, people.follows_live, False),
    ]


def _acts(world: World, piece: Piece, *, only_seen: bool) -> Acts:
    people, parts = piece.people, []
    listed = people.is_member & ~(is_member_refused(world, people) & only_seen)
    for kind, what, leaves, has, _ in _relations(world, people, only_seen=only_seen):
        start, _ = span(world, what, people, leaves)
        parts.append((np.flatnonzero(has), start[has], kind))
    twice = registered_twice(world, people)
    parts.append((np.flatnonzero(listed), people.joined[listed], "member_joined"))
    parts.append((np.flatnonzero(twice), second_joined(people)[twice], "member_joined"))
    for number, name in enumerate(EVENTS):
        own = piece.clicks.type == number
        parts.append((piece.clicks.at[own], piece.clicks.second[own] // days.DAY, name))
    for seen, cut, low, high in ((piece.ads, 1, "ad_impression", "ad_click"),
                                 (piece.lives, 60, "live_view", "live_long_view")):  # fmt: skip
        for mask, name in ((seen.value < cut, low), (seen.value >= cut, high)):
            parts.append((seen.at[mask], seen.second[mask] // days.DAY, name))
    parts.append((piece.booked.at, piece.booked.second // days.DAY, "service_booked"))
    for number, name in enumerate(POOL_EVENTS):
        own = piece.pool.type == number
        parts.append((piece.pool.at[own], piece.pool.second[own] // days.DAY, name))
    parts.append((piece.scanned_by, piece.scanned.second // days.DAY, "qr_scan"))
    for mask, name in ((~piece.sent.failed, "message_delivered"), (piece.sent.clicked, "message_click")):
        parts.append((piece.sent.at[mask], piece.sent.second[mask] // days.DAY, name))
    kinds = [np.full(len(at), name, dtype="U20") for at, _, name in parts]
    return Acts(np.concatenate([at for at, _, _ in parts]), np.concatenate([day for _, day, _ in parts]),
                np.concatenate(kinds))  # fmt: skip


def _in_capital(world: World, people: People, *, only_seen: bool) -> Mask:
    gone, _ = withdrew(world, people)
    by_push = withdraws_push(people)
    open_to = {True: ~(gone & ~by_push), False: ~(gone & by_push)}
    by_wechat = people.joined_by == MINI
    found = _is_member(world, people, only_seen=only_seen) & np.where(by_wechat, open_to[True], open_to[False])
    for _, what, leaves, has, is_wechat in _relations(world, people, only_seen=only_seen):
        _, end = span(world, what, people, leaves)
        found |= has & (end < 0) & open_to[is_wechat]
    return found


def _share_sales(orders: Orders) -> tuple[Ints, Ints]:
    """Return sharers and days of the valid orders that a card brought: those of the 30 days after it was sent.

    The last card that reached the buyer counts (M-12), for the order it led to and for later ones in its window.
    """
    touch = np.flatnonzero(orders.sharer >= 0)
    line = orders.at * 10**9 + orders.second
    touch = touch[np.argsort(line[touch], kind="stable")]
    place = np.searchsorted(line[touch], line, side="right") - 1
    if not len(touch):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    last = touch[np.maximum(place, 0)]
    same = (place >= 0) & (orders.at[last] == orders.at)
    near = orders.day - orders.shared_second[last] // days.DAY < _SHARE_WINDOW
    sold = same & near & orders.is_valid & (orders.sharer[last] != orders.at)
    return orders.sharer[last][sold], orders.day[sold]
