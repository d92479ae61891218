"""What a comparison says of a value: among texts, between bounds, known; checked against the sort of the name."""

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from quanyu.errors import nearest
from quanyu.segments.language.lexer import Span
from quanyu.segments.language.syntax import Listed, Literal, Null, Operand, Term
from quanyu.segments.language.trouble import Troubles, shown
from quanyu.segments.language.vocabulary import Noun, Sort

_MONTH_DAY: Final = re.compile(r"(\d{2})-(\d{2})", re.ASCII)
_OTHER_MONTH_DAY: Final = re.compile(r"(\d{1,2})[/.月-](\d{1,2})日?", re.ASCII)
_SOME_YEAR: Final = 2024


@dataclass(frozen=True, slots=True)
class Test:
    """What is asked of a value; exactly one of the four parts is said.  `negated`: the opposite is asked."""

    is_: tuple[str, ...] = ()
    starts_with: str | None = None
    contains: str | None = None
    at_least: int | None = None
    at_most: int | None = None
    known: bool | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """What a comparison is about: the name as written, its noun, and how many decimals its currency has."""

    name: str
    noun: Noun
    decimals: int
    currency: str


def test_of(subject: Subject, sign: str, value: Operand | None, at: int, troubles: Troubles) -> Test | None:
    """Return what a comparison asks; None when it is wrong, which goes to `troubles`."""
    if sign in ("is set", "is empty"):
        return Test(known=sign == "is set")
    if isinstance(value, Null):
        word = "set" if sign == "!=" else "empty"
        troubles.add(value.at, "null", f"Use `{shown(subject.name)} is {word}`.")
        return None
    if sign in ("in", "not in"):
        test = _among(subject, value, at, troubles)
        return replace(test, negated=sign == "not in") if test is not None else None
    if sign == "between" and isinstance(value, Listed):
        return _between(subject, value, troubles)
    if isinstance(value, Term):
        troubles.add(value.at, "type", f'"{shown(subject.name)}" is compared with a value.', "Text stands in quotes.")
        return None
    if not isinstance(value, Literal):
        troubles.add(at, "type", f'Compare "{shown(subject.name)}" with one value, or say in [...].')
        return None
    if subject.noun.sort in (Sort.NUMBER, Sort.MONEY):
        return _numbered(subject, sign, value, at, troubles)
    return _worded(subject, sign, value, at, troubles)


def _among(subject: Subject, value: Operand | None, at: int, troubles: Troubles) -> Test | None:
    items = value.items if isinstance(value, Listed) else ()
    if not items:
        troubles.add(value.at if isinstance(value, Listed) else at, "empty_list", _EMPTY_LIST)
        return None
    if subject.noun.sort in (Sort.NUMBER, Sort.MONEY):
        message = f'"{shown(subject.name)}" is a number; use between({subject.name}, 1, 9).'
        troubles.add(at, "type", message)
        return None
    texts = [_text(subject, item, troubles) if isinstance(item, Literal) else None for item in items]
    if any(text is None for text in texts):
        for item in items:
            if not isinstance(item, Literal):
                troubles.add(item.at, "type", "A list holds values.", "Text stands in quotes.")
        return None
    return Test(is_=tuple(dict.fromkeys(text for text in texts if text is not None)))


_EMPTY_LIST: Final = "List is empty; this would match nobody."


def _between(subject: Subject, bounds: Listed, troubles: Troubles) -> Test | None:
    if subject.noun.sort not in (Sort.NUMBER, Sort.MONEY):
        troubles.add(bounds.at, "type", f'"{shown(subject.name)}" is no number; between takes numbers.')
        return None
    low, high = (whole_number(subject, bound, troubles) for bound in bounds.items)
    if low is None or high is None:
        return None
    if low > high:
        written = [bound.raw if isinstance(bound, Literal) else "" for bound in bounds.items]
        troubles.add(bounds.at, "range", f"Lower bound {written[0]} is above upper bound {written[1]}.")
        return None
    return Test(at_least=low, at_most=high)


