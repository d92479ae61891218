"""Reads a query from plain values, as a command line or a JSON body gives them."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final, TypeVar

from quanyu.errors import Problem, Where, did_you_mean
from quanyu.metrics.periods import Compare, Grain
from quanyu.metrics.request import Between, CampaignWindow, Latest, MetricQuery, Range, Rolling

E = TypeVar("E", bound=StrEnum)

KEYS: Final = (
    "metrics", "by", "grain", "start", "end", "rolling", "latest", "campaign", "compare", "filters", "as_of",
)  # fmt: skip


def parse_query(said: Mapping[str, Any]) -> tuple[MetricQuery | None, list[Problem]]:
    """Return the query that plain values say, or None, and every problem.

    Keys: metrics, by, filters (lists of text); grain, compare; one of start and end (ISO dates, end outside), rolling
    (days), latest (periods), campaign (id); as_of.  Whether the names exist is checked when it is asked.
    """
    reader = _Reader(said)
    for key in said:
        if key not in KEYS:
            reader.refuse(str(key), f'"{key}" is no part of a query.', did_you_mean(str(key), KEYS))
    query = MetricQuery(
        metrics=reader.names("metrics"),
        by=reader.names("by"),
        grain=reader.choice("grain", Grain, Grain.NONE),
        range=reader.range(),
        compare=reader.choice("compare", Compare, Compare.NONE),
        filters=reader.names("filters"),
        as_of=reader.day("as_of"),
    )
    return (None if reader.problems else query), reader.problems


class _Reader:
    """Reads values one by one and collects what is wrong with them."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.said = said
        self.problems: list[Problem] = []

    def refuse(self, key: str, message: str, remedy: str) -> None:
        """Collect a problem of one key."""
        self.problems.append(Problem("metric.query", message, remedy, Where(field=key)))

    def names(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; one text is a list of one."""
        given = self.said.get(key, ())
        listed = (given,) if isinstance(given, str) else given
        if isinstance(listed, list | tuple) and all(isinstance(one, str) for one in listed):
            return tuple(listed)
        self.refuse(key, f"{key} is no list of texts.", "Write a list.")
        return ()

    def choice(self, key: str, kind: type[E], default: E) -> E:
        """Return one of the words of an enumeration."""
        given = self.said.get(key, default.value)
        words = [one.value for one in kind]
        if given in words:
            return kind(given)
        shown = str(given)[:60]
        self.refuse(key, f'"{shown}" is not one of {", ".join(words)}.', did_you_mean(shown, words))
        return default

    def day(self, key: str) -> date | None:
        """Return a date of ISO text or a date, None when not said."""
        given = self.said.get(key)
        if given is None or isinstance(given, date):
            return given
        try:
            return date.fromisoformat(given)
        except (TypeError, ValueError):
            self.refuse(key, f'"{str(given)[:40]}" is no date.', "Write it as 2024-01-31.")
            return None

    def whole(self, key: str) -> int:
        """Return a whole number."""
        given = self.said[key]
        if isinstance(given, int) and not isinstance(given, bool):
            return given
        self.refuse(key, f"{key} is no whole number.", "Write a number of days or periods.")
        return 1

    def range(self) -> Range:
        """Return which periods are asked for; the latest when nothing is said."""
        ways = [key for key in ("rolling", "latest", "campaign") if self.said.get(key) is not None]
        start, end = self.day("start"), self.day("end")
        if len(ways) + (start is not None or end is not None) > 1:
            self.refuse(ways[0], "Several ways to say the period.", "Keep one.")
        if start is not None and end is not None:
            return Between(start, end)
        if start is not None or end is not None:
            self.refuse("start", "start and end go together.", "Give both; the end is the first day outside.")
        if ways == ["rolling"]:
            return Rolling(self.whole("rolling"))
        if ways == ["campaign"]:
            return CampaignWindow(str(self.said["campaign"]))
        return Latest(self.whole("latest")) if ways == ["latest"] else Latest(1)
