"""The history of one figure: definition, SQL, input tables, the persons behind it, their source rows; all as data.

Persons and rows are selected from the scope that the figure was aggregated from, so they cannot disagree with it; that
they add up is counted and said all the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from quanyu.engine import Engine
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.errors import InternalError, Problem, UserError
from quanyu.metrics.answer import AnswerRow, Cell, Number, json_number
from quanyu.metrics.compile import persons_tree
from quanyu.metrics.context import MetricContext
from quanyu.metrics.definition import PERSON, Measure, Metric, Metrics
from quanyu.metrics.provenance import ROW_COLUMNS, rows_tree
from quanyu.metrics.request import Checked, MetricQuery
from quanyu.metrics.run import Job, checked_query, frames_of, parts_of, query
from quanyu.metrics.scope import PERIOD_START, Scope, scope_of
from quanyu.tables import CONTRACTS

SHOWN = 100
"""How many persons and rows are listed unless asked for more; counts are always of all."""


@dataclass(frozen=True, slots=True)
class CellAddress:
    """One figure of an answer: metric, first day of the period, dimension values (null is a value)."""

    metric: str
    period_start: date
    dimensions: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class InputTable:
    """A table the figure was read from: build, when it was finished (ISO, UTC), rows, and the SQL that made it."""

    table: str
    build_id: int
    built_at: str | None
    rows: int | None
    sql: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Persons or rows behind a figure: how many there are, the first of them in order, and the SQL that lists all."""

    count: int
    shown: tuple[Mapping[str, Any], ...]
    sql: str


@dataclass(frozen=True, slots=True)
class Part:
    """One metric of a table behind the figure (a ratio has two).

    `persons` is null for tables without persons, `rows` for tables that are summed up already (their own SQL stands in
    `tables`).  `agrees`: the figure counts persons and so many were found; null when it counts something else.
    """

    metric: str
    value: Number | None
    tables: tuple[InputTable, ...]
    persons: Listing | None
    rows: Listing | None
    agrees: bool | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole history of one figure; `definitions` are the metric's and those of its parts."""

    address: CellAddress
    row: AnswerRow
    cell: Cell
    definitions: tuple[Metric, ...]
    sql: tuple[str, ...]
    parts: tuple[Part, ...]
    context: MetricContext

    def as_dict(self) -> dict[str, Any]:
        """Return the explanation as JSON-ready values."""
        return {
            "metric": self.address.metric,
            "period": {"start": self.row.period.start.isoformat(), "end": self.row.period.end.isoformat()},
            "is_complete": self.row.is_complete,
            "dimensions": dict(self.address.dimensions),
            "value": json_number(self.cell.value),
            "numerator": json_number(self.cell.numerator),
            "denominator": json_number(self.cell.denominator),
            "as_of": self.context.as_of.isoformat(),
            "zone": self.context.zone,
            "watermark": self.context.watermark,
            "build_id": self.context.build_id,
            "definitions": [_definition_dict(metric) for metric in self.definitions],
            "sql": list(self.sql),
            "parts": [_part_dict(part) for part in self.parts],
        }


def explain(
    engine: Engine,
    metrics: Metrics,
    asked: MetricQuery,
    address: CellAddress,
    context: MetricContext,
    *,
    shown: int = SHOWN,
) -> Explanation:
    """Return the history of one figure of a query's answer; at most `shown` persons and rows are listed.

    Raises UserError `metric.cell` when the answer has no such figure, and as `query`.
    """
    checked = checked_query(engine, metrics, asked, context)
    answer = query(engine, metrics, asked, context)
    row = _row(answer.rows, asked, address)
    cell = row.cells[address.metric]
    named = [(part, job) for part, job in parts_of(metrics, checked, address.metric)]
    values = [cell.value] if len(named) == 1 else [cell.numerator, cell.denominator]
    parts = [
        _part(engine, metrics, checked, _At(part, job, value, row), context, shown)
        for (part, job), value in zip(named, values, strict=True)
    ]
    names = dict.fromkeys([address.metric, *(part for part, _ in named)])
    definitions = tuple(metrics[name] for name in names)
    return Explanation(address, row, cell, definitions, answer.sql, tuple(parts), context)


@dataclass(frozen=True, slots=True)
class _At:
    """A part of the explained figure: its metric, the job it belongs to, its value, the row it stands in."""

    metric: str
    job: Job
    value: Number | None
    row: AnswerRow

    @property
    def key(self) -> dict[str, t.Tree]:
        """Return the columns of the cell with the values they have there, null as null."""
        dimensions = {name: self.row.dimensions[name] for name in self.job.by}
        return {PERIOD_START: t.lit(self.row.period.start), **{name: t.lit(one) for name, one in dimensions.items()}}


