"""A synthetic retailer of any size: the same rows for ever, made in pieces, bounded in memory.

Its persons are power-law heavy, join over time, buy in runs with gaps of their own and fall silent; days have seasons,
weeks and festivals.  Everything follows from counters (`mix.py`); `world_checksum` is held by a test.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa

from benchmarks import calendar as cal
from benchmarks.mix import Bits, Ints, below, chance, draw, exponential_quantiles, from_table, heavy, steep, weighted

CHANNELS: Final = ("tmall", "jd", "douyin", "mini_program", "app", "pos")
CHANNEL_WEIGHTS: Final = (30, 18, 14, 16, 7, 15)
EVENT_TYPES: Final = (
    "ad_impression",
    "ad_click",
    "product_view",
    "cart_added",
    "checkout",
    "order_paid",
    "share",
    "qr_scan",
    "coupon_claimed",
)
EVENT_WEIGHTS: Final = (250, 180, 260, 110, 60, 50, 30, 20, 40)
STATES: Final = ("completed", "fulfilled", "paid", "placed", "cancelled", "refunded")
STATE_WEIGHTS: Final = (900, 25, 15, 20, 30, 10)
ID_TYPES: Final = ("member_id", "mobile", "platform_buyer_id", "device")
CITIES: Final = tuple(f"city_{number:02d}" for number in range(40))
GENDERS: Final = ("female", "male")
CATEGORIES: Final = 60
PARENTS: Final = 12
STORES: Final = 200
JUNK_MOBILE: Final = 13_800_138_000
PERSONS_A_PIECE: Final = 250_000
EVENTS_A_PIECE: Final = 250_000
_VISIT_EVENTS: Final = np.array([1, 5, 2, 8, 5, 3, 9, 4, 7, 6], np.int64)
_GAPS: Final = exponential_quantiles(1000)


@dataclass(frozen=True, slots=True)
class Size:
    """How big a retailer is; events come in visits of five on average, ten visits at a time (events % 50 = 0)."""

    name: str
    events: int
    orders: int
    persons: int
    products: int


SIZES: Final = {
    size.name: size
    for size in (
        Size("XS", 2_000, 400, 100, 80),
        Size("S", 1_000_000, 100_000, 50_000, 1_000),
        Size("M", 20_000_000, 2_000_000, 1_000_000, 5_000),
        Size("L", 100_000_000, 10_000_000, 5_000_000, 20_000),
    )
}


def identifier(kind: str, numbers: Ints) -> Ints:
    """Return the identifier id of each number of a type: 60 positive bits."""
    return (draw(numbers, 9_000 + ID_TYPES.index(kind)) >> np.uint64(4)).astype(np.int64)


def named(numbers: Ints, names: tuple[str, ...]) -> pa.DictionaryArray:
    """Return texts by their numbers; -1 is null."""
    return pa.DictionaryArray.from_arrays(pa.array(numbers.astype(np.int16), mask=numbers < 0), pa.array(names))


def known(values: Ints, mask: Bits) -> pa.Array:
    """Return the values as Arrow, null where the mask is not true."""
    return pa.array(values, mask=~mask)


@dataclass(frozen=True)
class World:
    """One retailer; every method gives pieces in an order that never changes."""

    size: Size

    @cached_property
    def starts(self) -> Ints:
        """Return where each day begins in business time."""
        return cal.business_time()

    @cached_property
    def joined(self) -> Ints:
        """Return when each person became known, in business time; a fifth were there before the first day (0)."""
        u = below(draw(np.arange(self.size.persons), 1), 1_250_000) - 250_000
        return np.maximum(u, 0) * (int(self.starts[-1]) // 1_000_000)

    @cached_property
    def by_joining(self) -> Ints:
        """Return the persons in the order of becoming known."""
        return np.argsort(self.joined, kind="stable").astype(np.int32)

    @cached_property
    def order_counts(self) -> Ints:
        """Return how many orders each person places; about three in ten never buy."""
        counts = np.zeros(self.size.persons, np.int64)
        for first in range(0, self.size.orders, 1_000_000):
            number = np.arange(first, min(first + 1_000_000, self.size.orders))
            person = self._buyer(draw(number, 11))
            # Who came late has had less time to buy: half of such draws go to somebody else.
            late = unit_time(self.joined[person], self.starts) > below(draw(number, 12), 1000)
            person = np.where(late, self._buyer(draw(number, 13)), person)
            counts += np.bincount(person, minlength=self.size.persons)
        return counts

    def _buyer(self, bits: Bits) -> Ints:
        return heavy(bits, max(self.size.persons * 7 // 10, 1)) * 10 // 7

    def products(self) -> pa.Table:
        """Return the products with category and list price."""
        number = np.arange(self.size.products)
        return pa.table({"product": number, "category": self.category_of(number), "list_fen": self.price_of(number)})

    def category_of(self, product: Ints) -> Ints:
        """Return the category of each product."""
        return steep(draw(product, 21), CATEGORIES)

    def price_of(self, product: Ints) -> Ints:
        """Return the list price of each product in fen: many cheap, few dear, ending in 9."""
        return from_table(draw(product, 22), exponential_quantiles(9_000)) // 100 * 100 + 990

    def persons(self) -> Iterator[pa.Table]:
        """Yield the persons: which identifiers they have, when they joined, where they live.

        Some mobiles belong to two persons of a family, some are the till's junk number, some devices are a shop's.
        """
        for first in range(0, self.size.persons, PERSONS_A_PIECE):
            person = np.arange(first, min(first + PERSONS_A_PIECE, self.size.persons))
            joined_s = self._joined_seconds(person)
            mobile = self.mobile_of(person)
            yield pa.table(
                {
                    "person": person,
                    "joined_at": cal.utc(joined_s),
                    "is_member": self.is_member(person),
                    "mobile": known(mobile, chance(draw(person, 32), 720)),
                    "has_buyer_id": chance(draw(person, 33), 450),
                    "second_device": known(self.second_device_of(person), chance(draw(person, 34), 350)),
                    "city": named(steep(draw(person, 35), len(CITIES)), CITIES),
                    "gender": named(np.where(chance(draw(person, 36), 800), below(draw(person, 37), 2), -1), GENDERS),
                }
            )

    def _joined_seconds(self, person: Ints) -> Ints:
        before = self.joined[person] == 0
        day = np.where(before, -1 - below(draw(person, 38), 700), cal.day_of(self.joined[person], self.starts))
        return day * cal.DAY_SECONDS + cal.second_of_day(person, 39)

    def is_member(self, person: Ints) -> Bits:
        """Return whether each person is a member."""
        return chance(draw(person, 31), 780)

    def mobile_of(self, person: Ints) -> Ints:
        """Return the mobile number each person gives: their own, now and then a relative's or junk."""
        own = 13_000_000_000 + 101 * np.where(chance(draw(person, 41), 12), person ^ 1, person)
        return np.where(chance(draw(person, 42), 3), JUNK_MOBILE, own)

    def second_device_of(self, person: Ints) -> Ints:
        """Return the number of each person's second device; a few are tablets that a whole shop shares."""
        tablet = -1 - below(draw(person, 43), STORES)
        return np.where(chance(draw(person, 44), 8), tablet, person * 2 + 1)

    def orders(self) -> Iterator[tuple[pa.Table, pa.Table, pa.Table]]:
        """Yield orders, their lines and their refunds, person by person (not sorted by time)."""
        ends = np.cumsum(self.order_counts)
        for first in range(0, self.size.persons, PERSONS_A_PIECE):
            last = min(first + PERSONS_A_PIECE, self.size.persons)
            counts = self.order_counts[first:last]
            begin = int(ends[first] - counts[0])
            if ends[last - 1] > begin:
                yield self._piece_of_orders(first, counts, begin)

    def _piece_of_orders(self, first: int, counts: Ints, begin: int) -> tuple[pa.Table, pa.Table, pa.Table]:
        person = np.repeat(np.arange(first, first + len(counts)), counts)
        number = np.arange(begin, begin + len(person))
        paid_s = self._times(person, counts, number)
        state = weighted(draw(number, 51), STATE_WEIGHTS)
        lines = self._lines(number)
        total = np.bincount(lines["at"], weights=lines["paid_fen"], minlength=len(number)).astype(np.int64)
        discount = np.bincount(lines["at"], weights=lines["discount_fen"], minlength=len(number)).astype(np.int64)
        channel = weighted(draw(number, 52), CHANNEL_WEIGHTS)
        is_paid = STATES.index("placed") != state
        member = self.is_member(person) & chance(draw(number, 53), 850)
        orders = pa.table(
            {
                "number": number,
                "person": person,
                "is_member": member,
                "is_named": ~member & (below(draw(number, 54), 100) < 92),
                "mobile": self.mobile_of(person),
                "ordered_at": pa.array(cal.utc(paid_s)),
                "is_paid": is_paid,
                "local_date": pa.array(cal.local_date(paid_s)),
                "status": named(state, STATES),
                "test": chance(draw(number, 55), 1),
                "staff": chance(draw(number, 56), 5),
                "channel": named(channel, CHANNELS),
                "store": known(below(draw(number, 57), STORES), channel == CHANNELS.index("pos")),
                "discount_fen": discount,
                "paid_fen": total,
            }
        )
        refunds = self._refunds(number, paid_s, total, is_paid)
        return orders, self._line_table(number, paid_s, lines), refunds

    def _times(self, person: Ints, counts: Ints, number: Ints) -> Ints:
        # Gaps share out the time since joining; the silence after the last order has a heavier tail, so people lapse.
        gaps = 20 + from_table(draw(number, 61), _GAPS)
        ends = np.cumsum(counts)
        is_first = np.zeros(len(number), np.bool_)
        is_first[(ends - counts)[counts > 0]] = True
        gaps = np.where(is_first, gaps // 4, gaps)
        running = np.cumsum(gaps)
        before = np.concatenate([np.zeros(1, np.int64), running])[ends - counts]
        every = np.concatenate([np.zeros(1, np.int64), running])[ends] - before
        numbers = np.arange(len(counts)) + (int(person[0]) if len(person) else 0)
        silence = 20 + from_table(draw(numbers, 62), _GAPS) * (1 + steep(draw(numbers, 63), 8))
        share = (running - np.repeat(before, counts)) * 1_000_000 // np.repeat(every + silence, counts)
        left = (int(self.starts[-1]) - self.joined[person]) // 1_000_000
        day = cal.day_of(self.joined[person] + share * left, self.starts)
        return day * cal.DAY_SECONDS + cal.second_of_day(number, 64)

    def _lines(self, number: Ints) -> dict[str, Ints]:
        lines = 1 + steep(draw(number, 71), 6)
        at = np.repeat(np.arange(len(number)), lines)
        line_no = np.arange(len(at)) - np.repeat(np.cumsum(lines) - lines, lines) + 1
        key = number[at] * 8 + line_no
        product = steep(draw(key, 72), self.size.products)
        qty = 1 + steep(draw(key, 73), 4) // 2 + chance(draw(key, 74), 50)
        list_fen = self.price_of(product) * qty
        is_gift = (line_no > 1) & chance(draw(key, 75), 25)
        discount = np.where(is_gift, list_fen, list_fen * steep(draw(key, 76), 5) // 10)
        return {
            "at": at,
            "line_no": line_no,
            "product": product,
            "qty": qty,
            "list_fen": list_fen,
            "discount_fen": discount,
            "paid_fen": list_fen - discount,
            "is_gift": is_gift,
        }

    def _line_table(self, number: Ints, paid_s: Ints, lines: dict[str, Ints]) -> pa.Table:
        at = lines["at"]
        rest = {name: values for name, values in lines.items() if name != "at"}
        return pa.table({"number": number[at], "ordered_at": pa.array(cal.utc(paid_s[at])), **rest})

    def _refunds(self, number: Ints, paid_s: Ints, total: Ints, is_paid: Bits) -> pa.Table:
        back = np.flatnonzero(is_paid & chance(draw(number, 81), 35) & (total > 0))
        order = number[back]
        refunded_s = paid_s[back] + (1 + steep(draw(order, 82), 20)) * cal.DAY_SECONDS
        amount = np.where(
            chance(draw(order, 83), 600), total[back], total[back] * below(draw(order, 84), 90) // 100 + 1
        )
        return pa.table(
            {
                "number": order,
                "refunded_at": pa.array(cal.utc(refunded_s)),
                "local_date": pa.array(cal.local_date(refunded_s)),
                "amount_fen": amount,
            }
        )

    def visits(self) -> Iterator[tuple[pa.Table, pa.Table]]:
        """Yield visits and their events, in order of time; a visitor nobody knows has person -1."""
        visits = self.size.events // 5
        edges = visits // 10 * 10 * (self.starts // cal.UNIT) // int(self.starts[-1] // cal.UNIT)
        days = max(1, EVENTS_A_PIECE * cal.DAYS // self.size.events)
        for day in range(0, cal.DAYS, days):
            last = min(day + days, cal.DAYS)
            number = np.arange(edges[day], edges[last])
            if len(number):
                yield self._piece_of_visits(number, np.searchsorted(edges, number, side="right") - 1)

    def _piece_of_visits(self, number: Ints, day: Ints) -> tuple[pa.Table, pa.Table]:
        started = day * cal.DAY_SECONDS + cal.second_of_day(number, 101) * 95 // 100
        person = self._visitor(number, day)
        size = _VISIT_EVENTS[number % 10]
        at = np.repeat(np.arange(len(number)), size)
        place = np.arange(len(at)) - np.repeat(np.cumsum(size) - size, size)
        event = (number // 10 * 50 + (np.cumsum(_VISIT_EVENTS) - _VISIT_EVENTS)[number % 10])[at] + place
        happened = started[at] + place * 45 + below(draw(event, 102), 44)
        channel = weighted(draw(number, 103), CHANNEL_WEIGHTS)
        is_member = (person >= 0) & self.is_member(np.maximum(person, 0)) & chance(draw(number, 104), 600)
        visitor = np.where(person >= 0, person * 2, -1_000_000 - number)
        kind = np.where((size == 1)[at], 0, weighted(draw(event, 105), EVENT_WEIGHTS))
        product = steep(draw(event, 106), self.size.products)
        order = np.lexsort((event, happened))
        events = pa.table(
            {
                "number": event[order],
                "visit": number[at][order],
                "person": person[at][order],
                "is_member": is_member[at][order],
                "visitor": visitor[at][order],
                "occurred_at": pa.array(cal.utc(happened[order])),
                "local_date": pa.array(cal.local_date(happened[order])),
                "type": named(kind[order], EVENT_TYPES),
                "channel": named(channel[at][order], CHANNELS),
                "product": known(product[order], kind[order] > 0),
            }
        )
        visits = pa.table(
            {
                "number": number,
                "person": person,
                "is_member": is_member,
                "visitor": visitor,
                "started_at": pa.array(cal.utc(started)),
                "ended_at": pa.array(cal.utc(started + size * 45)),
                "local_date": pa.array(cal.local_date(started)),
                "channel": named(channel, CHANNELS),
                "pages": size,
            }
        )
        return visits, events

    def _visitor(self, number: Ints, day: Ints) -> Ints:
        """Return who visits: new people much in their first month, heavy ones always, one in twelve nobody knows."""
        ends = self.starts[1:][day]
        in_order = self.joined[self.by_joining]
        known_by = np.searchsorted(in_order, ends, side="right")
        month_ago = np.searchsorted(in_order, self.starts[np.maximum(day - 30, 0)], side="left")
        recent = self.by_joining[known_by - 1 - steep(draw(number, 111), known_by - month_ago)].astype(np.int64)
        anyone = heavy(draw(number, 112), self.size.persons)
        other = heavy(draw(number, 113), self.size.persons)
        anyone = np.where(self.joined[anyone] < ends, anyone, other)
        person = np.where(chance(draw(number, 114), 350), recent, anyone)
        is_nobody = chance(draw(number, 115), 80) | (self.joined[person] >= ends)
        return np.where(is_nobody, -1, person)


def unit_time(moment: Ints, starts: Ints) -> Ints:
    """Return moments of business time in thousandths of the whole."""
    return moment * 1000 // int(starts[-1])


def world_checksum(world: World) -> str:
    """Return the sha256 of every row of a world, table by table, for small sizes."""
    digest = hashlib.sha256()
    pieces = [world.products(), *world.persons()]
    pieces += [table for piece in world.orders() for table in piece]
    pieces += [table for piece in world.visits() for table in piece]
    for table in pieces:
        for name in table.column_names:
            digest.update(name.encode())
            digest.update("\x1f".join(map(str, table[name].to_pylist())).encode())
    return digest.hexdigest()
