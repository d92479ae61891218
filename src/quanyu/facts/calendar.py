"""The calendar of a build: its report periods and the dates of its stage snapshots."""

from collections.abc import Iterator
from datetime import date, timedelta

import pyarrow as pa

from quanyu.errors import InternalError
from quanyu.tables.stages import HISTORY_DATES

_DAY = timedelta(days=1)


def report_periods(first: date, as_of: date) -> pa.Table:
    """Return rows of `report_period`: every natural day, Monday week, month, quarter and year from `first` to `as_of`.

    A period is complete when its last day is not after `as_of`; the previous period is the natural one before it.
    """
    rows = [row for kind in ("day", "week", "month", "quarter", "year") for row in _periods(kind, first, as_of)]
    names = ("period_kind", "period_start_date", "period_end_date", "previous_start_date", "is_complete", "period_no")
    return pa.table({name: [row[index] for row in rows] for index, name in enumerate(names)})


def snapshot_dates(first: date, as_of: date, months: int) -> pa.Table:
    """Return rows of `snapshot_date`: `as_of` and the last `months` month ends before it, from `first` on."""
    ends: list[date] = []
    start = period_start("month", as_of)
    while len(ends) < months and start > first:
        ends.append(start - _DAY)
        start = period_start("month", start - _DAY)
    return snapshots_on([*ends, as_of])


def snapshots_on(dates: list[date]) -> pa.Table:
    """Return rows of `snapshot_date` for the given dates, each with the one before it; at most `HISTORY_DATES`."""
    listed = sorted(set(dates))
    if len(listed) > HISTORY_DATES:
        raise InternalError(f"{len(listed)} snapshot dates; stage_history has columns for {HISTORY_DATES}")
    previous = [None, *listed[:-1]]
    return pa.table(
        {
            "date": pa.array(listed, pa.date32()),
            "previous_date": pa.array(previous, pa.date32()),
            "date_no": pa.array(range(1, len(listed) + 1), pa.int64()),
        }
    )


def period_start(kind: str, day: date) -> date:
    """Return the first day of the natural period of that kind (day, week, month, quarter, year) that holds the day."""
    starts = {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "quarter": day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
        "year": day.replace(month=1, day=1),
    }
    return starts[kind]


def next_start(kind: str, start: date) -> date:
    """Return the first day of the natural period after the one that starts on `start`."""
    longest = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
    return period_start(kind, start + timedelta(days=longest[kind]))


def _periods(kind: str, first: date, as_of: date) -> Iterator[tuple[str, date, date, date, bool, int]]:
    start, number = period_start(kind, first), 1
    while start <= as_of:
        end = next_start(kind, start)
        yield kind, start, end, period_start(kind, start - _DAY), end <= as_of + _DAY, number
        start, number = end, number + 1
