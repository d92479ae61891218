"""Local times to UTC and back: by subtraction where the zone's offset never changes, by the zone's rules elsewhere."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from quanyu.clock import zone as find_zone
from quanyu.engine.tree import Tree, call, lit
from quanyu.errors import InternalError


@dataclass(frozen=True, slots=True)
class Zone:
    """A named zone; `offset_min` is its distance from UTC in minutes when that never changes, else None."""

    name: str
    offset_min: int | None

    @property
    def is_fixed(self) -> bool:
        """Return whether every local time exists exactly once."""
        return self.offset_min is not None

    def utc(self, local: Tree) -> Tree:
        """Return the moment of a local time."""
        if self.offset_min is None:
            return call("utc_zone", local, lit(self.name))
        return call("utc_fixed", local, lit(self.offset_min))

    def local(self, moment: Tree) -> Tree:
        """Return the local time of a moment."""
        return call("timezone", lit(self.name), call("timezone", lit("UTC"), moment))

    def day(self, moment: Tree) -> Tree:
        """Return the calendar date of a moment in the zone."""
        if self.offset_min is None:
            return call("day_zone", moment, lit(self.name))
        return call("day_fixed", moment, lit(self.offset_min))


@cache
def read_zone(name: str) -> Zone:
    """Return a zone by its IANA name, its offset fixed when it is the same in every week of 1994–2044."""
    rules = find_zone(name)
    if rules is None:
        raise InternalError(f"unknown zone {name}")
    start = datetime(1994, 1, 1, tzinfo=UTC)
    offsets = {(start + timedelta(weeks=week)).astimezone(rules).utcoffset() for week in range(2610)}
    only = offsets.pop() if len(offsets) == 1 else None
    seconds = int(only.total_seconds()) if only is not None else 1
    return Zone(name, seconds // 60 if seconds % 60 == 0 else None)
