"""Time zones must be named zones of the IANA list (`reliability.md` Y37, Y38)."""

import re
from collections.abc import Iterator
from zoneinfo import available_timezones

from quanyu.clock import zone
from quanyu.definitions.document import Path
from quanyu.definitions.source import Source
from quanyu.errors import Problem, Where, did_you_mean

_OFFSET = re.compile(r"(UTC|GMT)?[+-][0-9]{1,2}(:?[0-9]{2})?", re.IGNORECASE)
# IANA knows one zone for all of China; people look for their own city.
_CHINESE_CITIES = ("beijing", "shenzhen", "guangzhou", "hangzhou", "chengdu", "prc", "china", "cst", "北京", "上海")


def check_zone(name: str, where: Where) -> Problem | None:
    """Return the problem of a zone's name, or None when it is a named zone."""
    if _OFFSET.fullmatch(name):
        return Problem(
            "config.timezone", "An offset is not a zone.", 'Use a named zone such as "Asia/Shanghai".', where
        )
    known = available_timezones()
    # The system may accept file names in other letters; the list decides, so that every machine agrees.
    if name in known and zone(name) is not None:
        return None
    city = name.rsplit("/", 1)[-1].casefold()
    remedy = "Use Asia/Shanghai." if city in _CHINESE_CITIES else did_you_mean(name, sorted(known))
    message = f'Unknown time zone "{name[:40]}".'
    return Problem("config.timezone", message, remedy or 'Use a named zone such as "Asia/Shanghai".', where)


def check_source_zones(source: Source) -> Iterator[Problem]:
    """Yield the problems of the zones a source names."""
    named: list[tuple[str | None, Path]] = [(source.time_zone, ("time_zone",))]
    for number, feed in enumerate(source.feeds):
        named += [(column.time_zone, ("feeds", number, "columns", name)) for name, column in feed.columns.items()]
        if feed.occurred_at is not None:
            named.append((feed.occurred_at.time_zone, ("feeds", number, "occurred_at")))
    for name, path in named:
        problem = check_zone(name, source.place(*path)) if name is not None else None
        if problem is not None:
            yield problem
