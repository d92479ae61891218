"""Writes one report in one language: words from the message file, figures kept by name as they are written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from quanyu import display
from quanyu.config import Currency, Language
from quanyu.errors import InternalError
from quanyu.money import Money
from quanyu.report.definitions import DEFINITIONS
from quanyu.report.figures import Figure, Unit, Value
from quanyu.report.html import Html
from quanyu.report.messages import fill, fill_plain, load_messages

# Zeros behind the point with nothing but a unit after them.
_IDLE_DECIMALS = re.compile(r"\.0+(?=\D*$)")


@dataclass(slots=True)
class Writer:
    """The language and currency of a report, and the figures written so far by name.

    Two figures of one name must have one value: a report that says two numbers for one thing is a bug.  `standing` are
    values that any message may name: the parameters of the build, so that no text repeats a default.
    """

    language: Language
    currency: Currency
    small_group: int
    standing: Mapping[str, str] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)

    def has(self, key: str) -> bool:
        """Return whether there is a message of that key."""
        return key in self._messages

    def text(self, key: str, **values: Any) -> Html:
        """Return the message of that key with its places filled."""
        if key not in self._messages:
            raise InternalError(f"no message {key} in {self.language.value}")
        return fill(self._messages[key], {**self.standing, **values})

    def word(self, key: str) -> str:
        """Return a message without places but standing ones, unescaped."""
        return fill_plain(self._messages[key], self.standing)

    def word_or(self, key: str, otherwise: str) -> str:
        """Return a message without places but standing ones, or the other text when there is none."""
        return self.word(key) if self.has(key) else otherwise

    def month(self, day: date) -> str:
        """Return the month of a date as people say it."""
        return str(self.text("format.month", year=day.year, month=self.word(f"months.{day.month}")))

    def month_short(self, day: date) -> str:
        """Return the month of a date for an axis: with the year in January."""
        name = self.word(f"months.{day.month}")
        return str(self.text("format.month_axis_year", year=day.year, month=name)) if day.month == 1 else name

    def count(self, name: str, value: int | None, definition: str, *, reason: str = "") -> Figure:
        """Return a count of persons, orders or rows."""
        text = display.format_count(value, self.language)
        exact = display.format_count(value, self.language, exact=True)
        return self._keep(Unit.COUNT, name, value, definition, text, exact, reason=reason)

    def persons(self, name: str, value: int | None, definition: str, *, reason: str = "") -> Figure:
        """Return a count of persons in full, marked when the group is small (zero is not a group)."""
        exact = display.format_count(value, self.language, exact=True)
        small = self._is_small(value)
        return self._keep(Unit.COUNT, name, value, definition, exact, exact, reason=reason, is_small=small)

    def money(
        self, name: str, minor: int | None, definition: str, *, reason: str = "", behind: int | None = None
    ) -> Figure:
        """Return an amount in the report's currency; `behind` is how many persons stand behind it, where that tells."""
        amount = None if minor is None else Money(minor, self.currency)
        text = display.format_money(amount, self.language)
        exact = display.format_money(amount, self.language, exact=True)
        small = self._is_small(behind)
        return self._keep(Unit.MONEY, name, minor, definition, text, exact, reason=reason, is_small=small)

    def money_exact(self, name: str, minor: int | None, definition: str, *, reason: str = "") -> Figure:
        """Return an amount with every digit shown, for tables that must add up to the cent."""
        amount = None if minor is None else Money(minor, self.currency)
        exact = display.format_money(amount, self.language, exact=True)
        return self._keep(Unit.MONEY, name, minor, definition, exact, exact, reason=reason)

    def money_change(self, name: str, minor: int, definition: str) -> Figure:
        """Return an amount that was added or lost, with its sign and every digit."""
        exact = display.format_money(Money(minor, self.currency), self.language, exact=True)
        text = f"+{exact}" if minor > 0 else exact
        return self._keep(Unit.MONEY, name, minor, definition, text, text)

    def rate(
        self, name: str, ratio: float | None, definition: str, *, reason: str = "", behind: int | None = None
    ) -> Figure:
        """Return a share in per cent; `behind` is how many persons make it, where that tells."""
        text = display.format_rate(ratio)
        small = self._is_small(behind)
        return self._keep(Unit.RATE, name, ratio, definition, text, text, reason=reason, is_small=small)

    def share(self, name: str, part: int, whole: int, definition: str) -> Figure:
        """Return a part of a whole in per cent; null when the whole is zero."""
        return self.rate(name, part / whole if whole else None, definition, reason="zero_base")

    def ratio(self, name: str, value: float | None, definition: str, *, reason: str = "") -> Figure:
        """Return a quotient with two decimals."""
        text = display.format_ratio(value)
        return self._keep(Unit.RATIO, name, value, definition, text, text, reason=reason)

    def index(self, name: str, value: float | None, definition: str, *, reason: str = "") -> Figure:
        """Return an index of which 100 is the base."""
        text = display.format_index(value)
        return self._keep(Unit.INDEX, name, value, definition, text, text, reason=reason)

    def change(self, name: str, value: Value, base: Value, definition: str, *, reason: str = "") -> Figure:
        """Return the relative change from base to value, toned by what is wished of the metric."""
        text = display.format_change(value, base, self.language)
        tone = self._tone(value, base, definition, text)
        return self._keep(Unit.CHANGE, name, value, definition, text, text, base=base, reason=reason, tone=tone)

    def rate_change(self, name: str, value: Value, base: Value, definition: str, *, reason: str = "") -> Figure:
        """Return the difference of two rates in points, toned by what is wished of the metric."""
        text = display.format_rate_change(value, base, self.language)
        tone = self._tone(value, base, definition, text)
        return self._keep(Unit.RATE_CHANGE, name, value, definition, text, text, base=base, reason=reason, tone=tone)

    def scale(self, minor: float) -> str:
        """Return an amount for the scale of a chart, whole amounts without decimals; scales are no figures."""
        text = display.format_money(Money(round(minor), self.currency), self.language)
        return _IDLE_DECIMALS.sub("", text)

    @property
    def _messages(self) -> Mapping[str, str]:
        return load_messages(self.language)

    def _is_small(self, persons: int | None) -> bool:
        return persons is not None and 0 < persons < self.small_group

    def _tone(self, value: Value, base: Value, definition: str, text: str) -> str:
        wish = DEFINITIONS[definition].wish
        if not wish or value is None or base is None or value == base or not text.startswith(("↑", "↓")):
            return ""
        return "good" if (value > base) == (wish == "up") else "bad"

    def _keep(self, unit: Unit, name: str, value: Value, definition: str, text: str, exact: str, **more: Any) -> Figure:
        reason = more.pop("reason", "")
        is_null = value is None or (unit in (Unit.CHANGE, Unit.RATE_CHANGE) and more.get("base") is None)
        if is_null and not reason:
            raise InternalError(f"figure {name} is null without a reason")
        if definition not in DEFINITIONS:
            raise InternalError(f"figure {name} names no definition: {definition}")
        figure = Figure(
            name, unit, value, definition, text, exact,
            reason=reason if is_null else "",
            reason_text=self.word(f"reasons.{reason}") if is_null else "",
            small_text=self.word("small_group.mark") if more.get("is_small") else "",
            **more,
        )  # fmt: skip
        earlier = self.figures.setdefault(name, figure)
        if (earlier.value, earlier.base, earlier.unit) != (figure.value, figure.base, figure.unit):
            raise InternalError(f"figure {name} has two values: {earlier.value} and {figure.value}")
        return figure
