"""What persons do in the private pool: chats with their associate, talk and clicks in groups, the member centre.

A chat often comes before a purchase, a click in the group before an order by its goods card: the pool leads to shops.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from quanyu.demo.brand import days
from quanyu.demo.brand.chance import Ints, Mask, repeated
from quanyu.demo.brand.export_people import span
from quanyu.demo.brand.persons import People, World
from quanyu.demo.brand.places import MINI, POS
from quanyu.demo.brand.trade import Orders

EVENTS: Final = ("consult", "group_message", "group_click", "vote", "sign_in", "redeem", "task_done")
CHAT, TALK, GROUP_CLICK, VOTE, SIGN_IN, REDEEM, TASK = range(len(EVENTS))
IN_CHAT: Final = (CHAT,)
IN_GROUP: Final = (TALK, GROUP_CLICK, VOTE)
IN_MEMBER_CENTRE: Final = (SIGN_IN, REDEEM, TASK)
GROUP_CARD: Final = 2
_MOST: Final = 64
# Numbers of chats and clicks that led to an order lie above those of other acts.
_LED: Final = 10**12
_AFTERWARDS: Final = 120


@dataclass(frozen=True, slots=True)
class Pool:
    """Acts in the private pool: who (place), when, a number that no other act has, and which of `EVENTS`."""

    at: Ints
    second: Ints
    key: Ints
    type: Ints


def nobody() -> Pool:
    """Return no acts."""
    none = np.zeros(0, np.int64)
    return Pool(none, none, none, none)


def pool_acts(world: World, people: People, orders: Orders) -> Pool:
    """Return what everybody did in the pool; most stop some months after their last purchase, some stay."""
    chance, numbers = world.chance, people.number
    last = people.arrived_day.copy()
    np.maximum.at(last, orders.at, orders.day)
    stays = chance.happens("stays in pool", numbers, 300)
    rest = np.where(stays, days.DAYS, np.minimum(last + _AFTERWARDS, days.DAYS))
    contact, group = _while_related(world, "contact", people, 140), _while_related(world, "group", people, 250)
    in_group = people.has_group & chance.happens("speaks up", numbers, 400)
    in_centre = people.is_member & chance.happens("uses member centre", numbers, 250)
    chats = _now_and_then(world, people, "chat", people.has_contact, (contact[0], np.minimum(contact[1], rest)), 180)
    talks = _now_and_then(world, people, "talk", in_group, (group[0], np.minimum(group[1], rest)), 15)
    centre = _now_and_then(world, people, "centre", in_centre, (people.joined + 1, rest), 30)
    told = chance.pick("group act", talks.key, (25, 60, 15))
    done = chance.pick("centre act", centre.key, (70, 12, 18))
    key, to_shop = orders.key, (orders.channel == POS) | (orders.channel == MINI)
    talked = to_shop & people.has_contact[orders.at] & chance.happens("chat before", key, 250)
    clicked = (orders.channel == MINI) & (orders.touchpoint == GROUP_CARD) & people.has_group[orders.at]
    return _joined(
        chats,
        Pool(talks.at, talks.second, talks.key, TALK + told),
        Pool(centre.at, centre.second, centre.key, SIGN_IN + done),
        _ahead(orders, talked, 1200 + chance.below("chat ahead", key, 3 * days.DAY), contact, CHAT),
        _ahead(orders, clicked, 300 + chance.below("click ahead", key, 1500), group, GROUP_CLICK),
    )


def _while_related(world: World, what: str, people: People, leaves: int) -> tuple[Ints, Ints]:
    """Return the first day of a relation after its beginning, and the day on which it ends."""
    start, end = span(world, what, people, leaves)
    return start + 1, np.where(end >= 0, end, days.DAYS)


def _now_and_then(world: World, people: People, what: str, who: Mask, between: tuple[Ints, Ints], every: int) -> Pool:
    """Return acts at random days between two days of each person, on average one in so many days."""
    chance = world.chance
    first = np.maximum(between[0], 0)
    length = np.maximum(between[1] - first, 0)
    count = chance.exponential(f"{what} count", people.number, 1000) * length // (1000 * every)
    at, number = repeated(np.where(who, np.minimum(count, _MOST), 0))
    key = people.number[at] * _MOST + number
    day = first[at] + chance.below(f"{what} day", key, np.maximum(length[at], 1))
    return Pool(at, day * days.DAY + days.second_of_day(chance, what, key), key, np.full(len(at), CHAT))


def _ahead(orders: Orders, own: Mask, seconds: Ints, between: tuple[Ints, Ints], kind: int) -> Pool:
    """Return acts that many seconds before some orders, while the person stood in the relation."""
    second = orders.second - seconds
    day = second // days.DAY
    place = np.flatnonzero(own & (day >= np.maximum(between[0][orders.at], 0)) & (day < between[1][orders.at]))
    return Pool(orders.at[place], second[place], _LED + orders.key[place], np.full(len(place), kind))


def _joined(*parts: Pool) -> Pool:
    return Pool(*(np.concatenate([getattr(part, name) for part in parts]) for name in Pool.__dataclass_fields__))
