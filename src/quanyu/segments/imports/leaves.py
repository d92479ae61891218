"""Builds the leaves of an imported rule, or lists why one cannot be said here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from quanyu.definitions.segment_acts import SOURCES
from quanyu.definitions.segment_rule import RuleShape
from quanyu.segments.imports.reading import Path, Reading, negated
from quanyu.segments.language.parser import MAX_LIST
from quanyu.segments.language.shapes import rule
from quanyu.segments.language.trouble import shown
from quanyu.segments.language.vocabulary import Noun, Sort

MAX_DAYS: Final = 3660


@dataclass(frozen=True, slots=True)
class Test:
    """What a property is asked for: a sign (=, !=, >, >=, <, <=, between, in, not in, set, empty …) and its values."""

    sign: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Did:
    """How often an event happened: at least and at most so often, in the last days or between moments."""

    event: str
    at_least: int | None
    at_most: int | None
    days: Any = None
    from_: Any = None
    to: Any = None
    filters: tuple[tuple[str, Test, Path], ...] = ()


def noun(theirs: str, test: Test, path: Path, reading: Reading) -> RuleShape | None:
    """Return the leaf that asks for an attribute or a tag of the person."""
    attributes, tags = reading.vocabulary.attributes, reading.vocabulary.tags
    name = reading.ours(theirs, (*attributes, *tags), "Attribute or tag", path)
    if name is None:
        return None
    if name in attributes:
        asked = _asked(name, attributes[name], test, path, reading)
        found = rule("attribute", {"name": attributes[name].code, **asked}) if asked is not None else None
    elif test.sign in ("set", "empty"):
        held = rule("tag", {"code": name})
        return negated(held) if test.sign == "empty" else held
    else:
        asked = _asked(name, tags[name], test, path, reading)
        found = rule("tag", {"code": name, **asked}) if asked is not None else None
    return negated(found) if test.sign in ("!=", "not in") else found


def _asked(name: str, noun: Noun, test: Test, path: Path, reading: Reading) -> dict[str, Any] | None:
    if test.sign in ("set", "empty"):
        return {"known": test.sign == "set"}
    if noun.sort in (Sort.NUMBER, Sort.MONEY):
        return _numbers(name, noun, test, path, reading)
    if test.sign not in ("=", "!=", "in", "not in"):
        reading.lose(path, "unsupported", f'"{name}" is text here; "{test.sign}" of text has no twin.')
        return None
    texts = [str(value) for value in test.values if isinstance(value, str | int) and value != ""]
    if not texts or len(texts) != len(test.values) or len(texts) > MAX_LIST:
        reading.lose(path, "malformed", f'"{name}" is compared with texts; found {shown(str(test.values))}.')
        return None
    unknown = [text for text in texts if noun.values and text not in noun.values]
    if unknown:
        known = ", ".join(list(noun.values)[:12])
        reading.lose(path, "unknown_value", f'"{name}" has no value "{shown(unknown[0])}".', f"There are {known}.")
        return None
    return {"is": tuple(dict.fromkeys(texts))}


def _numbers(name: str, noun: Noun, test: Test, path: Path, reading: Reading) -> dict[str, Any] | None:
    numbers = [_number(value, noun, reading) for value in test.values]
    wanted = 2 if test.sign == "between" else 1
    if test.sign not in ("=", "!=", ">", ">=", "<", "<=", "between") or len(numbers) != wanted or None in numbers:
        reading.lose(
            path, "unsupported", f'"{name}" is a whole number here; found {test.sign} {shown(str(test.values))}.'
        )
        return None
    first, last = numbers[0] or 0, numbers[-1] or 0
    if test.sign in ("=", "!=", "between"):
        return {"at_least": first, "at_most": last}
    bounds = {">": {"at_least": first + 1}, ">=": {"at_least": first}, "<": {"at_most": first - 1}}
    return bounds.get(test.sign, {"at_most": first})


def _number(value: Any, noun: Noun, reading: Reading) -> int | None:
    """Return a number as the tables hold it: money in the smallest unit; None when it is none or has a fraction."""
    if not isinstance(value, int | float | str) or isinstance(value, bool) or len(str(value)) > 24:
        return None
    places = reading.vocabulary.currency.minor_digits if noun.sort is Sort.MONEY else 0
    try:
        # Not a number at all, or one beyond what decimals hold.
        scaled = Decimal(str(value)).scaleb(places)
    except ArithmeticError:
        return None
    if not scaled.is_finite() or scaled.adjusted() > 18 or scaled != scaled.to_integral_value():
        return None
    return int(scaled)


def did(said: Did, path: Path, reading: Reading) -> RuleShape | None:
    """Return the leaf that counts an event; in a window of days without filters the shorter one."""
    name = reading.ours(said.event, tuple(reading.vocabulary.events), "Event type", path)
    where = _filters(said.filters, reading)
    window = _window(said, path, reading)
    if (said.at_least is not None and said.at_least < 1) or (said.at_most is not None and said.at_most < 0):
        reading.lose(path, "malformed", "Events are counted from 0 up.")
        return None
    if said.at_least is not None and said.at_most is not None and said.at_least > said.at_most:
        reading.lose(path, "malformed", f"At least {said.at_least} and at most {said.at_most} is never.")
        return None
    if name is None or where is None or window is None:
        return None
    counted = {"at_least": said.at_least, "at_most": said.at_most}
    bounds = {key: bound for key, bound in counted.items() if bound is not None}
    if not where and "days" in window:
        return rule("event", {"type": name, **window, **bounds})
    return rule("did", {"what": "event", "type": name, **({"where": where} if where else {}), **window, **bounds})


def _filters(filters: Sequence[tuple[str, Test, Path]], reading: Reading) -> dict[str, tuple[str, ...]] | None:
    """Return the fields of an event with their values; None when one of the filters cannot be said."""
    found: dict[str, tuple[str, ...]] = {}
    for theirs, test, place in filters:
        name = reading.ours(theirs, tuple(SOURCES["event"].fields), "Field of an event", place)
        texts = tuple(value for value in test.values if isinstance(value, str) and value)
        if name is not None and (test.sign not in ("=", "in") or not texts or len(texts) != len(test.values)):
            reading.lose(place, "unsupported", f'"{name}" of an event is asked for texts; "{test.sign}" has no twin.')
        elif name is not None and name in found:
            reading.lose(place, "unsupported", f'"{name}" is asked twice; here it is asked once.')
        elif name is not None:
            found[name] = tuple(dict.fromkeys(texts))
    return found if len(found) == len(filters) else None


def _window(said: Did, path: Path, reading: Reading) -> dict[str, Any] | None:
    """Return the keys of the window; empty: ever, None: one that cannot be said."""
    if said.from_ is None and said.to is None:
        if said.days is None:
            return {}
        if isinstance(said.days, int) and 1 <= said.days <= MAX_DAYS:
            return {"days": said.days}
        found = shown(str(said.days))
        reading.lose(path, "unsupported", f"Events count in the last 1 to {MAX_DAYS} days; found {found}.")
        return None
    bounds = {"from": _day(said.from_), "until": _day(said.to)}
    wrong = [key for key, given in (("from", said.from_), ("until", said.to)) if given is not None and not bounds[key]]
    begins, ends = bounds["from"], bounds["until"]
    if wrong or said.days is not None or (begins is not None and ends is not None and begins >= ends):
        reading.lose(path, "unsupported", "The moments of the window are no two days one after the other.")
        return None
    reading.differ(path, "The window is of whole days of the workspace here, and of moments there.")
    return {key: day for key, day in bounds.items() if day is not None}


def _day(moment: Any) -> date | None:
    """Return the day of a moment written as text; None when it is none."""
    try:
        return date.fromisoformat(moment[:10]) if isinstance(moment, str) else None
    except ValueError:
        return None


def segments(names: Sequence[str], word: str, path: Path, reading: Reading) -> RuleShape | None:
    """Return the group of segments that are named; None when one of them does not exist here."""
    known = tuple(reading.vocabulary.segments)
    found = [reading.ours(name, known, "Segment", path) for name in names]
    kept = tuple(rule("segment", name) for name in found if name is not None)
    if len(kept) < len(found):
        return None
    return kept[0] if len(kept) == 1 else rule(word, kept)


def sample(percent: float, seed: str, path: Path, reading: Reading) -> RuleShape | None:
    """Return the leaf of a share of all persons by chance."""
    if percent != int(percent) or not 1 <= percent <= 99 or not seed:
        reading.lose(path, "unsupported", f"A sample of {percent:g} % has no twin; here it is 1 to 99 whole percent.")
        return None
    reading.differ(path, "As many persons by chance, but other ones: each product has its own buckets.")
    return rule("sample", {"percent": int(percent), "seed": seed})


def consent(purpose: str) -> RuleShape:
    """Return the leaf of a consent."""
    return rule("consent", purpose)
