"""Compiles what the text says of things done: counted, summed, first, last, one after the other.

orders[net >= 100].sum(net, 90d) >= 500          last(event("product_view"), 30d)
sequence(event("product_view"), orders, within: 90d, gap: 7d, then_not: event("refund"), then: 30d)
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, get_args

from quanyu.definitions.segment_acts import SOURCES, Activity, Measure, Unit
from quanyu.errors import nearest
from quanyu.segments.language.lexer import Span
from quanyu.segments.language.syntax import (
    Argument,
    Between,
    Comparison,
    Group,
    Listed,
    Literal,
    Node,
    Operand,
    Step,
    Term,
)
from quanyu.segments.language.trouble import Troubles, shown
from quanyu.segments.language.values import Subject, Test, test_of
from quanyu.segments.language.vocabulary import Noun, Sort, Vocabulary
from quanyu.segments.language.words import Label

MAX_DAYS: Final = 1095
MEASURES: Final = get_args(Measure)
WHATS: Final = {"orders": "order", "lines": "order_line", "events": "event", "event": "event", "activity": "event"}
"""Kinds of things done by their name in the text."""
_WINDOWS: Final = (
    'A window is 90d, 90d..30d, months: 3, this: month, from: 2026-06-01, until: 2026-06-19, or during: "campaign".'
)
_WHOLE: Final[Mapping[str, str]] = {f"{unit}s": unit for unit in get_args(Unit)}
_MOST_PERIODS: Final = 120
_UNITS: Final = {"d": 1, "w": 7, "m": 30}

Said = dict[str, Any]


def number_name(name: str) -> str:
    """Return what the text calls a number of a thing done: money is written in units of the currency."""
    return name.removesuffix("_fen")


class Acts:
    """Compiles things done; answers the keys of a leaf, or None for what is wrong."""

    def __init__(self, vocabulary: Vocabulary, troubles: Troubles) -> None:
        self.vocabulary = vocabulary
        self.troubles = troubles

    def thing(self, step: Step) -> Said | None:
        """Return what is meant by `orders[…]`, `lines[…]`, `events[…]`, `event("…")[…]`, `activity("…")[…]`."""
        said: Said = {"what": WHATS[step.name]}
        if step.name in ("event", "activity"):
            name = self.quoted(step)
            if name is None:
                return None
            if step.name == "activity":
                if self.one_of(name, get_args(Activity), "Activities", step.at) is None:
                    return None
                said["activity"] = name
            else:
                self.warn_of_event(name, step.at)
                said["type"] = name
        return self.filtered(said, step.where) if step.where is not None else said

    def filtered(self, said: Said, where: Node) -> Said | None:
        """Return the keys with the conditions in square brackets added."""
        conditions = where.parts if isinstance(where, Group) and where.word == "and" else (where,)
        kept: dict[str, dict[str, Any]] = {"where": {}, "least": {}, "most": {}}
        for one in conditions:
            if not isinstance(one, Comparison):
                self.refuse(one.at, "syntax", "In square brackets stand comparisons joined by and.")
                return None
            if not self.filter(said["what"], one, kept):
                return None
        return {**said, **{key: value for key, value in kept.items() if value}}

    def filter(self, what: str, said: Comparison, kept: Mapping[str, dict[str, Any]]) -> bool:
        """Add one condition on a field or a number to those kept; return whether it could be."""
        source = SOURCES[what]
        called, said = self.unwrapped(said)
        numbers = {number_name(name): name for name in source.numbers}
        if called not in source.fields and called not in numbers:
            self.unknown(called, said.at, (*source.fields, *numbers))
            return False
        code = numbers.get(called, called)
        sort = Sort.TEXT if called in source.fields else Sort.MONEY if code.endswith("_fen") else Sort.NUMBER
        test = self.tested(said, called, Noun(code, sort, Label(called, called)))
        if test is None:
            return False
        bounds = {"where": test.is_ or None, "least": test.at_least, "most": test.at_most}
        found = {key: value for key, value in bounds.items() if value is not None}
        if not found or test.negated or any(code in kept[key] for key in found):
            message = f'"{shown(called)}" is asked once, for values or a range, and not turned round.'
            self.refuse(said.at, "unsupported", message)
            return False
        for key, value in found.items():
            kept[key][code] = value
        return True

    def unwrapped(self, said: Comparison) -> tuple[str, Comparison]:
        """Return the name that is compared, out of between(…) too."""
        first = said.term.steps[0]
        arguments = first.arguments or ()
        if first.name == "between" and len(arguments) == 3 and isinstance(arguments[0].value, Term) and not said.sign:
            return arguments[0].value.steps[0].name, between(said, arguments[0].value, arguments)
        return (first.name if len(said.term.steps) == 1 else shown(".".join(s.name for s in said.term.steps))), said

    def tested(self, said: Comparison, name: str, noun: Noun) -> Test | None:
        """Return what a comparison asks of a noun."""
        if not said.sign:
            self.refuse(said.at, "syntax", f'"{shown(name)}" alone says nothing.', 'Compare it, e.g. with = "…".')
            return None
        currency = self.vocabulary.currency
        subject = Subject(name, noun, currency.minor_digits, currency.code)
        return test_of(subject, said.sign, said.value, said.sign_at, self.troubles)

    def did(self, said: Comparison) -> Said | None:
        """Return the keys of a `did`: a measure of things in a window, compared."""
        steps = said.term.steps
        thing = self.thing(steps[0])
        measured = self.measured(thing["what"], steps) if thing is not None else None
        if thing is None or measured is None:
            return None
        measure, of, arguments = measured
        window = self.window(arguments, steps[1].at)
        found = {**thing, **window} if window is not None else None
        if found is None:
            return None
        if measure != "count":
            found |= {"measure": measure, "of": of}
        if not said.sign:
            if measure == "count":
                return found
            self.refuse(said.at, "syntax", f"How much is the {measure} to be?", "Compare it, e.g. with >= 1.")
            return None
        sort = Sort.MONEY if measure not in ("count", "distinct") and str(of).endswith("_fen") else Sort.NUMBER
        test = self.tested(said, measure, Noun(measure, sort, Label(measure, measure)))
        if test is None or test.known is not None:
            if test is not None:
                self.refuse(said.sign_at, "type", f"Compare the {measure} with a number.")
            return None
        least, most = test.at_least, test.at_most
        if measure in ("count", "distinct"):
            if (least is not None and least < 1 and most != 0) or (most is not None and most < 0):
                message = "A count is 0 or more; this holds for everybody or nobody."
                self.refuse(said.sign_at, "range", message, "Write >= 1.")
                return None
            least = None if most == 0 else least
        bounds = {"at_least": least, "at_most": most, "no": test.negated or None}
        return {**found, **{key: bound for key, bound in bounds.items() if bound is not None}}

    def measured(self, what: str, steps: tuple[Step, ...]) -> tuple[str, str | None, tuple[Argument, ...]] | None:
        """Return measure, what it is of, and the arguments that say its window."""
        if len(steps) == 1:
            self.refuse(steps[0].at, "syntax", "Say what of them.", f"Write {steps[0].name}.count(90d) >= 2.")
            return None
        step = steps[1]
        if step.name not in MEASURES or len(steps) > 2 or step.where is not None:
            message = f'Unknown "{shown(steps[-1].name)}"; available: {", ".join(MEASURES)}.'
            self.refuse(steps[-1].at, "unknown_function", message)
            return None
        arguments = step.arguments or ()
        if step.name == "count":
            return "count", None, arguments
        known = SOURCES[what].distinct if step.name == "distinct" else SOURCES[what].numbers
        named = {number_name(name): name for name in known}
        first = arguments[0].value if arguments else None
        if not isinstance(first, Term) or len(first.steps) != 1 or first.steps[0].name not in named:
            at = first.at if first is not None else step.at
            called = first.steps[0].name if isinstance(first, Term) else ""
            hit = nearest(called, tuple(named)) or next(iter(named))
            message = f'Unknown "{shown(called)}"; did you mean "{hit}"?' if called else f"{step.name} of what?"
            self.refuse(at, "unknown_name", message, f"There are {', '.join(named)}.")
            return None
        return step.name, named[first.steps[0].name], arguments[1:]

    def window(self, arguments: tuple[Argument, ...], at: int) -> Said | None:
        """Return the keys of a window, none of ever; None when it is not one."""
        found: Said = {}
        for one in arguments:
            keys = self._named_window(one) if one.name is not None else self._days_window(one.value)
            if keys is None:
                return None
            both = {*found, *keys}
            if found and (found.keys() & keys or not (both <= {"from", "until"} or both <= {"whole", "ago"})):
                self.refuse(one.at, "syntax", _WINDOWS)
                return None
            found |= keys
        if "ago" in found and "days" not in found:
            if "whole" not in found:
                self.refuse(at, "syntax", _WINDOWS)
                return None
            found = {"whole": {**found["whole"], "ago": found["ago"]}}
        if "from" in found and "until" in found and found["from"] >= found["until"]:
            self.refuse(at, "range", "The window ends before it begins.", "until is the first day after it.")
            return None
        return found

    def _named_window(self, said: Argument) -> Said | None:
        if said.name in _WHOLE or said.name == "ago":
            return self._periods(said)
        if said.name == "this":
            term = said.value if isinstance(said.value, Term) else None
            name = term.steps[0].name if term is not None and len(term.steps) == 1 else ""
            return None if self.one_of(name, get_args(Unit), "Periods", said.at) is None else {"this": name}
        value = said.value.value if isinstance(said.value, Literal) else None
        wanted = {"from": date, "until": date, "during": str}.get(said.name or "")
        if wanted is None or not isinstance(value, wanted):
            self.refuse(said.at, "syntax", _WINDOWS)
            return None
        return {str(said.name): value}

    def _periods(self, said: Argument) -> Said | None:
        count = said.value.value if isinstance(said.value, Literal) else None
        least = 0 if said.name == "ago" else 1
        if not isinstance(count, int) or not least <= count <= _MOST_PERIODS:
            self.refuse(said.at, "range", f"{said.name} is a whole number, {least} to {_MOST_PERIODS}.")
            return None
        if said.name == "ago":
            return {"ago": count}
        return {"whole": {"unit": _WHOLE[str(said.name)], "count": count}}

    def _days_window(self, said: Operand) -> Said | None:
        if not isinstance(said, Between):
            days = self.days(said)
            return None if days is None else {"days": days}
        far, near = self.days(said.low), self.days(said.high)
        if far is None or near is None:
            return None
        if far <= near:
            self.refuse(said.at, "range", f"{said.low.raw} ago is not before {said.high.raw} ago.")
            return None
        return {"days": far - near, "ago": near}

    def days(self, said: Operand) -> int | None:
        """Return the days of a length of time."""
        if not isinstance(said, Literal) or not isinstance(said.value, Span):
            self.refuse(said.at, "unit", "Give a unit: 90d, 12w, 3m.")
            return None
        days = said.value.count * _UNITS[said.value.unit]
        if not 1 <= days <= MAX_DAYS:
            self.refuse(said.at, "range", f"Window must be 1d–{MAX_DAYS}d.")
            return None
        return days

    def edge(self, said: Comparison) -> Said | None:
        """Return the keys of a `first` or `last`."""
        step, *rest = said.term.steps
        if rest and rest[0].name == "date":
            self.refuse(said.sign_at, "type", "Compare with ago(30d) or a date.", f"Write {step.name}(orders, 30d).")
            return None
        thing = self.thing_of(step.arguments[0].value if step.arguments else None, step.at)
        if thing is None or rest or step.where is not None or said.sign:
            if thing is not None:
                self.refuse(said.at, "syntax", f"Write {step.name}(orders, 30d).")
            return None
        window = self.window((step.arguments or ())[1:], step.at)
        return {**thing, **window} if window is not None else None

    def thing_of(self, value: Operand | None, at: int) -> Said | None:
        """Return what an argument means that is a thing done."""
        if isinstance(value, Term) and len(value.steps) == 1 and value.steps[0].name in WHATS:
            return self.thing(value.steps[0])
        self.refuse(value.at if value is not None else at, "syntax", 'A thing done is meant: orders, event("…").')
        return None

    def sequence(self, said: Comparison) -> Said | None:
        """Return the keys of a `sequence`."""
        step = said.term.steps[0]
        arguments = step.arguments or ()
        steps = self.steps(arguments)
        if steps is None:
            return None
        named = {one.name: one for one in arguments if one.name not in (None, "without")}
        keys: dict[str, tuple[str, Callable[[Operand], Any]]] = {
            "within": ("days", self.days),
            "gap": ("gap_days", self.gap),
            "then_not": ("then_not", lambda value: self.thing_of(value, step.at)),
            "then": ("then_days", self.days),
        }
        wrong = [one for name, one in named.items() if name not in keys]
        whole = "within" in named and 2 <= len(steps) <= 10 and ("then" in named) == ("then_not" in named)
        if wrong or not whole or said.sign or len(said.term.steps) > 1 or step.where is not None:
            at = wrong[0].at if wrong else step.at
            example = 'sequence(event("a"), orders, within: 90d, gap: 7d, then_not: event("b"), then: 30d)'
            self.refuse(at, "syntax", "A sequence has 2 to 10 steps and a length.", f"Write {example}.")
            return None
        found = {keys[name][0]: keys[name][1](one.value) for name, one in named.items()}
        if None in found.values():
            return None
        return {"steps": tuple(steps), **found}

    def steps(self, arguments: tuple[Argument, ...]) -> list[Said] | None:
        """Return the steps of a sequence; `without: …` between two of them belongs to the later one."""
        plain = [one for one in arguments if one.name in (None, "without")]
        for one, after in zip(plain, [*plain[1:], None], strict=True):
            if one.name is not None and (one is plain[0] or after is None or after.name is not None):
                remedy = 'Write sequence(event("a"), without: event("b"), orders, within: 90d).'
                self.refuse(one.at, "syntax", "`without` stands once between two steps.", remedy)
                return None
        found: list[Said] = []
        absent: Said = {}
        things = [self.thing_of(one.value, one.at) for one in plain]
        for one, thing in zip(plain, things, strict=True):
            if one.name is not None:
                absent = {"without": thing}
            elif thing is not None:
                found.append({**thing, **absent})
                absent = {}
        return None if None in things else found

    def gap(self, said: Operand) -> int | None:
        """Return the days of a gap, which may be none."""
        if isinstance(said, Literal) and isinstance(said.value, Span) and said.value.count == 0:
            return 0
        return self.days(said)

    def quoted(self, step: Step) -> str | None:
        """Return the text that stands first in a call."""
        first = step.arguments[0].value if step.arguments else None
        if isinstance(first, Literal) and isinstance(first.value, str) and first.value:
            return first.value
        at = first.at if first is not None else step.at
        self.refuse(at, "syntax", f'{step.name} names something in quotes: {step.name}("…").')
        return None

    def one_of(self, name: str, known: Any, what: str, at: int) -> str | None:
        """Return a name that is among those known."""
        names = tuple(known)
        if name in names:
            return name
        hit = nearest(name, names)
        message = f"{what} are {', '.join(names[:12])}"
        self.refuse(at, "enum", f'{message}; did you mean "{hit}"?' if hit else f"{message}.")
        return None

    def warn_of_event(self, name: str, at: int) -> None:
        """Warn of an event type that nobody defines."""
        if name in self.vocabulary.events:
            return
        hit = nearest(name, tuple(self.vocabulary.events))
        message = f'No event "{shown(name)}" is known'
        self.troubles.warn(at, "event_unknown", f'{message}; did you mean "{hit}"?' if hit else f"{message}.")

    def unknown(self, name: str, at: int, known: tuple[str, ...]) -> None:
        """Refuse a name with the nearest one."""
        hit = nearest(name, known)
        message = f'Unknown "{shown(name)}"'
        self.refuse(at, "unknown_name", f'{message}; did you mean "{hit}"?' if hit else f"{message}.")

    def refuse(self, at: int, code: str, message: str, remedy: str = "") -> None:
        """Refuse the text for something at a place."""
        self.troubles.add(at, code, message, remedy)


def between(said: Comparison, term: Term, arguments: tuple[Argument, ...]) -> Comparison:
    """Return between(what, low, high) as a comparison of what, which is `term`; `arguments` are three."""
    bounds = Listed((arguments[1].value, arguments[2].value), arguments[1].at)
    return Comparison(term, "between", bounds, said.at, arguments[1].at)
