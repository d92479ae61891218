"""The retailer's two years: how busy each day is, and how the hours of a day share its business."""

from datetime import date, timedelta
from typing import Final

import numpy as np

from benchmarks.mix import Bits, Ints, below, draw

FIRST: Final = date(2024, 1, 1)
DAYS: Final = 731
LAST: Final = FIRST + timedelta(days=DAYS - 1)
DAY_SECONDS: Final = 86_400
ZONE: Final = "Asia/Shanghai"
ZONE_SECONDS: Final = 8 * 3600

_WEEKDAYS: Final = (92, 88, 90, 94, 108, 132, 126)
_MONTHS: Final = (104, 82, 96, 94, 102, 118, 90, 88, 98, 104, 128, 112)
# (month, first day, last day, percent of an ordinary day): the sales festivals and the quiet Spring Festival.
_FESTIVALS: Final = ((1, 28, 31, 60), (2, 1, 12, 45), (3, 6, 8, 150), (6, 1, 20, 175), (9, 28, 30, 120),
                     (10, 20, 31, 140), (11, 1, 11, 260), (12, 10, 12, 180))  # fmt: skip
_HOURS: Final = (10, 5, 3, 2, 2, 4, 10, 22, 34, 46, 56, 58, 60, 52, 50, 50, 52, 56, 64, 76, 88, 90, 66, 28)
UNIT: Final = 1_000
"""Steps of business time per unit of a day's weight."""


def day_weight(day: date) -> int:
    """Return how busy a day is: growth of about 20 % a year, its month, its weekday, its festival."""
    growth = 1000 + (day - FIRST).days * 200 // 365
    weight = growth * _WEEKDAYS[day.weekday()] * _MONTHS[day.month - 1] // 10_000
    for month, first, last, percent in _FESTIVALS:
        if day.month == month and first <= day.day <= last:
            weight = weight * percent // 100
    return weight


def business_time() -> Ints:
    """Return where each day begins in business time, and its end: a busy day is long, a quiet one short."""
    weights = [day_weight(FIRST + timedelta(days=number)) * UNIT for number in range(DAYS)]
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.array(weights, np.int64))])


def day_of(moment: Ints, starts: Ints) -> Ints:
    """Return the number of the day, from 0, that holds each moment of business time."""
    return np.clip(np.searchsorted(starts, moment, side="right") - 1, 0, DAYS - 1).astype(np.int64)


def second_of_day(numbers: Ints, salt: int) -> Ints:
    """Return a second of the local day for each number, by the hours of business."""
    edges = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.array(_HOURS, np.int64))])
    place = below(draw(numbers, salt), int(edges[-1]))
    hour = np.searchsorted(edges, place, side="right") - 1
    return (hour * 3600 + below(draw(numbers, salt + 1), 3600)).astype(np.int64)


def utc(local_seconds: Ints) -> Bits:
    """Return UTC moments (datetime64[us]) of seconds since local midnight of the first day."""
    start = np.datetime64(FIRST.isoformat(), "us") - np.timedelta64(ZONE_SECONDS, "s")
    return start + local_seconds.astype("timedelta64[s]")


def local_date(local_seconds: Ints) -> Bits:
    """Return local dates (datetime64[D]) of seconds since local midnight of the first day."""
    return np.datetime64(FIRST.isoformat(), "D") + np.floor_divide(local_seconds, DAY_SECONDS).astype("timedelta64[D]")
