"""The rows behind figures: one table, its rows placed in periods, its dimensions looked up, its filters applied.

Figures, the persons behind them and their source rows are all selected from one scope, so they cannot disagree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from quanyu.clock import Period
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.metrics.definition import Dimension, Lookup, TimeKind, TimeRule
from quanyu.metrics.periods import Grain, grain_of
from quanyu.metrics.request import Filter

ROW: Final = "fact"
SPAN: Final = "span"
PERIOD_START: Final = "period_start"
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Frame:
    """What one pass of a query asks: periods of a grain, split and filtered, as of the build."""

    periods: tuple[Period, ...]
    grain: Grain
    as_of: date
    by: tuple[str, ...]
    filters: tuple[Filter, ...]

    @property
    def is_natural(self) -> bool:
        """Return whether the periods are natural ones, so that a date tells its period."""
        return self.grain is not Grain.NONE


@dataclass(frozen=True, slots=True)
class Join:
    """One relation joined to the rows; `keep` keeps rows without partner."""

    rows: t.Query | str
    alias: str
    on: t.Tree
    keep: bool


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows of one table with the first day of their period, their dimension values and conditions."""

    source: str
    period: t.Tree
    dimensions: Mapping[str, t.Tree]
    joins: tuple[Join, ...]
    conditions: tuple[t.Tree, ...]

    def select(
        self, columns: Mapping[str, t.Tree], *, group: Sequence[t.Tree] = (), where: Sequence[t.Tree] = ()
    ) -> q.Select:
        """Return SELECT of the columns over the rows, of which further conditions may hold."""
        conditions = [*self.conditions, *where]
        chosen = t.all_of(conditions) if conditions else None
        query = t.select(columns, self.source, where=chosen, group=group, alias=ROW)
        for join in self.joins:
            query = q.join_rows(query, join.rows, join.alias, join.on, keep=join.keep)
        return query

    def keys(self) -> dict[str, t.Tree]:
        """Return the columns that name a cell: first day of the period, then the dimensions as text."""
        return {PERIOD_START: t.cast(self.period, "DATE"), **self.dimensions}


def scope_of(
    source: str, rule: TimeRule, frame: Frame, dimensions: Mapping[str, Dimension], tables: frozenset[str]
) -> Scope | None:
    """Return the scope of a table in a frame; None when none of its rows can belong to the frame's periods.

    `tables` are the tables that exist: a dimension whose lookup does not exist is null for every row.
    """
    placed = _place(rule, frame)
    if placed is None:
        return None
    period, joins, conditions = placed
    plain = [one for one in frame.filters if not any(_overlaps(dimensions[name], source) for name in one.dimensions)]
    named = dict.fromkeys([*frame.by, *(name for one in plain for name in one.dimensions)])
    values: dict[str, t.Tree] = {}
    for name in named:
        value, join = _value(dimensions[name], source, period, frame.as_of, tables)
        values[name] = value
        joins += join
    conditions += [q.put(one.tree, values) for one in plain]
    for one in frame.filters:
        if one not in plain:
            conditions.append(_overlap_condition(dimensions[one.dimensions[0]], one, source, frame.as_of, tables))
    split = {name: t.cast(values[name], "VARCHAR") for name in frame.by}
    return Scope(source, period, split, tuple(joins), tuple(conditions))


Placed = tuple[t.Tree, list[Join], list[t.Tree]]


def _place(rule: TimeRule, frame: Frame) -> Placed | None:
    if rule.kind is TimeKind.BUILD:
        held = [period for period in frame.periods if holds_as_of(period, frame.as_of)]
        return (t.lit(held[0].start), [], []) if held else None
    if rule.kind is TimeKind.PERIOD:
        return _place_summed(rule, frame)
    if rule.kind is TimeKind.STOCK:
        return _place_stock(rule, frame)
    return _place_flow(rule, frame)


def _place_flow(rule: TimeRule, frame: Frame) -> Placed:
    day = t.col(rule.column or "", ROW)
    seen: list[t.Tree] = []
    if rule.observed_days is not None:
        seen.append(day <= t.lit(frame.as_of - timedelta(days=rule.observed_days)))
    windows = [window_of(rule, period, frame.as_of) for period in frame.periods]
    if rule.window_days is None and frame.is_natural:
        first, last = min(one.start for one in windows), max(one.end for one in windows)
        return _period_call(frame.grain, day), [], [day >= t.lit(first), day < t.lit(last), *seen]
    if len(windows) == 1:
        inside = [day >= t.lit(windows[0].start), day < t.lit(windows[0].end)]
        return t.lit(frame.periods[0].start), [], [*inside, *seen]
    rows = [(period.start, one.start, one.end) for period, one in zip(frame.periods, windows, strict=True)]
    spans = q.constants((PERIOD_START, "from_date", "to_date"), rows)
    on = t.all_of([day >= t.col("from_date", SPAN), day < t.col("to_date", SPAN)])
    return t.col(PERIOD_START, SPAN), [Join(spans, SPAN, on, keep=False)], seen


