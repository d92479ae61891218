"""Answers metric queries: compiles, runs, meets the figures of all sources, and says what is unknown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from quanyu.clock import Period
from quanyu.engine import Engine
from quanyu.engine import tree as t
from quanyu.errors import Problem, UserError
from quanyu.metrics.answer import AnswerRow, Cell, MetricAnswer, MetricColumn, Number, change, change_in, quotient
from quanyu.metrics.compile import COMPARISON, ROWS, compile_tree
from quanyu.metrics.context import MetricContext
from quanyu.metrics.definition import Metric, Metrics, Ratio, TimeKind
from quanyu.metrics.known import Known, known_of
from quanyu.metrics.periods import Compare, Grain, compared, grain_of
from quanyu.metrics.request import CampaignWindow, Checked, Filter, MetricQuery, Rolling, check_query
from quanyu.metrics.scope import PERIOD_START, Frame

MAX_ROWS: Final = 200_000
_CAMPAIGN: Final = "campaign"
_DAY: Final = timedelta(days=1)

Group = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """Metrics of tables that are split and filtered alike; a share's denominator is split by less."""

    by: tuple[str, ...]
    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one job: by (0 asked, 1 comparison), first day and group, of every metric value and rows."""

    job: Job
    sql: str
    by_cell: Mapping[tuple[int, date, Group], Mapping[str, Number | None]]


def query(engine: Engine, metrics: Metrics, asked: MetricQuery, context: MetricContext) -> MetricAnswer:
    """Return the answer of a query on the build of the context.

    Every period asked for has a row; with dimensions, every combination of values that has rows in any of them.
    Raises UserError with every problem of the query.
    """
    checked = checked_query(engine, metrics, asked, context)
    jobs = jobs_of(metrics, checked)
    figures = {job: _run(engine, metrics, checked, job, names, context) for job, names in jobs.items()}
    known = _known(engine, metrics, asked.metrics)
    reader = _Reader(metrics, checked, context, figures, known)
    rows = tuple(reader.rows())
    return MetricAnswer(
        columns=tuple(_column(metrics, metrics[name], asked.by) for name in asked.metrics),
        by=asked.by,
        rows=rows,
        sql=tuple(one.sql for one in figures.values() if one.sql),
        as_of=context.as_of,
        zone=context.zone,
        watermark=context.watermark,
        build_id=context.build_id,
    )


def checked_query(engine: Engine, metrics: Metrics, asked: MetricQuery, context: MetricContext) -> Checked:
    """Return the query checked; raises UserError with every problem."""
    window = None
    if isinstance(asked.range, CampaignWindow):
        window = _campaign(engine, asked.range.campaign_id)
    checked, problems = check_query(metrics, asked, context.as_of, window)
    if checked is None:
        raise UserError(problems)
    return checked


def jobs_of(metrics: Metrics, checked: Checked) -> dict[Job, list[str]]:
    """Return the metrics of tables to compute per job."""
    jobs: dict[Job, list[str]] = {}
    for name in checked.query.metrics:
        for part, job in parts_of(metrics, checked, name):
            if part not in jobs.setdefault(job, []):
                jobs[job].append(part)
    return jobs


def parts_of(metrics: Metrics, checked: Checked, name: str) -> list[tuple[str, Job]]:
    """Return the metrics of tables that a metric is made of, each with the job that computes it."""
    whole = Job(checked.query.by, checked.filters)
    body = metrics[name].body
    if not isinstance(body, Ratio):
        return [(name, whole)]
    across = set(body.across)
    by = tuple(one for one in whole.by if one not in across)
    filters = tuple(one for one in whole.filters if one.is_bound or not across & set(one.dimensions))
    return [(body.numerator, whole), (body.denominator, Job(by, filters))]


def frames_of(checked: Checked, job: Job, as_of: date) -> list[Frame]:
    """Return the passes of a job: the asked periods, then those they are compared with."""
    asked = checked.query
    frames = [Frame(checked.periods, asked.grain, as_of, job.by, job.filters)]
    if asked.compare is not Compare.NONE:
        before = [compared_with(checked, period) for period in checked.periods]
        periods = tuple(dict.fromkeys(one for one in before if one is not None))
        frames.append(Frame(periods, asked.grain, as_of, job.by, job.filters))
    return frames


def compared_with(checked: Checked, period: Period) -> Period | None:
    """Return the period that one of a query's periods is compared with: natural ones with natural ones."""
    asked = checked.query
    grain = asked.grain
    if grain is Grain.NONE and not isinstance(asked.range, Rolling):
        grain = grain_of(period)
    return compared(period, asked.compare, grain)


def _campaign(engine: Engine, campaign_id: str) -> Period | None:
    if _CAMPAIGN not in engine.tables:
        return None
    columns = {name: t.col(name) for name in ("starts_on", "ends_on")}
    tree = t.select(columns, _CAMPAIGN, where=t.col("campaign_id").eq(t.lit(campaign_id)))
    for row in engine.query(tree, {}).to_pylist():
        if row["starts_on"] is not None and row["ends_on"] is not None and row["starts_on"] <= row["ends_on"]:
            return Period(row["starts_on"], row["ends_on"] + _DAY)
    return None


