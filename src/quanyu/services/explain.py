"""The history of a figure, a table or an order, down to the files its rows came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from quanyu.clock import Period
from quanyu.engine import DuckDBEngine, Step, read_steps
from quanyu.engine import tree as t
from quanyu.errors import Problem, UserError, did_you_mean
from quanyu.metrics import Between, CellAddress, Explanation, Grain, MetricQuery, Metrics, explain
from quanyu.metrics.periods import grain_of, natural
from quanyu.services.build import house_steps
from quanyu.services.metrics import find_metric, metric_context
from quanyu.services.origin import SourceRow, source_row
from quanyu.services.project import Project
from quanyu.store import Build, RawSegment, SegmentStatus, Store
from quanyu.tables import CONTRACTS

LANDING: Final = "landing"
_IDENTITY: Final = Path(__file__).parent.parent / "identity"
_EVIDENCE: Final = ("identifier", "identifier_pair")
# Tables that no step writes: what makes them.
_MADE_BY: Final = {
    "report_period": "quanyu/facts/calendar.py",
    "snapshot_date": "quanyu/facts/calendar.py",
    "reconciliation": "quanyu/ingest/reconcile.py",
}


@dataclass(frozen=True, slots=True)
class RawFile:
    """A sealed Parquet file of the raw log with the file it was read from; hashes are SHA-256 (hex)."""

    batch_seq: int
    source: str
    file: str
    file_sha256: str | None
    received_at: datetime
    segment: str
    segment_sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class TableStory:
    """How one table of a build came to be.

    `place` is schema and table in the warehouse, `made_by` the file that says how, `sql` what was run (empty for what
    Python made), `reads` the tables it was made from, `raw` the files of the raw log a landing table was loaded from.
    """

    name: str
    zh: str
    en: str
    grain: str
    place: str
    made_by: str
    source: str
    rows: int
    seconds: float | None
    built_at: datetime | None
    sql: str
    reads: tuple[str, ...]
    raw: tuple[RawFile, ...]


@dataclass(frozen=True, slots=True)
class OrderStory:
    """One order: its row of facts (None when it is in no build), and per landing table the rows it was received as."""

    order_id: str
    fact: Mapping[str, Any] | None
    received: Mapping[str, tuple[tuple[Mapping[str, Any], SourceRow], ...]]


def explain_figure(
    metrics: Metrics,
    store: Store,
    engine: DuckDBEngine,
    build: Build,
    asked: tuple[str, Mapping[str, str | None], str | None],
    *,
    shown: int,
) -> Explanation:
    """Return the history of one figure: a metric, its dimension values, and a period as `read_period` reads it.

    At most `shown` persons and rows are listed.  Raises UserError as a query of metrics.
    """
    name, dimensions, text = asked
    find_metric(metrics, name)
    period = read_period(text, build.as_of)
    grain = grain_of(period)
    end = period.end if grain is not Grain.NONE else min(period.end, build.as_of + timedelta(days=1))
    query = MetricQuery((name,), tuple(dimensions), grain, Between(period.start, end))
    address = CellAddress(name, period.start, dict(dimensions))
    return explain(engine, metrics, query, address, metric_context(store, build), shown=shown)


def read_period(text: str | None, as_of: date) -> Period:
    """Return the period a text names: `2026`, `2026-Q1`, `2026-02`, `2026-W07`, `2026-02-11`, `2026-02-01..2026-02-11`.

    The end of a range is outside.  Nothing means the month of the as-of date.  Raises UserError `explain.period`.
    """
    if text is None:
        return natural(Grain.MONTH, as_of)
    try:
        return _period(text)
    except ValueError:
        remedy = "Write 2026, 2026-Q1, 2026-02, 2026-W07, 2026-02-11 or 2026-02-01..2026-02-11 (end outside)."
        raise UserError(Problem("explain.period", f'"{text[:40]}" is no period.', remedy)) from None


def _period(text: str) -> Period:
    if ".." in text:
        start, _, end = text.partition("..")
        return Period(date.fromisoformat(start), date.fromisoformat(end))
    if len(text) == 4:
        return natural(Grain.YEAR, date(int(text), 1, 1))
    if text[5:6] == "Q":
        return natural(Grain.QUARTER, date(int(text[:4]), int(text[6:]) * 3 - 2, 1))
    if text[5:6] == "W":
        return natural(Grain.WEEK, date.fromisocalendar(int(text[:4]), int(text[6:]), 1))
    if len(text) == 7:
        return natural(Grain.MONTH, date.fromisoformat(f"{text}-01"))
    return natural(Grain.DAY, date.fromisoformat(text))


def explain_table(store: Store, engine: DuckDBEngine, build: Build, name: str) -> list[TableStory]:
    """Return how a table of the build was made: itself first, then everything it was made from, down to raw files.

    The engine sees the build.  Raises UserError `table.unknown`, or `table.not_built` when the build has no such table.
    """
    if name not in CONTRACTS:
        remedy = did_you_mean(name, CONTRACTS.names) or "List them all with `quanyu tables`."
        raise UserError(Problem("table.unknown", f'Table "{name[:60]}" does not exist.', remedy))
    if name not in engine.tables:
        message = f'Build {build.build_id} has no table "{name}": nothing fills it yet.'
        raise UserError(Problem("table.not_built", message, "`quanyu tables` says which stage writes it."))
    teller = _Teller(store, engine, build)
    told: dict[str, TableStory] = {}
    waiting = [name]
    while waiting:
        here = waiting.pop(0)
        if here not in told:
            told[here] = teller.story(here)
            waiting += [one for one in told[here].reads if one in engine.tables]
    return list(told.values())


class _Teller:
    """Tells the story of one table after the other from the same records."""

    def __init__(self, store: Store, engine: DuckDBEngine, build: Build) -> None:
        self.engine = engine
        self.build = build
        with store.reading() as work:
            self.made = {step.table_name: step for step in work.builds.steps(build.build_id)}
            self.batches = work.segments.find(status=SegmentStatus.SEALED)
        self.steps: dict[str, Step] = {step.name: step for step in (*read_steps(_IDENTITY), *house_steps())}

    def story(self, name: str) -> TableStory:
        """Return the story of one table that the engine sees."""
        table, made, step = CONTRACTS[name], self.made.get(name), self.steps.get(name)
        raw = tuple(_raw_files(self.batches, name, self.build.watermark)) if table.stage == "ingest" else ()
        return TableStory(
            name=name,
            zh=table.zh,
            en=table.en,
            grain=table.grain,
            place=self.engine.catalog[name],
            made_by=self._maker(name, step),
            source=step.source if step else "",
            rows=made.rows if made else self._count(name),
            seconds=made.seconds if made else None,
            built_at=made.finished_at if made else None,
            sql=made.sql_text if made else step.sql if step else "",
            reads=self._reads(name, step),
            raw=raw,
        )

    def _maker(self, name: str, step: Step | None) -> str:
        if step is not None:
            return step.file
        stage = CONTRACTS[name].stage
        if stage == "ingest" and name in self.made:
            return "quanyu/facts/current.py: the newest version of each " + ", ".join(CONTRACTS[name].entity)
        default = {"ingest": "quanyu/ingest/landing.py", "identity": "quanyu/identity/resolve.py"}.get(stage, "")
        return _MADE_BY.get(name, default)

    def _reads(self, name: str, step: Step | None) -> tuple[str, ...]:
        if step is not None:
            return step.reads
        return _EVIDENCE if CONTRACTS[name].stage == "identity" else ()

    def _count(self, name: str) -> int:
        rows = self.engine.query(t.select({"rows": t.count()}, name)).to_pylist()
        return int(rows[0]["rows"])


def _raw_files(batches: Sequence[RawSegment], table: str, watermark: int) -> list[RawFile]:
    return [
        RawFile(
            batch_seq=batch.batch_seq,
            source=batch.source,
            file=batch.file,
            file_sha256=batch.file_sha256,
            received_at=batch.recorded_at,
            segment=file.path,
            segment_sha256=file.sha256,
            rows=file.rows,
        )
        for batch in batches
        for file in batch.segment_files
        if batch.batch_seq <= watermark and Path(file.path).name.split(".", 1)[0] == table
    ]


def find_orders(engine: DuckDBEngine, text: str) -> list[str]:
    """Return the ids of received orders that a text names: the whole id, or its part after the system's name."""
    if "order" not in engine.tables:
        return []
    wanted = t.any_of([t.col("order_id").eq(t.lit(text)), t.col("source_id").eq(t.lit(text))])
    rows = engine.query(t.select({"order_id": t.col("order_id")}, "order", where=wanted)).to_pylist()
    return sorted({str(row["order_id"]) for row in rows})


