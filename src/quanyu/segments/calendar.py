"""Whole weeks, months, quarters and years relative to a date; a week begins on Monday (P.week_start)."""

from datetime import date, timedelta
from typing import Final

from quanyu.definitions.segment_acts import Unit, WholeShape

_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


def whole_days(said: WholeShape, as_of: date) -> tuple[date, date]:
    """Return the first and last day of the last whole weeks, months … that have ended with the date or before."""
    # The week, month … of the day after is the first that has not ended.
    end = moved(said.unit, started(said.unit, as_of + timedelta(days=1)), -said.ago)
    return moved(said.unit, end, -said.count), end - timedelta(days=1)


def started(unit: Unit, day: date) -> date:
    """Return the first day of the week, month … that holds a day."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return date(day.year, day.month - (day.month - 1) % _MONTHS[unit], 1)


def moved(unit: Unit, start: date, count: int) -> date:
    """Return the first day of the week, month … so many after the one that begins on a day; before it when negative."""
    if unit == "week":
        return start + timedelta(weeks=count)
    years, month = divmod(start.month - 1 + count * _MONTHS[unit], 12)
    return date(start.year + years, month + 1, 1)


def started_next(unit: Unit, as_of: date) -> date:
    """Return the first day after a date that begins another week, month, quarter or year."""
    return moved(unit, started(unit, as_of), 1)


def next_whole(unit: Unit, as_of: date) -> date:
    """Return the first day after a date with which another week, month … is whole: its last one."""
    return moved(unit, started(unit, as_of + timedelta(days=1)), 1) - timedelta(days=1)
