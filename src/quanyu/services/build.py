"""A build: every derived table made anew in a schema of its own, then published in one move.

Until it is published, readers keep the build before it; a build that was killed leaves a schema that the next one
drops.  The last two published builds are kept.
"""

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from quanyu.clock import now, today
from quanyu.config import EngineName, Workspace
from quanyu.diagnosis.readiness import readiness_rows
from quanyu.engine import DuckDBEngine, Engine, Made, SparkEngine, Step, order_steps, read_steps
from quanyu.engine import tree as t
from quanyu.errors import InternalError, Problem, QuanyuError, UserError
from quanyu.facts.calendar import report_periods, snapshot_dates
from quanyu.facts.current import make_current
from quanyu.metrics import MetricContext
from quanyu.progress import Listener, Progress, silent
from quanyu.refresh.overlay import drop_overlay
from quanyu.services.diagnosis import diagnosis_tables
from quanyu.services.growth_rules import growth_rule_rows
from quanyu.services.identity import resolve_persons
from quanyu.services.parameters import step_values
from quanyu.services.privacy_consent import lend_words
from quanyu.services.project import Project
from quanyu.services.readiness import open_readiness
from quanyu.services.segments import make_segments, open_segments
from quanyu.services.stage_rules import open_stage_models, rule_rows
from quanyu.services.tags import make_tags, open_tags
from quanyu.store import Build, BuildStatus, BuildStep, NewBuild, Store
from quanyu.tables import CONTRACTS

LANDING: Final = "landing"
STAGES: Final = ("facts", "models", "stages", "analytics", "tags")
SNAPSHOT_MONTHS: Final = 13
KEPT_BUILDS: Final = 2
_CODE: Final = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What to build: as of which business date, knowing what of the raw log, on which engine.

    None means: the last date with an order or a live event, all that is known, the workspace's engine.
    """

    as_of: date | None = None
    watermark: int | None = None
    engine: EngineName | None = None


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build made: its record, and every table with rows and seconds in the order of making."""

    build: Build
    made: tuple[Made, ...]


@cache
def house_steps() -> tuple[Step, ...]:
    """Return every step of the main job, by stage and name; the files are read and checked once per process."""
    return tuple(step for stage in STAGES for step in read_steps(_CODE / stage))


def make_build(
    project: Project, store: Store, engine: DuckDBEngine, request: BuildRequest, listen: Listener = silent
) -> BuildReport:
    """Make and publish a build; returns its record and tables.  Only under the run lease.

    A failure marks the build failed and drops its schema; readers keep the build before it.
    Raises UserError `build.no_orders` when no order is known at the watermark and date.
    """
    drop_unpublished(store, engine)
    with store.reading() as work:
        watermark = work.segments.watermark() if request.watermark is None else request.watermark
    first, _ = _order_dates(engine, watermark)
    as_of = request.as_of or newest_date(project, engine, watermark)
    if as_of < first:
        message = f"Nothing was bought on or before {as_of.isoformat()}; the first order is of {first.isoformat()}."
        raise UserError(Problem("build.no_orders", message, "Choose a later --as-of."))
    name = request.engine or project.workspace.engine.name
    with store.transaction() as work:
        build = work.builds.begin(_new_build(project, name, as_of, watermark))
    started = time.perf_counter()
    with _failing(store, engine, build):
        made = _make_tables(project, store, engine, build, first, listen)
        engine.checkpoint()
        with store.transaction() as work:
            work.builds.add_steps(build.build_id, _records(made))
            work.builds.publish(build.build_id, {"total": time.perf_counter() - started})
    drop_overlay(engine)
    drop_old(store, engine)
    with store.reading() as work:
        published = work.builds.get(build.build_id)
    if published is None:
        raise InternalError(f"build {build.build_id} vanished from the store")
    return BuildReport(published, tuple(made))


