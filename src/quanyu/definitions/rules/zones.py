"""Time zones must be named zones of the IANA list (`reliability.md` Y37, Y38)."""

import re
from zoneinfo import available_timezones

from quanyu.clock import zone
from quanyu.errors import Problem, did_you_mean

_OFFSET = re.compile(r"(UTC|GMT)?[+-][0-9]{1,2}(:?[0-9]{2})?", re.IGNORECASE)
# IANA knows one zone for all of China; people look for their own city.
_CHINESE_CITIES = ("beijing", "shenzhen", "guangzhou", "hangzhou", "chengdu", "prc", "china", "cst", "北京", "上海")


def check_zone(name: str) -> Problem | None:
    """Return the problem of a zone's name, or None when it is a named zone."""
    if _OFFSET.fullmatch(name):
        return Problem("config.timezone", "An offset is not a zone.", 'Use a named zone such as "Asia/Shanghai".')
    known = available_timezones()
    # The system may accept file names in other letters; the list decides, so that every machine agrees.
    if name in known and zone(name) is not None:
        return None
    city = name.rsplit("/", 1)[-1].casefold()
    remedy = "Use Asia/Shanghai." if city in _CHINESE_CITIES else did_you_mean(name, sorted(known))
    message = f'Unknown time zone "{name[:40]}".'
    return Problem("config.timezone", message, remedy or 'Use a named zone such as "Asia/Shanghai".')
