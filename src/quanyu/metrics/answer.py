"""What a metric query answers: exact numbers by period and dimension values, null where nothing is known.

Money is whole minor units, counts are whole, ratios keep numerator and denominator.  JSON-ready by `as_dict`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from quanyu.clock import Period
from quanyu.metrics.definition import Text, Unit

Number = int | Decimal | float
"""A value: int for money, counts and days, Decimal for decimals, float for ratios and indexes."""

INDEX_BASE: Final = 100


@dataclass(frozen=True, slots=True)
class MetricColumn:
    """One metric of an answer, with what its numbers mean.

    `adds_over_groups` and `adds_over_periods` say whether the numbers of different rows may be summed; persons,
    ratios, stocks and overlapping dimensions may not: ask for the total instead.  `change_in` is `ratio` (value / base
    - 1) or `points` (value - base).
    """

    name: str
    label: Text
    unit: Unit
    good: str
    version: str
    adds_over_groups: bool
    adds_over_periods: bool
    change_in: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure: its value, the parts of a ratio, the comparison's value, and the change against it; null: unknown."""

    value: Number | None
    numerator: Number | None = None
    denominator: Number | None = None
    compared: Number | None = None
    change: float | None = None


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """The figures of one period and one combination of dimension values (null is a value: unknown)."""

    period: Period
    compared_period: Period | None
    is_complete: bool
    dimensions: Mapping[str, str | None]
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class MetricAnswer:
    """The answer of a query, with the SQL that was run, zone, as-of date, watermark and build."""

    columns: tuple[MetricColumn, ...]
    by: tuple[str, ...]
    rows: tuple[AnswerRow, ...]
    sql: tuple[str, ...]
    as_of: date
    zone: str
    watermark: int
    build_id: int

    def cell(self, metric: str, row: int = 0) -> Cell:
        """Return the figure of a metric in the row of that place."""
        return self.rows[row].cells[metric]

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as JSON-ready values: dates as ISO text, decimals as text, null for unknown."""
        return {
            "as_of": self.as_of.isoformat(),
            "zone": self.zone,
            "watermark": self.watermark,
            "build_id": self.build_id,
            "by": list(self.by),
            "metrics": [_column_dict(column) for column in self.columns],
            "rows": [_row_dict(row) for row in self.rows],
            "sql": list(self.sql),
        }


def quotient(numerator: Number | None, denominator: Number | None, unit: Unit) -> Number | None:
    """Return numerator / denominator in the unit of the ratio; null when the denominator is 0 or either is null.

    Money is rounded to whole minor units, halves away from zero; everything else is the nearest double of the exact
    quotient.
    """
    if numerator is None or denominator is None or denominator == 0:
        return None
    exact = Fraction(numerator) / Fraction(denominator)
    if unit in (Unit.MONEY, Unit.COUNT, Unit.DAYS):
        size = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
        return size if exact >= 0 else -size
    if unit is Unit.DECIMAL:
        return round(Decimal(exact.numerator) / Decimal(exact.denominator), 6)
    return float(exact * INDEX_BASE if unit is Unit.INDEX else exact)


def change_in(unit: Unit) -> str:
    """Return how a change of the unit is told: in points for ratios and indexes, else as a ratio of the base."""
    return "points" if unit in (Unit.RATIO, Unit.INDEX) else "ratio"


def change(value: Number | None, base: Number | None, unit: Unit) -> float | None:
    """Return how much a value differs from its base, in `change_in(unit)`; null when either is, or the base is 0."""
    if value is None or base is None:
        return None
    difference = Fraction(value) - Fraction(base)
    if change_in(unit) == "points":
        return float(difference)
    return None if base == 0 else float(difference / abs(Fraction(base)))


def json_number(number: Number | None) -> int | float | str | None:
    """Return a number as JSON holds it without loss: decimals as text."""
    return str(number) if isinstance(number, Decimal) else number


def _column_dict(column: MetricColumn) -> dict[str, Any]:
    return {
        "name": column.name,
        "label": {"zh": column.label.zh, "en": column.label.en},
        "unit": column.unit.value,
        "good": column.good,
        "version": column.version,
        "adds_over_groups": column.adds_over_groups,
        "adds_over_periods": column.adds_over_periods,
        "change_in": column.change_in,
    }


def _row_dict(row: AnswerRow) -> dict[str, Any]:
    compared = row.compared_period
    return {
        "start": row.period.start.isoformat(),
        "end": row.period.end.isoformat(),
        "compared_start": compared.start.isoformat() if compared else None,
        "compared_end": compared.end.isoformat() if compared else None,
        "is_complete": row.is_complete,
        "dimensions": dict(row.dimensions),
        "cells": {name: _cell_dict(cell) for name, cell in row.cells.items()},
    }


def _cell_dict(cell: Cell) -> dict[str, Any]:
    return {
        "value": json_number(cell.value),
        "numerator": json_number(cell.numerator),
        "denominator": json_number(cell.denominator),
        "compared": json_number(cell.compared),
        "change": cell.change,
    }