def _run(
    engine: Engine, metrics: Metrics, checked: Checked, job: Job, names: Sequence[str], context: MetricContext
) -> Figures:
    frames = frames_of(checked, job, context.as_of)
    tree = compile_tree(metrics, names, frames, engine.tables)
    if tree is None:
        return Figures(job, "", {})
    cells: dict[tuple[int, date, Group], Mapping[str, Number | None]] = {}
    for row in engine.query(tree, {}).to_pylist():
        group = tuple(row[name] for name in job.by)
        values = {column: row[column] for name in names for column in (name, name + ROWS)}
        cells[row[COMPARISON], row[PERIOD_START], group] = values
    return Figures(job, engine.sql_of(tree, {}), cells)


def _known(engine: Engine, metrics: Metrics, names: Sequence[str]) -> dict[str, Known]:
    parts = dict.fromkeys(part for name in names for part in metrics.parts(name))
    by_rule: dict[tuple[str, object], Known] = {}
    known = {}
    for part in parts:
        measure = metrics.measure(part)
        key = (measure.source, measure.time)
        if key not in by_rule:
            by_rule[key] = known_of(engine, measure.source, measure.time)
        known[part] = by_rule[key]
    return known


def _column(metrics: Metrics, metric: Metric, by: Sequence[str]) -> MetricColumn:
    body = metric.body
    additive = not isinstance(body, Ratio) and body.is_additive
    overlaps = any(metrics.dimensions[name].overlap for name in by)
    flows = not isinstance(body, Ratio) and body.time.kind in (TimeKind.FLOW, TimeKind.PERIOD)
    windowed = not isinstance(body, Ratio) and body.time.window_days is not None
    return MetricColumn(
        name=metric.name,
        label=metric.label,
        unit=metric.unit,
        good=metric.good,
        version=metric.version,
        adds_over_groups=additive and not overlaps,
        adds_over_periods=additive and flows and not windowed,
        change_in=change_in(metric.unit),
    )


class _Reader:
    """Reads the rows of an answer out of the figures of its jobs."""

    def __init__(
        self,
        metrics: Metrics,
        checked: Checked,
        context: MetricContext,
        figures: Mapping[Job, Figures],
        known: Mapping[str, Known],
    ) -> None:
        self.metrics = metrics
        self.checked = checked
        self.context = context
        self.figures = figures
        self.known = known

    def rows(self) -> Iterator[AnswerRow]:
        """Yield a row per period and group, periods in order, groups by value with null last."""
        asked = self.checked.query
        groups = self._groups()
        if len(groups) * len(self.checked.periods) > MAX_ROWS:
            message = f"{len(groups)} groups in {len(self.checked.periods)} periods; the limit is {MAX_ROWS} rows."
            raise UserError(Problem("metric.too_many_rows", message, "Split by less, or filter."))
        for period in self.checked.periods:
            base = compared_with(self.checked, period)
            for group in groups:
                values = dict(zip(asked.by, group, strict=True))
                cells = {name: self._cell(name, period, base, values) for name in asked.metrics}
                is_complete = period.last_day <= self.context.as_of
                yield AnswerRow(period, base, is_complete, values, cells)

    def _groups(self) -> list[Group]:
        by = self.checked.query.by
        if not by:
            return [()]
        found = {
            group
            for job, figures in self.figures.items()
            if job.by == by
            for (_, _, group), values in figures.by_cell.items()
            if any(rows for name, rows in values.items() if name.endswith(ROWS))
        }
        return sorted(found, key=lambda group: [(value is None, value or "") for value in group])

    def _cell(self, name: str, period: Period, base: Period | None, values: Mapping[str, str | None]) -> Cell:
        cell = self._value(name, 0, period, values)
        if base is None:
            return cell
        before = self._value(name, 1, base, values).value
        return replace(cell, compared=before, change=change(cell.value, before, self.metrics[name].unit))

    def _value(self, name: str, place: int, period: Period, values: Mapping[str, str | None]) -> Cell:
        parts = parts_of(self.metrics, self.checked, name)
        found = [self._part(part, job, place, period, values) for part, job in parts]
        if len(found) == 1:
            return Cell(found[0])
        numerator, denominator = found
        return Cell(quotient(numerator, denominator, self.metrics[name].unit), numerator, denominator)

    def _part(self, part: str, job: Job, place: int, period: Period, values: Mapping[str, str | None]) -> Number | None:
        measure = self.metrics.measure(part)
        if not self.known[part].covers(measure.time, period, self.checked.query.grain, self.context.as_of):
            return None
        group = tuple(values[name] for name in job.by)
        cell = self.figures[job].by_cell.get((place, period.start, group))
        if cell is None or not cell[part + ROWS]:
            return 0 if measure.is_zero_of_nothing else None
        return cell[part]
