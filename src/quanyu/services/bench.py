"""How fast the main job's steps are on this machine and these data, as multiples of reading the same columns once.

Seconds depend on the machine and on what else it does; a ratio to a scan measured in the same minute does not.  Scan
and question take turns, and the median of the rounds counts.  What is made goes to a schema of its own and is dropped.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Final

from quanyu.engine import DuckDBEngine, Step, Value
from quanyu.engine import tree as t
from quanyu.errors import InternalError
from quanyu.facts.calendar import snapshot_dates, snapshots_on
from quanyu.progress import Listener, Progress, silent
from quanyu.services.build import attach_build, house_steps
from quanyu.services.parameters import step_values
from quanyu.services.project import Project, open_operations, open_warehouse
from quanyu.tables import CONTRACTS, Type

BENCH_SCHEMA: Final = "bench"
DEFAULT_ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class Base:
    """Columns of one table whose scan is a measure of cost."""

    table: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """Something to time: steps run one after the other, and the scans they are compared with.

    The first base is the one a budget counts; the last is what the steps really read.  `is_one_date` takes the stage
    snapshot of the build date only, as the daily recompute does; `months` takes the build date and so many month ends.
    `prepared` steps are made before and are not timed.
    """

    name: str
    title: str
    steps: tuple[str, ...]
    bases: tuple[Base, ...]
    is_one_date: bool = False
    months: int = 0
    prepared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """What a question took: median seconds, of its scans too, and rows of its tables.

    `ratios` are medians of the rounds' own ratios, by table of the base; `steps` are median seconds by step.
    """

    name: str
    title: str
    seconds: float
    scans: Mapping[str, float]
    ratios: Mapping[str, float]
    steps: Mapping[str, float]
    rows: int


_EVENTS: Final = Base("event", ("identifier_id", "occurred_at", "type", "channel_id"))
_DAYS: Final = Base("purchase_day_fact", ("person_id", "local_date", "net_fen"))
_ORDERS: Final = Base("order", ("order_id", "identifier_id", "local_date", "status", "paid_fen"))
_LINES: Final = Base("order_line_fact", ("person_id", "category_id", "parent_category_id", "net_fen", "local_date"))
_PERSONS: Final = Base("person_fact", ("person_id", "first_seen_date", "purchase_days"))

QUESTIONS: Final = (
    Question("rfm_day", "RFM of one date", ("rfm_measure", "rfm_cut", "rfm"), (_EVENTS, _DAYS), is_one_date=True),
    Question("retention", "Day-N retention of events", ("activity_day_fact", "activity_retention"), (_EVENTS,)),
    Question(
        "facts",
        "Facts",
        ("refund_fact", "order_fact", "order_line_fact", "purchase_day_fact", "visit_fact", "person_fact"),
        (_EVENTS, _ORDERS),
    ),
    Question("rfm", "RFM, all snapshot dates", ("rfm_measure", "rfm_cut", "rfm"), (_EVENTS, _DAYS)),
    Question("lifecycle", "Life cycle, all snapshot dates", ("lifecycle_cut", "lifecycle"), (_EVENTS, _PERSONS)),
    Question(
        "value",
        "Value tiers, all snapshot dates",
        ("value_tier", "value_concentration", "value_lorenz"),
        (_EVENTS, _PERSONS),
    ),
    Question("flow", "Stages on the snapshots, and flows", ("stage_history", "flow"), (_EVENTS, _PERSONS)),
    Question(
        "stage_span",
        "Stages of all models, every day",
        ("signal_day", "condition_piece", "condition_span", "stage_span"),
        (_EVENTS,),
    ),
    Question("layers", "Stages on the ends of 24 months", ("stage_history",), (_EVENTS, _PERSONS), months=24),
    Question(
        "matrices",
        "Transition matrices of 24 months",
        ("flow",),
        (_EVENTS, _PERSONS),
        months=24,
        prepared=("stage_history",),
    ),
    Question("stage_items", "Stages and flows of items", ("stage_scope_flow", "stage_scope_count"), (_EVENTS,)),
    Question("cohort", "Purchase cohorts by month", ("cohort_retention",), (_EVENTS, _DAYS)),
    Question("sales", "Sales of all periods", ("sales_period",), (_EVENTS, _ORDERS)),
    Question("nine", "Nine indicators", ("nine_indicator",), (_EVENTS, _DAYS)),
    Question("category", "Penetration and affinity", ("category_penetration", "category_affinity"), (_EVENTS, _LINES)),
    Question("tgi", "Target group index", ("tgi",), (_EVENTS, _PERSONS)),
)


def scan_tree(base: Base) -> t.Query:
    """Return a query that has to read every value of the base's columns and does next to nothing with it.

    max() and count() alone would be answered from the file's statistics without reading anything; beside a sum they
    are not.
    """
    columns: dict[str, t.Tree] = {"row_count": t.count()}
    for name in base.columns:
        column = CONTRACTS[base.table].column(name)
        if column is None:
            raise InternalError(f"{base.table} has no column {name}")
        columns[name] = _touch(t.col(name), column.type)
    return t.select(columns, base.table)


def _touch(column: t.Tree, kind: Type) -> t.Tree:
    if kind in {Type.INT, Type.FEN}:
        return t.total(column)
    if kind in {Type.TEXT, Type.JSON}:
        return t.total(t.text_length(column))
    return t.greatest_of(column)


def bench_workspace(
    project: Project, rounds: int = DEFAULT_ROUNDS, listen: Listener = silent, names: Sequence[str] = ()
) -> list[Measured]:
    """Return what each question takes on the workspace's newest published build, in the order of `QUESTIONS`.

    `names` chooses questions (none: all); a question one of whose bases has no rows is left out, as a ratio to nothing
    says nothing.  The build itself is only read.
    Raises UserError `build.none` before the first run and `warehouse.locked` while another process holds the file.
    """
    with open_operations(project.workspace) as store, open_warehouse(project.workspace) as engine:
        build = attach_build(store, engine)
        values = step_values(project.parameters, build.as_of, build.watermark, build.zone)
        chosen = [one for one in QUESTIONS if (not names or one.name in names) and _can_ask(engine, one)]
        found = []
        for number, question in enumerate(chosen):
            listen(Progress("bench", question.title, number, len(chosen), "questions"))
            found.append(measure(engine, question, values, build.as_of, rounds))
        listen(Progress("bench", "", len(chosen), len(chosen), "questions"))
    return found


def _can_ask(engine: DuckDBEngine, question: Question) -> bool:
    steps = (*question.prepared, *question.steps)
    reads = {name for step in _steps(steps) for name in step.reads} - set(steps)
    if not reads <= engine.tables:
        return False
    return all(_rows(engine, base.table) > 0 for base in question.bases)


def _rows(engine: DuckDBEngine, table: str) -> int:
    counted = engine.query(t.select({"row_count": t.count()}, table))
    return int(counted["row_count"][0].as_py())


def measure(
    engine: DuckDBEngine, question: Question, values: Mapping[str, Value], as_of: date, rounds: int = DEFAULT_ROUNDS
) -> Measured:
    """Return what a question took beside its scans over so many rounds; the scans' columns are read once before.

    Every table the steps read must be in the engine's catalogue.  Tables go to schema `bench`, dropped at the end; the
    catalogue is as before afterwards.
    """
    known, schema = dict(engine.catalog), engine.schema
    listed = _steps(question.steps)
    engine.use_schema(BENCH_SCHEMA)
    try:
        if question.is_one_date:
            engine.register("snapshot_date", snapshots_on([as_of]))
        if question.months:
            engine.register("snapshot_date", snapshot_dates(date.min, as_of, question.months))
        for step in _steps(question.prepared):
            engine.make(step, values)
        for base in question.bases:
            engine.query(scan_tree(base))
        found = [_round(engine, question, listed, values) for _ in range(rounds)]
    finally:
        engine.drop_schema(BENCH_SCHEMA)
        engine.catalog, engine.schema = known, schema
    return _summed(question, found)


@dataclass(frozen=True, slots=True)
class _Round:
    scans: Mapping[str, float]
    steps: Mapping[str, float]
    rows: int


def _round(engine: DuckDBEngine, question: Question, steps: Sequence[Step], values: Mapping[str, Value]) -> _Round:
    scans = {base.table: _seconds(engine, scan_tree(base)) for base in question.bases}
    made = [engine.make(step, values) for step in steps]
    seconds = {one.table: one.seconds for one in made}
    for step in steps:
        if step.is_view:
            # Naming a view costs nothing; what it costs is told by whoever reads all of it.
            seconds[step.name] += _seconds(engine, scan_tree(Base(step.name, CONTRACTS[step.name].column_names)))
    return _Round(scans, seconds, sum(one.rows for one in made))


def _seconds(engine: DuckDBEngine, tree: t.Query) -> float:
    started = time.perf_counter()
    engine.query(tree)
    return time.perf_counter() - started


def _summed(question: Question, rounds: Sequence[_Round]) -> Measured:
    totals = [sum(one.steps.values()) for one in rounds]
    tables = [base.table for base in question.bases]
    return Measured(
        name=question.name,
        title=question.title,
        seconds=median(totals),
        scans={table: median(one.scans[table] for one in rounds) for table in tables},
        ratios={
            table: median(total / one.scans[table] for total, one in zip(totals, rounds, strict=True))
            for table in tables
        },
        steps={name: median(one.steps[name] for one in rounds) for name in question.steps},
        rows=rounds[0].rows,
    )


def _steps(names: Sequence[str]) -> list[Step]:
    steps = {step.name: step for step in house_steps()}
    return [steps[name] for name in names]
