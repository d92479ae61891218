"""What goes wrong in the last complete month: a leaking touchpoint, a weak group, a weak store, fraud rings."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from quanyu.demo.brand import days
from quanyu.demo.brand.chance import Ints, Mask
from quanyu.demo.brand.persons import People, World, make_people
from quanyu.demo.brand.places import MINI, POS, REGION_CODES, TOUCHPOINTS
from quanyu.demo.brand.trade import Orders

LEAKING_TOUCHPOINT: Final = 4
WEAK_REGION: Final = REGION_CODES.index("south")
WEAK_CITY: Final = 0
WEAK_STORE: Final = 1
LOST_AT_TOUCHPOINT: Final = 850
LOST_IN_GROUP: Final = 700
LOST_IN_STORE: Final = 550
RING_ACCOUNTS: Final = 20
ONE_RING_PER: Final = 5_000
NOT, TOUCHPOINT, GROUP, STORE = range(4)
"""Why an order was lost."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Orders that planted problems took away, by cause: how many, how much, and of how many there would have been."""

    orders: Ints
    fen: Ints
    expected: Ints


def in_weak_group(people: People) -> Mask:
    """Return who belongs to the deteriorating group: the members of one city."""
    found: Mask = people.is_member & (people.region == WEAK_REGION) & (people.city == WEAK_CITY)
    return found


def lost_orders(world: World, people: People, orders: Orders) -> Ints:
    """Return why each order is lost, 0 where it is not."""
    cause = np.zeros(len(orders), np.int64)
    if not world.with_problems:
        return cause
    chance = world.chance
    for number, hit, per_mille in _concerned(people, orders):
        lost = hit & chance.happens(f"lost {number}", orders.key, per_mille)
        cause = np.where((cause == NOT) & lost, number, cause)
    return cause


def count_lost(people: People, orders: Orders, cause: Ints) -> Lost:
    """Return what the problems took away, by cause."""
    lost = np.bincount(cause, minlength=4).astype(np.int64)
    fen = np.bincount(cause, weights=orders.paid_fen, minlength=4).astype(np.int64)
    expected = np.zeros(4, np.int64)
    for number, hit, _ in _concerned(people, orders):
        expected[number] = int(hit.sum())
    return Lost(lost, fen, expected)


def _concerned(people: People, orders: Orders) -> list[tuple[int, Mask, int]]:
    late = orders.day >= days.LAST_MONTH
    again = np.ones(len(orders), np.bool_)
    again[1:] = orders.at[1:] == orders.at[:-1]
    in_group = in_weak_group(people)[orders.at]
    return [
        (TOUCHPOINT, late & (orders.touchpoint == LEAKING_TOUCHPOINT), LOST_AT_TOUCHPOINT),
        (GROUP, late & in_group & again, LOST_IN_GROUP),
        (STORE, late & (orders.channel == POS) & (orders.store == WEAK_STORE), LOST_IN_STORE),
    ]


def leaks(world: World, touchpoint: Ints, day: Ints) -> Mask:
    """Return where visits come to nothing: at the leaking touchpoint in the last month."""
    found: Mask = (touchpoint == LEAKING_TOUCHPOINT) & (day >= days.LAST_MONTH) & world.with_problems
    return found


def ring_size(world: World) -> int:
    """Return how many accounts the fraud rings have."""
    return RING_ACCOUNTS * max(2, world.persons // ONE_RING_PER) if world.with_problems else 0


def make_ring(world: World) -> People:
    """Return the accounts of the fraud rings: new members of the last month, twenty on one device each."""
    first = world.persons
    people = make_people(world, first, first + ring_size(world))
    place = people.number - first
    ring = place // RING_ACCOUNTS
    day = days.LAST_MONTH + 4 + world.chance.below("ring day", ring, 22)
    start = world.chance.below("ring start", ring, 3 * 3600) + 3600
    pace = 28 + world.chance.below("ring pace", people.number, 20)
    within = np.cumsum(pace) - np.cumsum(pace)[place - place % RING_ACCOUNTS] + pace[place - place % RING_ACCOUNTS]
    no = np.zeros(len(place), np.bool_)
    yes = ~no
    return replace(
        people,
        origin=np.full(len(place), MINI),
        arrived=days.moment_of(day),
        arrived_day=day,
        is_member=yes,
        joined=day,
        joined_by=np.full(len(place), MINI),
        joined_second=start + within,
        has_mini=yes,
        has_tmall=no,
        has_live=no,
        has_contact=no,
        has_group=no,
        follows_account=no,
        follows_shop=no,
        follows_live=no,
        buys=no,
        device=-1 - ring,
        mobile=17_000_000_000 + people.number * 37 % 99_999_999,
    )


def touchpoint_id() -> str:
    """Return the id of the leaking touchpoint."""
    return TOUCHPOINTS[LEAKING_TOUCHPOINT][0]
