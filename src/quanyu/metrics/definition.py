"""Checked metrics and dimensions: frozen objects whose expressions are trees, each with its place and version."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from quanyu.engine.query import counted_column, is_additive, is_zero_of_nothing
from quanyu.engine.tree import Tree
from quanyu.errors import InternalError, Problem, Where, did_you_mean

PERSON = "person_id"


class Unit(StrEnum):
    """Unit of a metric's values: minor units, whole numbers, ratios 0–1, an index (100 is the base), decimals."""

    MONEY = "money"
    COUNT = "count"
    RATIO = "ratio"
    DAYS = "days"
    INDEX = "index"
    DECIMAL = "decimal"


class TimeKind(StrEnum):
    """How rows meet periods.

    FLOW: by a date of the row.  STOCK: the rows as of the period's last day.  PERIOD: the table holds natural periods.
    BUILD: the table says what holds as of the build.
    """

    FLOW = "flow"
    STOCK = "stock"
    PERIOD = "period"
    BUILD = "build"


@dataclass(frozen=True, slots=True)
class TimeRule:
    """How the rows of one table meet periods; `column` is the date (of a PERIOD table: the first day).

    `window_days`: the figure of a period covers so many days up to its last.  `observed_days`: rows count only once
    they are that old as of the build.
    """

    kind: TimeKind
    column: str | None = None
    kind_column: str | None = None
    window_days: int | None = None
    observed_days: int | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric of a table: `expr` aggregates its rows, or `having` is the condition of the persons it counts."""

    source: str
    expr: Tree | None
    having: Tree | None
    where: Tree | None
    time: TimeRule
    dimensions: tuple[str, ...]
    needs: tuple[str, ...]
    adds: bool = True

    @property
    def is_additive(self) -> bool:
        """Return whether disjoint groups of rows add up to the figure of all; persons and extremes never do."""
        return self.adds and self.expr is not None and is_additive(self.expr)

    @property
    def is_zero_of_nothing(self) -> bool:
        """Return whether no rows mean 0 where the table is known."""
        return self.expr is None or is_zero_of_nothing(self.expr)

    @property
    def counts_persons(self) -> bool:
        """Return whether the figure is a number of distinct persons."""
        return self.expr is None or counted_column(self.expr) == PERSON


@dataclass(frozen=True, slots=True)
class Ratio:
    """A metric that divides two metrics of tables; the denominator is not split by the dimensions `across`."""

    numerator: str
    denominator: str
    across: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Metric:
    """One checked metric; `version` is 16 hex digits over what it means, labels left out; `text` is its YAML."""

    name: str
    label: Text
    description: Text
    unit: Unit
    good: str
    owner: str
    since: str
    reference: str
    body: Measure | Ratio
    where: Where
    version: str
    text: str
    built_in: bool


@dataclass(frozen=True, slots=True)
class Lookup:
    """Where a dimension's value stands; see `definitions.metric.LookupShape`."""

    table: str
    match: str
    keys: Mapping[str, Tree]
    fixed: Mapping[str, str]
    date: str | None
    at: str | None
    value: Tree


@dataclass(frozen=True, slots=True)
class Dimension:
    """One checked dimension: per source table the expression of its value, or the lookup that finds it by key."""

    name: str
    label: Text
    columns: Mapping[str, Tree]
    lookup: Lookup | None
    overlap: bool
    values: Mapping[str, Text]
    where: Where


@dataclass(frozen=True, slots=True)
class Metrics:
    """Every metric and dimension of a workspace by name."""

    by_name: Mapping[str, Metric]
    dimensions: Mapping[str, Dimension]

    def __iter__(self) -> Iterator[Metric]:
        return iter(self.by_name.values())

    def __len__(self) -> int:
        return len(self.by_name)

    def __getitem__(self, name: str) -> Metric:
        return self.by_name[name]

    def find(self, name: str) -> Metric | Problem:
        """Return the metric of that name, or the problem of asking for one that does not exist."""
        if name in self.by_name:
            return self.by_name[name]
        remedy = did_you_mean(name, tuple(self.by_name))
        return Problem("metric.unknown", f'Metric "{name[:60]}" does not exist.', remedy)

    def measure(self, name: str) -> Measure:
        """Return a metric of a table; raises InternalError for a ratio."""
        body = self.by_name[name].body
        if isinstance(body, Ratio):
            raise InternalError(f"{name} is a ratio")
        return body

    def parts(self, name: str) -> tuple[str, ...]:
        """Return the metrics of tables that a metric is made of: itself, or numerator and denominator."""
        body = self.by_name[name].body
        return (body.numerator, body.denominator) if isinstance(body, Ratio) else (name,)

    def splits(self, name: str) -> tuple[str, ...]:
        """Return the dimensions that can split a metric; of a ratio those of both parts, `across` counted for both."""
        body = self.by_name[name].body
        if isinstance(body, Measure):
            return body.dimensions
        below = {*self.measure(body.denominator).dimensions, *body.across}
        return tuple(one for one in self.measure(body.numerator).dimensions if one in below)
