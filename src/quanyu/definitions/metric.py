"""What a metric and a dimension may say in YAML: `library/metrics/*.yaml`, `library/dimensions/*.yaml`.

A metric is a measure over one table, a count of the persons whose own measure meets a condition, or a ratio of two
metrics.  A dimension is a way to split rows: an expression over the table's columns, or a value looked up by a key.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from quanyu.definitions.parameters import LabelShape
from quanyu.definitions.shape import Frozen, Names, Shape, Text, require_one

UNITS = ("money", "count", "ratio", "days", "index", "decimal")
"""Units of metrics: whole minor units, whole counts and days, ratios 0–1, an index where 100 is the base, decimals."""

Days = Annotated[int, Field(ge=1, le=3660)]


class PeriodColumnsShape(Shape):
    """The columns of a table that is already summed up by natural period: its kind, and its first day."""

    kind: Text
    start: Text


class MetricShape(Shape):
    """One metric.

    Of a table: `source`, `expr` (a measure) or `having` (a condition on the measure of one person: the metric counts
    the persons that meet it), `where` (rows), and when a row belongs to a period: `time` (a date of the row: a flow),
    `snapshot` (the date the row is as of: a stock), `period` (the table is summed up by natural periods), or nothing
    (the table says what holds as of the build).  `window_days`: the measure of a period covers that many days up to
    its last day.  `observed_days`: rows younger than that as of the build do not count yet.  `needs`: dimensions
    without which the metric has no meaning.  `adds: false`: the table counts persons that its rows share, so that
    figures of several rows may not be summed.
    Ratio: `numerator`, `denominator` and `across`: dimensions that the denominator is not split by (shares).
    """

    label: LabelShape
    description: LabelShape
    unit: Literal["money", "count", "ratio", "days", "index", "decimal"]
    good: Literal["up", "down", "none"]
    owner: Text
    since: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]
    reference: Annotated[str, Field(pattern=r"^(M-\d{2}|domain §[0-9.]+)$")]
    source: Text | None = None
    expr: Text | None = None
    having: Text | None = None
    where: Text | None = None
    time: Text | None = None
    snapshot: Text | None = None
    period: PeriodColumnsShape | None = None
    window_days: Days | None = None
    observed_days: Days | None = None
    dimensions: Names = ()
    needs: Names = ()
    adds: bool = True
    numerator: Text | None = None
    denominator: Text | None = None
    across: Names = ()

    @model_validator(mode="after")
    def _is_one_form(self) -> Self:
        require_one(self, "expr", "having", "numerator")
        if self.numerator is not None:
            _need(self.denominator is not None, "A ratio needs a denominator.", "Name a metric.")
            stray = [name for name in _OF_A_TABLE if getattr(self, name) not in (None, ())]
            _need(not stray, f"A ratio has no {', '.join(stray)}.", "Say it in the two metrics.")
            return self
        _need(self.source is not None, "The metric names no table.", "Add `source`.")
        _need(self.denominator is None and not self.across, "Only a ratio has a denominator.", "Remove it.")
        times = [name for name in ("time", "snapshot", "period") if getattr(self, name) is not None]
        _need(len(times) <= 1, f"{' and '.join(times)} exclude each other.", "Keep one.")
        for name in ("window_days", "observed_days"):
            _need(getattr(self, name) is None or self.time is not None, f"{name} needs `time`.", "Add `time`.")
        return self


class LookupShape(Shape):
    """Where a dimension's value stands: the row of `table` whose `match` equals the key and `fixed` columns the texts.

    `keys` says per source table which expression gives the key.  `date` names the column that dates the rows, `at`
    which date holds: the build's, or the day before the period.  `value` is an expression over the table's columns.
    """

    table: Text
    match: Text
    value: Text
    keys: Frozen[Text]
    fixed: Frozen[Text] = Field(default_factory=dict, validate_default=True)
    date: Text | None = None
    at: Literal["as_of", "period_start"] | None = None

    @model_validator(mode="after")
    def _is_dated_whole(self) -> Self:
        _need((self.date is None) == (self.at is None), "`date` and `at` go together.", "Give both or none.")
        return self


class DimensionShape(Shape):
    """One dimension: per source table an expression that gives the value, or a lookup of it by key.

    `overlap`: a row can have several values, so that the groups do not add up to the whole.  `values` labels values.
    """

    label: LabelShape
    description: LabelShape | None = None
    columns: Frozen[Text] = Field(default_factory=dict, validate_default=True)
    lookup: LookupShape | None = None
    overlap: bool = False
    values: Frozen[LabelShape] = Field(default_factory=dict, validate_default=True)

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        _need(bool(self.columns) or self.lookup is not None, "The dimension splits no table.", "Add `columns`.")
        _need(not self.overlap or self.lookup is not None, "Only a lookup can overlap.", "Remove `overlap`.")
        return self


def sources_of(shape: DimensionShape) -> frozenset[str]:
    """Return the tables that a dimension can split."""
    return frozenset(shape.columns) | frozenset(shape.lookup.keys if shape.lookup else ())


_OF_A_TABLE = (
    "source", "where", "time", "snapshot", "period", "window_days", "observed_days", "dimensions", "needs",
)  # fmt: skip


def _need(holds: bool, message: str, remedy: str) -> None:
    if not holds:
        raise PydanticCustomError("config.required", "{message}", {"message": message, "remedy": remedy})
