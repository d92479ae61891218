"""The words of a question about behaviour: acts, fields, durations and dates, read from plain values.

A question comes from a command line, YAML or JSON as a mapping of plain values.  A `Reader` takes each value out of it,
notes what is wrong and goes on, so that every problem is told at once, with the nearest valid name.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final, TypeVar

from quanyu.errors import Problem, Where, did_you_mean

FIELDS: Final[Mapping[str, str]] = {
    "channel": "channel_id",
    "store": "store_id",
    "touchpoint": "touchpoint_id",
    "product": "product_id",
    "category": "category_id",
}
"""What an act can be restricted to or split by → its column."""

EVERY: Final = "*"
"""Any act at all, written in place of an event type."""

ORDER_TYPES: Final = ("checkout", "order_paid")
MOST_TYPES: Final = 40
MOST_VALUES: Final = 200
LONGEST_WINDOW_S: Final = 3 * 366 * 86_400
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DURATION: Final = re.compile(r"(\d{1,9})\s*([smhdw])")
_SHOWN: Final = 60

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Acts:
    """Acts of any of the types (`*`: all) for which every named field has one of its values.

    `fields` pairs a name of `FIELDS` with the values allowed, in the order of the names.
    """

    types: tuple[str, ...]
    fields: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def is_every_type(self) -> bool:
        """Return whether acts of all types are meant."""
        return EVERY in self.types

    def may_be(self, other: "Acts") -> bool:
        """Return whether one act could be both: a type in common, and no field that tells them apart."""
        if not (self.is_every_type or other.is_every_type or set(self.types) & set(other.types)):
            return False
        theirs = dict(other.fields)
        return all(name not in theirs or set(values) & set(theirs[name]) for name, values in self.fields)

    def __str__(self) -> str:
        restricted = "".join(f" {name}={','.join(values)}" for name, values in self.fields)
        return "|".join(self.types) + restricted


@dataclass(frozen=True, slots=True)
class Words:
    """What a question may name: event types, attributes of persons, and the date it is asked as of.

    `is_type` looks in the acts themselves for a type that no definition names.
    """

    event_types: tuple[str, ...]
    attributes: tuple[str, ...]
    as_of: date
    is_type: Callable[[str], bool] = lambda name: False

    def knows_type(self, name: str) -> bool:
        """Return whether acts of this type are defined or stand in the build."""
        return name in (EVERY, *ORDER_TYPES) or name in self.event_types or self.is_type(name)


class Reader:
    """Takes the values of one question out of a mapping; `problems` holds what was wrong, in order."""

    def __init__(self, said: Mapping[str, Any], words: Words, keys: Sequence[str]) -> None:
        self.said = {name: value for name, value in said.items() if value is not None}
        self.words = words
        self.problems: list[Problem] = []
        for name in self.said:
            if name not in keys:
                remedy = did_you_mean(str(name), keys) or f"There are {', '.join(keys)}."
                self.wrong("behaviour.unknown_key", str(name), "is no part of this question", remedy)

    def wrong(self, code: str, name: str, what: str, remedy: str) -> None:
        """Note a problem with the value of that name."""
        self.problems.append(Problem(code, f'"{name[:_SHOWN]}" {what}.', remedy, Where(field=name[:_SHOWN])))

    def choice(self, name: str, kind: type[Choice], default: Choice) -> Choice:
        """Return one of the values of an enumeration."""
        return kind(self.one_of(name, [one.value for one in kind], default.value))

    def one_of(self, name: str, known: Sequence[str], default: str) -> str:
        """Return one of the known texts; the default for none or an unknown one."""
        given = self.said.get(name, default)
        if given in known:
            return str(given)
        remedy = did_you_mean(str(given), known) or f"Say one of {', '.join(known)}."
        self.wrong("behaviour.unknown_value", name, f'cannot be "{str(given)[:_SHOWN]}"', remedy)
        return default

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        given = self.said.get(name, default)
        text = str(given).strip()
        if isinstance(given, bool) or not re.fullmatch(r"-?\d{1,18}", text) or not low <= int(text) <= high:
            self.wrong("behaviour.number", name, f"is no whole number from {low:,} to {high:,}", "Give one.")
            return default
        return int(text)

    def duration(self, name: str, default_s: int) -> int:
        """Return a length of time in seconds: a number of days, or a number and s, m, h, d or w."""
        given = self.said.get(name)
        if given is None:
            return default_s
        text = f"{given}d" if isinstance(given, int) and not isinstance(given, bool) else str(given).strip().lower()
        found = _DURATION.fullmatch(f"{text}d" if text.isdecimal() else text)
        seconds = int(found[1]) * _UNITS[found[2]] if found else 0
        if not 0 < seconds <= LONGEST_WINDOW_S:
            remedy = "Write 30m, 12h or 7d: more than nothing, three years at most."
            self.wrong("behaviour.window", name, "is no length of time", remedy)
            return default_s
        return seconds

    def day(self, name: str) -> date | None:
        """Return a date, None where none is said."""
        given = self.said.get(name)
        if given is None or type(given) is date:
            return given
        try:
            return date.fromisoformat(str(given))
        except ValueError:
            self.wrong("behaviour.date", name, "is no date", "Write 2026-01-31.")
            return None

    def period(self) -> tuple[date | None, date | None]:
        """Return the first date and the first one after the last (`start`, `end`); None where there is no bound."""
        start, end = self.day("start"), self.day("end")
        if start is not None and end is not None and end <= start:
            self.wrong("behaviour.period", "end", "is not after the start", "The end is the first day outside.")
        if start is not None and start > self.words.as_of:
            remedy = f"Start on {self.words.as_of.isoformat()} or before."
            self.wrong("behaviour.period", "start", "is after the date of the build", remedy)
        return start, end

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        given = self.said.get(name, default)
        if not isinstance(given, bool):
            self.wrong("behaviour.flag", name, "is neither true nor false", "Say true or false.")
            return default
        return given

    def listed(self, name: str, most: int) -> list[Any]:
        """Return a list of values; one value alone is a list of it; more than `most` are a problem."""
        given = self.said.get(name, [])
        found = list(given) if isinstance(given, list | tuple) else [given]
        if len(found) > most:
            self.wrong("behaviour.too_many", name, f"has {len(found):,} entries", f"At most {most:,} are answered.")
            return []
        return found

    def acts(self, name: str, given: Any) -> Acts | None:
        """Return the acts that a text (`view|cart_added channel=app,mini store=S1`) or a mapping means."""
        before = len(self.problems)
        said = dict(given) if isinstance(given, Mapping) else self._written(name, str(given))
        types = _texts(said.pop("type", ()))
        if not types or len(types) > MOST_TYPES:
            remedy = f"Name an event type, or up to {MOST_TYPES} as a|b; {EVERY} is any act."
            self.wrong("behaviour.empty", name, "names no act", remedy)
        for one in types:
            if not self.words.knows_type(one):
                remedy = did_you_mean(one, (*self.words.event_types, *ORDER_TYPES)) or "See the event types."
                self.wrong("behaviour.event_type", name, f'names "{one[:_SHOWN]}", which is no event type', remedy)
        fields = []
        for one, values in said.items():
            texts = _texts(values)
            if one not in FIELDS:
                remedy = did_you_mean(str(one), tuple(FIELDS)) or f"There are {', '.join(FIELDS)}."
                self.wrong("behaviour.field", name, f'names "{str(one)[:_SHOWN]}", which is no field', remedy)
            elif not texts or len(texts) > MOST_VALUES:
                self.wrong("behaviour.field", name, f"says nothing for {one}", f"Give 1 to {MOST_VALUES} values.")
            else:
                fields.append((str(one), texts))
        return Acts(types, tuple(sorted(fields))) if len(self.problems) == before else None

    def _written(self, name: str, text: str) -> dict[str, Any]:
        head, *rest = text.split() or [""]
        said: dict[str, Any] = {"type": [one for one in head.split("|") if one]}
        for part in rest:
            key, sign, values = part.partition("=")
            if not sign:
                remedy = "Write TYPE|TYPE field=value,value."
                self.wrong("behaviour.field", name, f'has "{part[:_SHOWN]}", which restricts nothing', remedy)
            said[key] = [one for one in values.split(",") if one] if sign else ["-"]
            if not sign:
                del said[key]
        return said

    def split(self, name: str, *, attributes: bool = True) -> str | None:
        """Return what to split by: a field of an act or an attribute of a person; None where nothing is said."""
        given = self.said.get(name)
        if given is None:
            return None
        known = (*FIELDS, *self.words.attributes) if attributes else tuple(FIELDS)
        if given in known:
            return str(given)
        remedy = did_you_mean(str(given), known) or f"There are {', '.join(known[:20])}."
        self.wrong("behaviour.breakdown", name, f'cannot be "{str(given)[:_SHOWN]}"', remedy)
        return None


def _texts(given: Any) -> tuple[str, ...]:
    if isinstance(given, str):
        return tuple(one for one in given.split("|") if one)
    return tuple(dict.fromkeys(str(one) for one in given)) if isinstance(given, list | tuple) else (str(given),)
