"""Periods of a query and of its comparison: half-open, in business dates of the workspace's zone (`domain.md` §2.0)."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from quanyu.clock import Period

_DAY: Final = timedelta(days=1)
_YEAR_OF_WEEKS: Final = timedelta(days=364)


class Grain(StrEnum):
    """Length of a query's periods: natural ones, or NONE for one period from start to end."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    NONE = "none"


NATURAL: Final = (Grain.DAY, Grain.WEEK, Grain.MONTH, Grain.QUARTER, Grain.YEAR)


class Compare(StrEnum):
    """What a period is compared with: nothing, the one before it, or the same one a year earlier."""

    NONE = "none"
    PREVIOUS = "previous"
    LAST_YEAR = "same_period_last_year"


def start_of(grain: Grain, day: date) -> date:
    """Return the first day of the natural period that holds the day; of NONE the day itself."""
    if grain is Grain.WEEK:
        return day - timedelta(days=day.weekday())
    if grain is Grain.MONTH:
        return day.replace(day=1)
    if grain is Grain.QUARTER:
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1) if grain is Grain.YEAR else day


def next_start(grain: Grain, start: date) -> date:
    """Return the first day after the natural period that starts on `start`."""
    days = {Grain.DAY: 1, Grain.WEEK: 7, Grain.MONTH: 31, Grain.QUARTER: 92, Grain.YEAR: 366}
    return start_of(grain, start + timedelta(days=days[grain]))


def natural(grain: Grain, day: date) -> Period:
    """Return the natural period of the grain that holds the day."""
    start = start_of(grain, day)
    return Period(start, next_start(grain, start))


def natural_periods(grain: Grain, start: date, end: date) -> tuple[Period, ...]:
    """Return the natural periods that overlap `[start, end)`, whole, oldest first."""
    found = [natural(grain, start)]
    while found[-1].end < end:
        found.append(natural(grain, found[-1].end))
    return tuple(found)


def latest(grain: Grain, count: int, as_of: date) -> tuple[Period, ...]:
    """Return the last `count` natural periods, the one of `as_of` included, oldest first."""
    found = [natural(grain, as_of)]
    while len(found) < count:
        found.append(natural(grain, found[-1].start - _DAY))
    return tuple(reversed(found))


def grain_of(period: Period) -> Grain:
    """Return the grain of which the period is one natural period, or NONE."""
    return next((grain for grain in NATURAL if natural(grain, period.start) == period), Grain.NONE)


def compared(period: Period, compare: Compare, grain: Grain) -> Period | None:
    """Return the period that a period of the grain is compared with; None for no comparison.

    Previous: the natural period before, or as many days before.  A year earlier: the same calendar dates, 29 February
    being the end of February; weeks go back 52 weeks, so that Mondays meet Mondays.
    """
    if compare is Compare.NONE:
        return None
    if compare is Compare.PREVIOUS:
        if grain is Grain.NONE:
            return Period(period.start - timedelta(days=period.days), period.start)
        return natural(grain, period.start - _DAY)
    if grain is Grain.WEEK:
        return Period(period.start - _YEAR_OF_WEEKS, period.end - _YEAR_OF_WEEKS)
    return Period(_year_before(period.start, leap_to=28), _year_before(period.end, leap_to=29))


def _year_before(day: date, leap_to: int) -> date:
    """29 February begins as the 28th of the year before, and ends (outside) as 1 March, so no period is empty."""
    if (day.month, day.day) != (2, 29):
        return day.replace(year=day.year - 1)
    return date(day.year - 1, 2, 28) if leap_to == 28 else date(day.year - 1, 3, 1)
