"""What a table knows of a period: no rows mean 0 where rows could be, null where nothing could be known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from quanyu.clock import Period
from quanyu.engine import Engine
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.metrics.definition import TimeKind, TimeRule
from quanyu.metrics.periods import Grain, grain_of
from quanyu.metrics.scope import holds_as_of, stock_date, window_of


@dataclass(frozen=True, slots=True)
class Known:
    """The dates of one table: the first (flows), or every date of its snapshots or summed periods by kind."""

    first: date
    dates: frozenset[tuple[str, date]]
    has_rows: bool

    def covers(self, rule: TimeRule, period: Period, grain: Grain, as_of: date) -> bool:
        """Return whether the table can say something of the period."""
        if not self.has_rows or period.start > as_of:
            return False
        if rule.kind is TimeKind.BUILD:
            return holds_as_of(period, as_of)
        if rule.kind is TimeKind.STOCK:
            return ("", stock_date(period, as_of)) in self.dates
        if rule.kind is TimeKind.PERIOD:
            kind = grain if grain is not Grain.NONE else grain_of(period)
            return (kind.value, period.start) in self.dates
        if rule.observed_days is not None and period.start > as_of - timedelta(days=rule.observed_days):
            return False
        return self.first < window_of(rule, period, as_of).end


NOTHING = Known(date.min, frozenset(), has_rows=False)


def known_of(engine: Engine, source: str, rule: TimeRule) -> Known:
    """Return what the table knows; nothing when it does not exist."""
    if source not in engine.tables:
        return NOTHING
    if rule.kind is TimeKind.BUILD:
        rows = engine.query(t.select({"rows": t.count()}, source), {}).to_pylist()
        return Known(date.min, frozenset(), has_rows=rows[0]["rows"] > 0)
    day = t.col(rule.column or "")
    if rule.kind is TimeKind.FLOW:
        found = engine.query(t.select({"first": q.least_of(day), "rows": t.count()}, source), {}).to_pylist()[0]
        # Rows without any date (no second purchase yet): the table is known, and nothing of it falls in a period.
        return Known(found["first"] or date.min, frozenset(), has_rows=found["rows"] > 0)
    columns: Mapping[str, t.Tree] = {
        "kind": t.lit("") if rule.kind_column is None else t.col(rule.kind_column),
        "day": day,
    }
    found = engine.query(q.distinct_rows(t.select(columns, source)), {}).to_pylist()
    return Known(date.min, frozenset((row["kind"], row["day"]) for row in found), has_rows=bool(found))
