"""The brand's two years: how busy each day is, and how the hours of a day share its business.

Things happen in *business time*: a busy day is long in it, a quiet one short.  A process that is even in business time
follows the seasons, the weekdays and the festivals: Spring Festival, 38节, 618, 双11 and 双12.
"""

from datetime import date, timedelta
from functools import cache
from typing import Final

import numpy as np

from quanyu.demo.brand.chance import Chance, Ints

FIRST: Final = date(2024, 11, 1)
LAST: Final = date(2026, 10, 31)
DAYS: Final = (LAST - FIRST).days + 1
DAY: Final = 86_400
LAST_MONTH: Final = (date(2026, 10, 1) - FIRST).days
"""Number of the first day of the last complete month: the planted problems begin on it."""
ZONE_SECONDS: Final = 8 * 3600
AN_ORDINARY_DAY: Final = 1_000
"""Business time of an average day."""
SPAN: Final = DAYS * AN_ORDINARY_DAY
"""Business time of the whole."""

_WEEKDAYS: Final = (92, 88, 90, 94, 108, 132, 126)
_MONTHS: Final = (104, 88, 98, 96, 102, 112, 94, 92, 100, 104, 118, 108)
# First and last day (year, month, day), percent of an ordinary day.
_FESTIVALS: Final = (
    ((2024, 11, 1), (2024, 11, 11), 230),
    ((2024, 12, 10), (2024, 12, 12), 160),
    ((2025, 1, 6), (2025, 1, 22), 130),
    ((2025, 1, 27), (2025, 2, 5), 45),
    ((2025, 3, 1), (2025, 3, 8), 150),
    ((2025, 5, 13), (2025, 6, 20), 140),
    ((2025, 6, 16), (2025, 6, 18), 170),
    ((2025, 10, 20), (2025, 11, 11), 190),
    ((2025, 12, 10), (2025, 12, 12), 160),
    ((2026, 1, 24), (2026, 2, 10), 130),
    ((2026, 2, 15), (2026, 2, 24), 45),
    ((2026, 3, 1), (2026, 3, 8), 150),
    ((2026, 5, 13), (2026, 6, 20), 140),
    ((2026, 6, 16), (2026, 6, 18), 170),
    ((2026, 10, 20), (2026, 10, 31), 150),
)
_ONLINE_HOURS: Final = (10, 5, 3, 2, 2, 4, 10, 22, 34, 46, 56, 58, 60, 52, 50, 50, 52, 56, 64, 76, 88, 90, 66, 28)
_STORE_HOURS: Final = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 30, 46, 60, 56, 52, 58, 62, 66, 78, 90, 84, 40, 0, 0)


@cache
def _edges() -> Ints:
    weights = np.array([_weight(FIRST + timedelta(days=number)) for number in range(DAYS)], np.int64)
    ends = np.cumsum(weights)
    return np.concatenate([np.zeros(1, np.int64), ends * SPAN // ends[-1]])


def _weight(day: date) -> int:
    growth = 1000 + (day - FIRST).days * 150 // 365
    weight = growth * _WEEKDAYS[day.weekday()] * _MONTHS[day.month - 1] // 100
    for first, last, percent in _FESTIVALS:
        if date(*first) <= day <= date(*last):
            weight = weight * percent // 100
    return weight


def day_of(moment: Ints) -> Ints:
    """Return the number of the day, from 0, that holds each moment of business time."""
    return np.clip(np.searchsorted(_edges(), moment, side="right") - 1, 0, DAYS - 1).astype(np.int64)


def moment_of(day: Ints) -> Ints:
    """Return where each day begins in business time; days before the first begin as many ordinary days earlier."""
    return np.where(day < 0, day * AN_ORDINARY_DAY, _edges()[np.clip(day, 0, DAYS)])


def second_of_day(chance: Chance, what: str, numbers: Ints, *, in_store: bool = False) -> Ints:
    """Return a second of the local day by the hours of business, or by those in which stores are open."""
    hour = chance.pick(f"{what} hour", numbers, _STORE_HOURS if in_store else _ONLINE_HOURS)
    return hour * 3600 + chance.below(f"{what} second", numbers, 3600)


def day_number(day: date) -> int:
    """Return the number of a day, 0 for the first."""
    return (day - FIRST).days


def dates(day: Ints) -> np.ndarray:
    """Return dates (datetime64[D]) of numbers of days."""
    return np.datetime64(FIRST.isoformat(), "D") + day.astype("timedelta64[D]")


def local_times(seconds: Ints) -> np.ndarray:
    """Return local moments (datetime64[s]) of seconds since the first local midnight."""
    return np.datetime64(FIRST.isoformat(), "s") + seconds.astype("timedelta64[s]")