@contextmanager
def _failing(store: Store, engine: DuckDBEngine, build: Build) -> Iterator[None]:
    try:
        yield
    except QuanyuError as error:
        with store.transaction() as work:
            work.builds.fail(build.build_id, str(error).splitlines()[0][:500])
        engine.drop_schema(build.schema_name)
        raise


def _make_tables(
    project: Project, store: Store, engine: DuckDBEngine, build: Build, first: date, listen: Listener
) -> list[Made]:
    steps = house_steps()
    total = len(steps) + 5
    listen(Progress("build", "identity", 0, total, "tables"))
    resolve_persons(project, store, engine, build, listen)
    engine.use_schema(build.schema_name)
    listen(Progress("build", "current versions", 1, total, "tables"))
    made = make_current(engine, LANDING, build.watermark)
    made.append(engine.register("report_period", report_periods(first, build.as_of)))
    made.append(engine.register("snapshot_date", snapshot_dates(first, build.as_of, SNAPSHOT_MONTHS)))
    made += _register_rules(project, engine)
    values = step_values(project.parameters, build.as_of, build.watermark, build.zone)
    ordered = order_steps(steps, engine.tables)
    with _computing(project.workspace, engine, build, ordered) as computer:
        for number, step in enumerate(ordered, start=4):
            listen(Progress("build", step.name, number, total, "tables"))
            made.append(computer.make(step, values))
    made.append(engine.register("readiness", readiness_rows(open_readiness(project), engine)))
    listen(Progress("build", "tags", total - 1, total, "tables"))
    made += make_tags(project, store, engine, build)
    listen(Progress("build", "segments", total - 1, total, "tables"))
    made += make_segments(project, store, engine, build)
    listen(Progress("build", "diagnosis", total, total, "tables"))
    context = MetricContext(build.as_of, build.zone, build.watermark, build.build_id)
    judged = diagnosis_tables(project, engine, context)
    made += [engine.register(name, rows) for name, rows in judged.items()]
    listen(Progress("build", "", total, total, "tables"))
    return made


def _register_rules(project: Project, engine: DuckDBEngine) -> list[Made]:
    tables = rule_rows(project.workspace, project.parameters)
    tables |= growth_rule_rows(project.workspace, project.parameters)
    return [engine.register(name, rows) for name, rows in tables.items()]


@contextmanager
def _computing(workspace: Workspace, engine: DuckDBEngine, build: Build, steps: Sequence[Step]) -> Iterator[Engine]:
    """Give the engine that runs the steps; what Spark makes is brought home into the build's schema at the end."""
    if build.engine == EngineName.DUCKDB:
        yield engine
        return
    url = workspace.engine.spark_url or "local[*]"
    spark = SparkEngine(url, CONTRACTS, workspace.folder("exchange") / build.schema_name)
    try:
        made_here = {step.name for step in steps}
        inputs = sorted({name for step in steps for name in step.reads} - made_here)
        spark.take_tables(engine, inputs)
        yield spark
        spark.import_tables(engine)
    finally:
        spark.close()


def _records(made: list[Made]) -> list[BuildStep]:
    moment = now()
    return [
        BuildStep(
            table_name=one.table,
            ordinal=number,
            rows=one.rows,
            seconds=one.seconds,
            sql_hash=hashlib.sha256(one.sql.encode()).hexdigest(),
            sql_text=one.sql,
            finished_at=moment,
        )
        for number, one in enumerate(made, start=1)
    ]


def definition_hashes(project: Project) -> dict[str, str]:
    """Return a hash of every definition that decides what a build says: sources, stages, steps, tags, segments."""
    workspace = project.workspace
    hashes = {f"source:{source.id}": source.fingerprint for source in project.sources}
    models = open_stage_models(workspace, project.parameters)
    hashes |= {f"stages:{model.name}": model.version for model in models}
    hashes |= {f"step:{step.name}": hashlib.sha256(step.sql.encode()).hexdigest() for step in house_steps()}
    hashes |= {f"tag:{tag.code}": tag.version for tag in open_tags(workspace).valued}
    segments = open_segments(workspace)
    return hashes | {f"segment:{one.name}": segments.version(one.name) for one in segments}


