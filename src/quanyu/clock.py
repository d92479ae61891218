"""Time: the only module that asks what time it is, and the rules of business dates (`domain.md` §2.0).

Timestamps are UTC; a business date is the calendar date in the workspace's zone; a period is half-open.
`QUANYU_NOW` (ISO 8601 with offset) freezes the clock for tests and reproducible builds.
"""

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

FROZEN_NOW = "QUANYU_NOW"


def now() -> datetime:
    """Return the current moment in UTC, or the frozen one of `QUANYU_NOW`."""
    frozen = os.environ.get(FROZEN_NOW)
    return datetime.fromisoformat(frozen).astimezone(UTC) if frozen else datetime.now(UTC)


def zone(name: str) -> ZoneInfo | None:
    """Return the named IANA time zone (`Asia/Shanghai`), or None when there is no such zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def today(time_zone: str) -> date:
    """Return today's business date in the zone."""
    return now().astimezone(ZoneInfo(time_zone)).date()


def business_date(moment: datetime, time_zone: str) -> date:
    """Return the calendar date of an aware moment in the zone; exactly one date for every moment (invariant T1)."""
    return moment.astimezone(ZoneInfo(time_zone)).date()


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Business dates `[start, end)`: `start` inside, `end` outside."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """Return the length in days."""
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        """Return the last date inside."""
        return self.end - timedelta(days=1)


def window(as_of: date, days: int) -> Period:
    """Return the window of `days` days as of a date: `as_of - days + 1 … as_of`, both inside."""
    return Period(as_of - timedelta(days=days - 1), as_of + timedelta(days=1))
