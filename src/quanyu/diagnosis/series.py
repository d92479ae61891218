"""Figures of a metric over periods, as the metrics layer gives them: of the whole, or of every group of a split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from quanyu.clock import Period
from quanyu.engine import Engine
from quanyu.metrics import AnswerRow, Between, Cell, Grain, MetricContext, MetricQuery, Metrics, Unit, query
from quanyu.metrics.answer import Number
from quanyu.metrics.definition import Ratio
from quanyu.metrics.request import MAX_METRICS
from quanyu.tables.fastplus import FASTPLUS, FP_PERIOD_COLUMNS

VALUE_METRIC: Final = "per_customer_value"
"""What one person is worth in a period: net sales per buyer (M-42)."""

FP_TABLES: Final = frozenset(table.name for table in FASTPLUS if set(FP_PERIOD_COLUMNS) <= set(table.columns))
"""Tables whose rows stand in the periods of FAST+ (M-09)."""

Group = tuple[tuple[str, str | None], ...]
"""Dimension values of a group, in the order of its split; () is the whole."""


@dataclass(frozen=True, slots=True)
class Point:
    """A metric in one period: value, the parts of a ratio, the persons behind it; null is unknown."""

    value: Fraction | None
    numerator: Fraction | None = None
    denominator: Fraction | None = None
    persons: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A metric of one group: now, and in the periods before, oldest first.

    `persons` of a point are those of the metric's base, `crowd` the different persons of all periods before together
    (null when the base cannot be counted over several periods); `worth` is money and buyers of all these periods.
    """

    metric: str
    group: Group
    now: Point
    before: tuple[Point, ...]
    worth: tuple[Fraction, Fraction] | None
    crowd: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A metric to look at with the metric that counts the persons behind it."""

    metric: str
    base: str


def is_proportion(metrics: Metrics, name: str) -> bool:
    """Return whether a metric is a part of a count, so that chance alone moves it as it moves a proportion."""
    metric = metrics[name]
    if not isinstance(metric.body, Ratio) or metric.unit is not Unit.RATIO:
        return False
    return all(metrics[part].unit is Unit.COUNT for part in metrics.parts(name))


@dataclass(frozen=True, slots=True)
class Book:
    """Where figures are read: the build, and the periods of one grain, oldest first, of which the last is now."""

    engine: Engine
    metrics: Metrics
    context: MetricContext
    periods: tuple[Period, ...]
    grain: Grain

    def series(self, asked: Sequence[Asked], by: tuple[str, ...] = ()) -> list[Series]:
        """Return the series of every metric and group; all metrics must be ones that the dimensions can split."""
        names = list(dict.fromkeys([*(one.metric for one in asked), *_helpers(self.metrics, asked, by)]))
        rows: dict[tuple[Group, Period], dict[str, Cell]] = {}
        for start in range(0, len(names), MAX_METRICS):
            part = tuple(names[start : start + MAX_METRICS])
            question = MetricQuery(part, by, self.grain, Between(self.periods[0].start, self.periods[-1].end))
            for row in query(self.engine, self.metrics, question, self.context).rows:
                rows.setdefault((_group(row, by), row.period), {}).update(row.cells)
        groups = list(dict.fromkeys(group for group, _ in rows))
        crowds = self._crowds(asked, by)
        return [
            replace(series, crowd=crowds.get((counter_of(self.metrics, one), group)))
            for one in asked
            for group in groups
            if (series := _series(self.metrics, one, group, [rows[group, day] for day in self.periods])) is not None
        ]

    def _crowds(self, asked: Sequence[Asked], by: tuple[str, ...]) -> dict[tuple[str, Group], Fraction | None]:
        """Return the different persons of all periods before now, by the metric that counts them and group."""
        counters = [counter_of(self.metrics, one) for one in asked]
        names = tuple(dict.fromkeys(name for name in counters if self._can_split(name, by)))
        if not names or len(self.periods) == 1:
            return {}
        range_ = Between(self.periods[0].start, self.periods[-1].start)
        answer = query(self.engine, self.metrics, MetricQuery(names, by, Grain.NONE, range_), self.context)
        return {(name, _group(row, by)): _exact(cell.value) for row in answer.rows for name, cell in row.cells.items()}

    def _can_split(self, name: str, by: tuple[str, ...]) -> bool:
        return set(by) <= set(self.metrics.splits(name)) and set(needs_of(self.metrics, name)) <= set(by)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The books of a diagnosis: every metric is read in periods of its own grain.

    FAST+ counts in periods of its own (`P.fp.period`): its tables know no other, and a month of theirs is unknown.
    """

    metrics: Metrics
    asked: Grain
    fp_grain: Grain
    books: Mapping[Grain, Book]

    def grain(self, metric: str) -> Grain:
        """Return the grain in which a metric is judged."""
        sources = {self.metrics.measure(part).source for part in self.metrics.parts(metric)}
        return self.fp_grain if sources & FP_TABLES else self.asked

    def book(self, metric: str) -> Book:
        """Return the book that a metric is read in."""
        return self.books[self.grain(metric)]

    def series(self, asked: Sequence[Asked], by: tuple[str, ...] = ()) -> list[Series]:
        """Return the series of every metric, each out of its book."""
        found = []
        for grain, book in self.books.items():
            own = [one for one in asked if self.grain(one.metric) is grain]
            found += book.series(own, by) if own else []
        return found