def _new_build(project: Project, name: EngineName, as_of: date, watermark: int) -> NewBuild:
    workspace = project.workspace
    return NewBuild(
        engine=name.value,
        as_of=as_of,
        watermark=watermark,
        zone=workspace.time_zone,
        currency=workspace.currency.code,
        parameter_version=project.parameters.version,
        definition_hashes=definition_hashes(project),
    )


def _order_dates(engine: DuckDBEngine, watermark: int) -> tuple[date, date]:
    engine.attach_schema(LANDING)
    known = (t.col("batch_seq") <= t.lit(watermark)).and_(t.not_null(t.col("local_date")))
    columns = {"first": t.smallest_of(t.col("local_date")), "last": t.greatest_of(t.col("local_date"))}
    row = engine.query(t.select(columns, "order", where=known)).to_pylist()[0] if "order" in engine.tables else {}
    if not row.get("first"):
        message = "No order is known yet."
        raise UserError(Problem("build.no_orders", message, "Map an order table in sources/ and put its files there."))
    return row["first"], row["last"]


def newest_date(project: Project, engine: DuckDBEngine, watermark: int) -> date:
    """Return the last business date with an order or an event of a live source, but not after today.

    Raises UserError `build.no_orders` without orders.
    """
    _, last = _order_dates(engine, watermark)
    live = [source.id for source in project.sources if source.format == "live"]
    if live and "event" in engine.tables:
        of_live = t.any_of([t.col("source").eq(t.lit(one)) for one in live])
        known = t.all_of([t.col("batch_seq") <= t.lit(watermark), of_live])
        day = {"last": t.greatest_of(t.col("local_date"))}
        last = max(last, engine.query(t.select(day, "event", where=known)).to_pylist()[0]["last"] or last)
    return min(last, today(project.workspace.time_zone))


def drop_unpublished(store: Store, engine: DuckDBEngine) -> None:
    """Drop what killed or failed builds left in the warehouse."""
    with store.transaction() as work:
        work.builds.abandon_running()
        left = [
            build
            for status in (BuildStatus.ABANDONED, BuildStatus.FAILED)
            for build in work.builds.find(status)
            if build.dropped_at is None
        ]
    _drop(store, engine, left)


def drop_old(store: Store, engine: DuckDBEngine) -> None:
    """Drop the published builds before the last `KEPT_BUILDS`; history goes on from the latest date, which stays."""
    with store.reading() as work:
        kept = [build for build in work.builds.find(BuildStatus.PUBLISHED) if build.dropped_at is None]
    latest = max(kept, key=lambda build: (build.as_of, build.build_id), default=None)
    _drop(store, engine, [build for build in kept[:-KEPT_BUILDS] if build != latest])


def _drop(store: Store, engine: DuckDBEngine, builds: list[Build]) -> None:
    for build in builds:
        engine.drop_schema(build.schema_name)
        with store.transaction() as work:
            work.builds.mark_dropped(build.build_id)


def attach_build(store: Store, engine: DuckDBEngine, build_id: int | None = None) -> Build:
    """Point the engine's catalogue at a published build (the newest without a number) and return its record.

    Raises UserError `build.none` when there is none, or the warehouse no longer has it.
    """
    with store.reading() as work:
        build = work.builds.published() if build_id is None else work.builds.get(build_id)
    if build is None or build.schema_name not in engine.schemas():
        what = "No build is published" if build_id is None else f"Build {build_id} is not there"
        raise UserError(Problem("build.none", f"{what}.", "Make one with `quanyu run`."))
    for schema in (LANDING, "identity", build.schema_name):
        engine.attach_schema(schema)
    lend_words(store, engine, build)
    return build