def _row(rows: Sequence[AnswerRow], asked: MetricQuery, address: CellAddress) -> AnswerRow:
    wanted = dict(address.dimensions)
    for row in rows:
        if row.period.start == address.period_start and row.dimensions == wanted and address.metric in row.cells:
            return row
    said = ", ".join(f"{name}={value}" for name, value in wanted.items()) or "the total"
    message = f"The answer has no {address.metric} of {address.period_start.isoformat()}, {said}."
    raise UserError(Problem("metric.cell", message, f"Name the period's first day and all of {list(asked.by)}."))


def _part(engine: Engine, metrics: Metrics, checked: Checked, at: _At, context: MetricContext, shown: int) -> Part:
    measure = metrics.measure(at.metric)
    frame = frames_of(checked, at.job, context.as_of)[0]
    one_period = type(frame)((at.row.period,), frame.grain, frame.as_of, frame.by, frame.filters)
    tables = _tables(metrics, measure, at.job, context)
    if measure.source not in engine.tables:
        return Part(at.metric, at.value, tables, None, None, None)
    scope = scope_of(measure.source, measure.time, one_period, metrics.dimensions, engine.tables)
    if scope is None:
        return Part(at.metric, at.value, tables, None, None, None)
    persons = _persons(engine, measure, scope, at, shown)
    rows = _rows(engine, measure, scope, at, context, shown)
    agrees = persons.count == (at.value or 0) if persons is not None and measure.counts_persons else None
    return Part(at.metric, at.value, tables, persons, rows, agrees)


def _persons(engine: Engine, measure: Measure, scope: Scope, at: _At, shown: int) -> Listing | None:
    if CONTRACTS[measure.source].column(PERSON) is None:
        return None
    return _listing(engine, persons_tree(measure, scope), at, [PERSON], shown)


def _rows(
    engine: Engine, measure: Measure, scope: Scope, at: _At, context: MetricContext, shown: int
) -> Listing | None:
    tree = rows_tree(measure, scope, engine.tables)
    if tree is None:
        return None
    found = _listing(engine, tree, at, ROW_COLUMNS, shown)
    named = tuple(
        {"source": row["source"], "file": context.files.get(row["batch_seq"]), "row": row["source_row"]}
        for row in found.shown
    )
    return Listing(found.count, named, found.sql)


def _listing(engine: Engine, rows: t.Query, at: _At, columns: Sequence[str], shown: int) -> Listing:
    """List the distinct rows of the cell: the whole query's rows, cut to the cell by its own key columns."""
    conditions = [
        t.is_null(t.col(name)) if name in at.row.dimensions and at.row.dimensions[name] is None else t.col(name).eq(one)
        for name, one in at.key.items()
    ]
    kept = {name: t.col(name) for name in columns}
    cell = q.distinct_rows(t.select(kept, rows, where=t.all_of(conditions)))
    count = engine.query(t.select({"found": t.count()}, cell), {}).to_pylist()[0]["found"]
    order = [t.col(name) for name in columns]
    first = engine.query(t.select(kept, cell, order=order, limit=shown), {}).to_pylist() if shown else []
    if not isinstance(count, int):
        raise InternalError("a count is no whole number")
    return Listing(count, tuple(first), engine.sql_of(cell, {}))


def _tables(metrics: Metrics, measure: Measure, job: Job, context: MetricContext) -> tuple[InputTable, ...]:
    named = [*job.by, *(name for one in job.filters for name in one.dimensions)]
    lookups = [
        dimension.lookup.table
        for dimension in (metrics.dimensions[name] for name in named)
        if dimension.lookup is not None and measure.source not in dimension.columns
    ]
    found = []
    for name in dict.fromkeys([measure.source, *lookups]):
        built = context.tables.get(name)
        at = built.built_at.isoformat() if built else None
        found.append(InputTable(name, context.build_id, at, built.rows if built else None, built.sql if built else ""))
    return tuple(found)


def _definition_dict(metric: Metric) -> dict[str, Any]:
    return {
        "name": metric.name,
        "label": {"zh": metric.label.zh, "en": metric.label.en},
        "description": {"zh": metric.description.zh, "en": metric.description.en},
        "unit": metric.unit.value,
        "owner": metric.owner,
        "reference": metric.reference,
        "file": metric.where.file,
        "line": metric.where.line,
        "version": metric.version,
        "yaml": metric.text,
    }


def _part_dict(part: Part) -> dict[str, Any]:
    return {
        "metric": part.metric,
        "value": json_number(part.value),
        "agrees": part.agrees,
        "tables": [
            {"table": one.table, "build_id": one.build_id, "built_at": one.built_at, "rows": one.rows, "sql": one.sql}
            for one in part.tables
        ],
        "persons": _listing_dict(part.persons),
        "rows": _listing_dict(part.rows),
    }


def _listing_dict(listing: Listing | None) -> dict[str, Any] | None:
    if listing is None:
        return None
    return {"count": listing.count, "shown": [dict(row) for row in listing.shown], "sql": listing.sql}