def explain_order(project: Project, store: Store, engine: DuckDBEngine, order_id: str) -> OrderStory:
    """Return the row of facts of an order and every row it was received as, with file and line.  Versions included."""
    with store.reading() as work:
        batches = {batch.batch_seq: batch for batch in work.segments.find(status=SegmentStatus.SEALED)}
    named = t.col("order_id").eq(t.lit(order_id))
    facts = _rows(engine, "order_fact", named)
    received = {}
    engine.attach_schema(LANDING)
    for table in ("order", "order_line", "refund"):
        rows = _rows(engine, table, named)
        rows.sort(key=lambda row: (row["batch_seq"], row["source_row"]))
        found = [
            (row, source_row(project, store, batches[row["batch_seq"]], row["source_row"]))
            for row in rows
            if row["batch_seq"] in batches
        ]
        if found:
            received[table] = tuple(found)
    return OrderStory(order_id, facts[0] if facts else None, received)


def _rows(engine: DuckDBEngine, table: str, where: t.Tree) -> list[dict[str, Any]]:
    if table not in engine.tables:
        return []
    columns = {name: t.col(name) for name in CONTRACTS[table].column_names}
    rows: list[dict[str, Any]] = engine.query(t.select(columns, table, where=where)).to_pylist()
    return rows


def unknown_subject(metrics: Metrics, name: str) -> UserError:
    """Return the error of asking for what is no metric, no table and no order, with the nearest name."""
    known = (*metrics.by_name, *CONTRACTS.names)
    remedy = did_you_mean(name, known) or "List them with `quanyu metrics list` and `quanyu tables`."
    message = f'"{name[:60]}" is no metric, no table and no order that was received.'
    return UserError(Problem("explain.unknown", message, remedy))
