"""Who the persons are: where they come from and when, where they live, what they have, how they buy."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from quanyu.demo.brand import days
from quanyu.demo.brand.chance import Chance, Ints, Mask
from quanyu.demo.brand.flavours import Flavour
from quanyu.demo.brand.places import (
    ASSOCIATES_A_STORE,
    GROUPS_A_STORE,
    LIVE,
    MINI,
    POS,
    REGION_WEIGHTS,
    STORES_A_REGION,
    TMALL,
    Products,
    make_products,
)

_ONE_FILE_BELOW: Final = 10_000
JUNK_MOBILES: Final = ("13800138000", "11111111111", "13000000000")


@dataclass(frozen=True)
class World:
    """One retailer: everything about it follows from these five; methods of the modules give its parts."""

    seed: int
    persons: int
    flavour: Flavour
    with_problems: bool

    @cached_property
    def chance(self) -> Chance:
        """Return the draws of the seed."""
        return Chance(self.seed)

    @property
    def has_years(self) -> bool:
        """Return whether the exports are so large that the channels give one file a year."""
        return self.persons >= _ONE_FILE_BELOW

    @cached_property
    def products(self) -> Products:
        """Return the products."""
        return make_products(self.flavour, self.chance)


@dataclass(frozen=True, slots=True)
class People:
    """Persons of one piece, by place; days are numbers from the first day of history, below 0 before it.

    `number`: who it is (for ever).  `arrived`: moment of the first contact, `joined`: day of becoming a member.
    `gap`: mean business time between two purchases, `leave`: per mille that leave after a purchase.  The `has_`
    masks say which accounts a person has in the channels, whether or not an export shows them.  `joined_second` is
    local time on the day of joining; `device` and `mobile` are numbers that nobody else has.
    """

    number: Ints
    origin: Ints
    region: Ints
    city: Ints
    store: Ints
    associate: Ints
    group: Ints
    arrived: Ints
    arrived_day: Ints
    is_member: Mask
    joined: Ints
    joined_by: Ints
    has_mini: Mask
    has_tmall: Mask
    has_live: Mask
    has_contact: Mask
    has_group: Mask
    follows_account: Mask
    follows_shop: Mask
    follows_live: Mask
    buys: Mask
    gap: Ints
    leave: Ints
    category: Ints
    mobile: Ints
    device: Ints
    joined_second: Ints

    def __len__(self) -> int:
        return len(self.number)


def make_people(world: World, first: int, last: int) -> People:
    """Return the persons `first` to `last` - 1."""
    chance, number = world.chance, np.arange(first, last)
    origin = chance.pick("origin", number, world.flavour.channels)
    region = chance.pick("region", number, REGION_WEIGHTS)
    store = region * STORES_A_REGION + chance.below("store", number, STORES_A_REGION)
    arrived = np.maximum(chance.below("arrival", number, days.SPAN * 5 // 4) - days.SPAN // 4, 0)
    # A quarter were there before history begins: their days lie in the year before.
    before = -1 - chance.below("arrival before", number, 365)
    arrived_day = np.where(arrived == 0, before, days.day_of(arrived))
    is_member = chance.happens("member", number, np.array([820, 340, 760, 480])[origin])
    wait = np.where(chance.happens("joins at once", number, 700), 0, chance.below("join wait", number, 120))
    joined = np.minimum(arrived_day + wait, days.DAYS - 1)
    mini = (origin == MINI) | chance.happens("mini", number, np.array([420, 160, 0, 500])[origin])
    contact = chance.happens("contact", number, np.array([380, 50, 240, 160])[origin])
    steepness = chance.steep("leave", number, 1000)
    return People(
        number=number,
        origin=origin,
        region=region,
        city=chance.below("city", number, 4),
        store=store,
        associate=store * ASSOCIATES_A_STORE + chance.below("associate", number, ASSOCIATES_A_STORE),
        group=store * GROUPS_A_STORE + chance.below("group", number, GROUPS_A_STORE),
        arrived=arrived,
        arrived_day=arrived_day,
        is_member=is_member,
        joined=joined,
        joined_by=np.where(origin == TMALL, TMALL, np.where(mini & (origin != POS), MINI, origin)),
        has_mini=mini,
        has_tmall=(origin == TMALL) | chance.happens("tmall", number, 120),
        has_live=(origin == LIVE) | chance.happens("live", number, 60),
        has_contact=contact,
        has_group=contact & chance.happens("in group", number, 450),
        follows_account=mini & chance.happens("follows account", number, 500),
        follows_shop=chance.happens("follows shop", number, 450) & (origin == TMALL),
        follows_live=chance.happens("follows live", number, 550) & (origin == LIVE),
        buys=chance.happens("buys", number, 580),
        gap=world.flavour.cycle_days * days.AN_ORDINARY_DAY * 1000 // _rate(world, number),
        leave=world.flavour.leave * 3 * steepness // 1000,
        category=chance.pick("favourite", number, [one.weight for one in world.flavour.categories]),
        device=number * 3 + 1,
        joined_second=days.second_of_day(chance, "joins", number),
        mobile=13_100_000_000 + (number * 7_919 + world.seed * 104_729) % 600_000_000 * 10 + number % 10,
    )


def _rate(world: World, number: Ints) -> Ints:
    """Return how fast each person buys, 1000 for an average one: gamma distributed, never quite 0."""
    return np.maximum(world.chance.gamma("rate", number, world.flavour.shape, 1000), 40)