def _place_stock(rule: TimeRule, frame: Frame) -> Placed:
    day = t.col(rule.column or "", ROW)
    rows = [(period.start, stock_date(period, frame.as_of)) for period in frame.periods]
    if len(rows) == 1:
        return t.lit(rows[0][0]), [], [day.eq(t.lit(rows[0][1]))]
    spans = q.constants((PERIOD_START, "on_date"), rows)
    return t.col(PERIOD_START, SPAN), [Join(spans, SPAN, day.eq(t.col("on_date", SPAN)), keep=False)], []


def _place_summed(rule: TimeRule, frame: Frame) -> Placed | None:
    grain = frame.grain if frame.is_natural else grain_of(frame.periods[0])
    if grain is Grain.NONE:
        return None
    start, kind = t.col(rule.column or "", ROW), t.col(rule.kind_column or "", ROW)
    first, last = min(one.start for one in frame.periods), max(one.start for one in frame.periods)
    return start, [], [kind.eq(t.lit(grain.value)), start >= t.lit(first), start <= t.lit(last)]


def window_of(rule: TimeRule, period: Period, as_of: date) -> Period:
    """Return the dates that the figure of a period covers: its own up to the build's, or the window that ends there."""
    end = min(period.end, as_of + _DAY)
    if rule.window_days is None:
        return Period(period.start, max(end, period.start))
    return Period(end - timedelta(days=rule.window_days), end)


def stock_date(period: Period, as_of: date) -> date:
    """Return the date a stock of a period is as of: its last day, or the build's while the period is open."""
    return min(period.last_day, as_of)


def holds_as_of(period: Period, as_of: date) -> bool:
    """Return whether what the build says of now is said of this period."""
    return period.start <= as_of and stock_date(period, as_of) == as_of


def _period_call(grain: Grain, day: t.Tree) -> t.Tree:
    return day if grain is Grain.DAY else t.call(f"{grain.value}_start", day)


def _value(
    dimension: Dimension, source: str, period: t.Tree, as_of: date, tables: frozenset[str]
) -> tuple[t.Tree, list[Join]]:
    lookup = dimension.lookup
    if source in dimension.columns or lookup is None:
        return q.of(dimension.columns[source], ROW), []
    own = q.of(lookup.keys[source], ROW)
    if lookup.table not in tables:
        return t.cast(t.lit(None), "VARCHAR"), []
    alias = f"{dimension.name}_of"
    dated = [] if lookup.date is None else [t.col(lookup.date, alias).eq(_lookup_date(lookup, period, as_of))]
    if dimension.overlap:
        columns = {"match_key": t.col(lookup.match), "found_value": lookup.value.copy()}
        columns |= {} if lookup.date is None else {lookup.date: t.col(lookup.date)}
        rows = q.distinct_rows(t.select(columns, lookup.table, where=_fixed(lookup)))
        on = t.all_of([t.col("match_key", alias).eq(own), *dated])
        return t.col("found_value", alias), [Join(rows, alias, on, keep=True)]
    fixed = [t.col(name, alias).eq(t.lit(text)) for name, text in lookup.fixed.items()]
    on = t.all_of([t.col(lookup.match, alias).eq(own), *fixed, *dated])
    return q.of(lookup.value, alias), [Join(lookup.table, alias, on, keep=True)]


def _overlaps(dimension: Dimension, source: str) -> bool:
    return dimension.overlap and source not in dimension.columns


def _lookup_date(lookup: Lookup, period: t.Tree, as_of: date) -> t.Tree:
    if lookup.at == "as_of":
        return t.lit(as_of)
    # The opening stage is that of the day before: who becomes a buyer on the first day was none before it.
    return t.call("add_days", period.copy(), t.lit(-1))


def _fixed(lookup: Lookup) -> t.Tree | None:
    return t.all_of([t.col(name).eq(t.lit(text)) for name, text in lookup.fixed.items()]) if lookup.fixed else None


def _overlap_condition(
    dimension: Dimension, condition: Filter, source: str, as_of: date, tables: frozenset[str]
) -> t.Tree:
    """A row counts once when any of its values meets the condition; a join would count it once per value."""
    lookup = dimension.lookup
    if lookup is None or lookup.table not in tables:
        return t.any_of([])
    conditions = [q.put(condition.tree, {dimension.name: lookup.value})]
    conditions += [t.col(name).eq(t.lit(text)) for name, text in lookup.fixed.items()]
    if lookup.date is not None:
        conditions.append(t.col(lookup.date).eq(t.lit(as_of)))
    having = t.select({"match_key": t.col(lookup.match)}, lookup.table, where=t.all_of(conditions))
    return q.is_in(q.of(lookup.keys[source], ROW), having)
