"""Figures and periods as the command line writes them: every digit, null as a dash."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

from quanyu.clock import Period
from quanyu.config import Currency, Language
from quanyu.display import NULL_SIGN, format_index, format_money, format_rate
from quanyu.metrics import Cell, Grain, Unit
from quanyu.metrics.answer import Number
from quanyu.metrics.periods import grain_of
from quanyu.money import Money

_POINTS: Final = (Unit.RATIO, Unit.INDEX)


def written(value: Number | None, unit: Unit, currency: Currency) -> str:
    """Return a figure with every digit, in its unit."""
    if value is None:
        return NULL_SIGN
    if unit is Unit.MONEY:
        return format_money(Money(int(value), currency), Language.EN, exact=True)
    if unit is Unit.RATIO:
        return format_rate(value)
    if unit is Unit.INDEX:
        return format_index(value)
    if isinstance(value, float | Decimal):
        return f"{value:,.2f}"
    return f"{value:,}"


def written_change(cell: Cell, unit: Unit) -> str:
    """Return the change of a figure against the period it is compared with."""
    if cell.change is None:
        return NULL_SIGN
    if unit is Unit.INDEX:
        return f"{cell.change:+.1f}"
    return f"{cell.change * 100:+.2f} pt" if unit in _POINTS else f"{cell.change * 100:+.2f}%"


def period_name(period: Period) -> str:
    """Return the shortest name of a period: `2026`, `2026-Q1`, `2026-02`, `2026-W07`, a day, or first and last day."""
    start = period.start
    year, week, _ = start.isocalendar()
    names = {
        Grain.DAY: start.isoformat(),
        Grain.WEEK: f"{year}-W{week:02d}",
        Grain.MONTH: f"{start:%Y-%m}",
        Grain.QUARTER: f"{start.year}-Q{(start.month + 2) // 3}",
        Grain.YEAR: str(start.year),
    }
    last = period.end - timedelta(days=1)
    return names.get(grain_of(period), f"{start.isoformat()} – {last.isoformat()}")