def _worded(subject: Subject, sign: str, value: Literal, at: int, troubles: Troubles) -> Test | None:
    is_day = subject.noun.sort in (Sort.DAY, Sort.MONTH_DAY)
    if sign in ("contains", "starts_with") and subject.noun.sort is Sort.TEXT:
        if value.value == "":
            troubles.add(value.at, "empty_text", "Text is empty; this would match everybody.")
            return None
        text = _text(subject, value, troubles)
        return None if text is None else Test(contains=text) if sign == "contains" else Test(starts_with=text)
    if sign not in ("=", "!="):
        what = "a day" if is_day else "text"
        signs = "=, !=, in, starts_with" if subject.noun.sort is Sort.TEXT else "=, !=, in"
        troubles.add(at, "type", f'"{shown(subject.name)}" is {what}; use {signs}.')
        return None
    text = _text(subject, value, troubles)
    return None if text is None else Test(is_=(text,), negated=sign == "!=")


def _text(subject: Subject, value: Literal, troubles: Troubles) -> str | None:
    noun, said = subject.noun, value.value
    if noun.sort is Sort.DAY and isinstance(said, date):
        return said.isoformat()
    if not isinstance(said, str):
        what = "a day" if noun.sort in (Sort.DAY, Sort.MONTH_DAY) else "text"
        troubles.add(value.at, "type", f'"{shown(subject.name)}" is {what}; put {shown(value.raw)} in quotes.')
        return None
    if noun.sort is Sort.DAY:
        return _day(said, value.at, troubles)
    if noun.sort is Sort.MONTH_DAY:
        return _month_day(said, value.at, troubles)
    if noun.values and said not in noun.values:
        _refuse_choice(subject, said, value.at, troubles)
        return None
    if not said:
        troubles.add(value.at, "empty_text", "Text is empty; nobody has it.", f"Use `{subject.name} is empty`.")
        return None
    return said


def _refuse_choice(subject: Subject, said: str, at: int, troubles: Troubles) -> None:
    known = tuple(subject.noun.values)
    hit = nearest(said, known)
    listed = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    message = f"{shown(subject.name).capitalize()}s are {listed}"
    troubles.add(at, "enum", f'{message}; did you mean "{hit}"?' if hit else f"{message}.")


def _day(said: str, at: int, troubles: Troubles) -> str | None:
    try:
        return date.fromisoformat(said).isoformat()
    except ValueError:
        troubles.add(at, "date", "No such day.", "Write year-month-day as 2026-03-31.")
        return None


def _month_day(said: str, at: int, troubles: Troubles) -> str | None:
    if _MONTH_DAY.fullmatch(said):
        return said if _day(f"{_SOME_YEAR}-{said}", at, troubles) else None
    other = _OTHER_MONTH_DAY.fullmatch(said)
    if other:
        troubles.add(at, "date", f'Write month-day as "{int(other[1]):02d}-{int(other[2]):02d}".')
    else:
        _day(said, at, troubles)
        if not troubles.refused:
            troubles.add(at, "date", f'Write month-day as "{said[5:10]}".')
    return None


def _numbered(subject: Subject, sign: str, value: Literal, at: int, troubles: Troubles) -> Test | None:
    if sign in ("contains", "starts_with"):
        troubles.add(at, "type", f'"{shown(subject.name)}" is a number; use =, >, >=, <, <=.')
        return None
    number = whole_number(subject, value, troubles)
    if number is None:
        return None
    bounds = {
        "=": Test(at_least=number, at_most=number),
        "!=": Test(at_least=number, at_most=number, negated=True),
        ">": Test(at_least=number + 1),
        ">=": Test(at_least=number),
        "<": Test(at_most=number - 1),
        "<=": Test(at_most=number),
    }
    return bounds[sign]


def whole_number(subject: Subject, value: Operand, troubles: Troubles) -> int | None:
    """Return a number as the tables hold it: money in the smallest unit of its currency, all else as written."""
    if not isinstance(value, Literal) or isinstance(value.value, date):
        troubles.add(value.at, "type", f'"{shown(subject.name)}" is a number.')
        return None
    said = value.value
    if isinstance(said, str):
        troubles.add(value.at, "type", f'"{shown(subject.name)}" is a number; remove the quotes.')
        return None
    if isinstance(said, Span):
        troubles.add(value.at, "type", f'"{shown(subject.name)}" is a number; write {said.count}.')
        return None
    places = subject.decimals if subject.noun.sort is Sort.MONEY else 0
    scaled = Decimal(said).scaleb(places)
    if scaled != scaled.to_integral_value():
        what = f"{subject.currency} has {places} decimals." if places else f'"{shown(subject.name)}" is a whole number.'
        troubles.add(value.at, "scale", what)
        return None
    return int(scaled)