def needs_of(metrics: Metrics, name: str) -> tuple[str, ...]:
    """Return the dimensions without which a metric has no meaning."""
    return tuple(dict.fromkeys(need for part in metrics.parts(name) for need in metrics.measure(part).needs))


def counter_of(metrics: Metrics, asked: Asked) -> str:
    """Return the metric that counts the persons behind another: its own last part, else its base."""
    last = metrics.parts(asked.metric)[-1]
    return last if metrics.measure(last).counts_persons else asked.base


def _helpers(metrics: Metrics, asked: Sequence[Asked], by: tuple[str, ...]) -> list[str]:
    wanted = [*(one.base for one in asked), VALUE_METRIC]
    return [name for name in wanted if name in metrics.by_name and set(by) <= set(metrics.splits(name))]


def _group(row: AnswerRow, by: tuple[str, ...]) -> Group:
    return tuple((name, row.dimensions[name]) for name in by)


def _series(metrics: Metrics, asked: Asked, group: Group, cells: Sequence[Mapping[str, Cell]]) -> Series | None:
    points = [_point(metrics, asked, one) for one in cells]
    if all(point.value is None for point in points) and group:
        return None
    worth = [one[VALUE_METRIC] for one in cells if VALUE_METRIC in one]
    money = sum((Fraction(one.numerator or 0) for one in worth), Fraction(0))
    buyers = sum((Fraction(one.denominator or 0) for one in worth), Fraction(0))
    return Series(asked.metric, group, points[-1], tuple(points[:-1]), (money, buyers) if buyers else None)


def _point(metrics: Metrics, asked: Asked, cells: Mapping[str, Cell]) -> Point:
    cell = cells[asked.metric]
    above, below = _exact(cell.numerator), _exact(cell.denominator)
    # A quotient is taken anew from its parts: the answer's own is rounded for reading.
    value = above / below if above is not None and below else _exact(cell.value)
    return Point(value, above, below, _persons(metrics, asked, cells))


def _persons(metrics: Metrics, asked: Asked, cells: Mapping[str, Cell]) -> Fraction | None:
    parts = metrics.parts(asked.metric)
    if metrics.measure(parts[-1]).counts_persons:
        cell = cells[asked.metric]
        return _exact(cell.denominator if len(parts) > 1 else cell.value)
    return _exact(cells[asked.base].value) if asked.base in cells else None


def _exact(number: Number | None) -> Fraction | None:
    return None if number is None else Fraction(number)
