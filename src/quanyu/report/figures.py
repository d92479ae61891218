"""Figures: a number of the report with its name, unit, definition and, when it is null, the reason.

A figure is written into the page with its exact value beside what people read, and into the JSON twin under its name;
the two are compared by a test.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from quanyu.report.html import Html, element


class Unit(StrEnum):
    """What a figure counts: persons, rows or orders; minor currency units; 0–1; a plain quotient; 100 = base; days.

    `CHANGE` and `RATE_CHANGE` hold a value and its base: the change from base to value.
    """

    COUNT = "count"
    MONEY = "money"
    RATE = "rate"
    RATIO = "ratio"
    INDEX = "index"
    CHANGE = "change"
    RATE_CHANGE = "rate_change"


Value = int | float | None


@dataclass(frozen=True, slots=True)
class Figure:
    """One number: `value` exact, `text` as people read it, `exact` every digit of it, `reason` why it is null.

    `base` is the earlier value of a change; `is_small` says that fewer persons than the small group stand behind it.
    """

    id: str
    unit: Unit
    value: Value
    definition: str
    text: str
    exact: str
    base: Value = None
    reason: str = ""
    reason_text: str = ""
    tone: str = ""
    is_small: bool = False
    small_text: str = ""

    @property
    def attributes(self) -> dict[str, Any]:
        """Return the data attributes that carry the figure in HTML and SVG."""
        found: dict[str, Any] = {"data_figure": self.id, "data_value": _written(self.value)}
        if self.unit in (Unit.CHANGE, Unit.RATE_CHANGE):
            found["data_base"] = _written(self.base)
        if self.definition:
            found["data_definition"] = self.definition
        return found

    def __html__(self) -> str:
        classes = " ".join(["num", *(["null"] if self.text == "—" else []), *([self.tone] if self.tone else [])])
        if self.is_small:
            classes += " small"
        tip = self.reason_text or (self.exact if self.exact != self.text else "")
        if self.is_small:
            tip = f"{tip} · {self.small_text}" if tip else self.small_text
        spoken = element("span", self.reason_text, class_="spoken") if self.reason_text else Html("")
        return element("span", self.text, spoken, class_=classes, title=tip or None, **self.attributes)

    def as_dict(self) -> dict[str, Any]:
        """Return what the JSON twin holds about the figure."""
        found: dict[str, Any] = {"value": self.value, "unit": self.unit.value, "definition": self.definition}
        if self.unit in (Unit.CHANGE, Unit.RATE_CHANGE):
            found["base"] = self.base
        if self.reason:
            found["null_reason"] = self.reason
        if self.is_small:
            found["small_group"] = True
        return found


def _written(value: Value) -> str:
    return "" if value is None else repr(value)
