"""How persons moved between the stages of a model, between any two dates."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from quanyu.engine import DuckDBEngine, order_steps
from quanyu.engine import tree as t
from quanyu.errors import Problem, UserError, did_you_mean
from quanyu.facts.calendar import snapshots_on
from quanyu.services.build import house_steps
from quanyu.services.parameters import step_values
from quanyu.services.project import Project
from quanyu.store import Build

SCRATCH: Final = "scratch_flow"
_SNAPSHOT: Final = "stage_snapshot"


@dataclass(frozen=True, slots=True)
class Flow:
    """How many persons went from one stage to another; `none` is outside the model at that date."""

    from_stage: str
    to_stage: str
    persons: int


@dataclass(frozen=True, slots=True)
class Flows:
    """The flows of one model between two dates; `computed` says that a date had no snapshot in the build."""

    model: str
    start: date
    end: date
    computed: bool
    flows: tuple[Flow, ...]


def flow_between(project: Project, engine: DuckDBEngine, build: Build, model: str, dates: tuple[date, date]) -> Flows:
    """Return the flows of a model between two dates not after the build's; the engine sees the build and may write.

    Snapshots of the build are used when it has both dates; otherwise the stage steps are run for the two dates in a
    schema that is dropped again.  Raises UserError `stages.unknown`, `stages.dates`.
    """
    _check(engine, build, model, dates)
    known = {row["date"] for row in _distinct(engine, "snapshot_date", "date")}
    is_known = known.issuperset(dates)
    catalog, schema = dict(engine.catalog), engine.schema
    engine.drop_schema(SCRATCH)
    engine.use_schema(SCRATCH)
    try:
        engine.register("snapshot_date", snapshots_on(list(dates)))
        wanted = ("stage_history", "flow") if is_known else _steps_of_flow()
        steps = [step for step in house_steps() if step.name in wanted]
        values = step_values(project.parameters, build.as_of, build.watermark, build.zone)
        for step in order_steps(steps, engine.tables):
            engine.make(step, values)
        rows = engine.rows_of("flow").to_pylist()
    finally:
        engine.drop_schema(SCRATCH)
        engine.catalog, engine.schema = catalog, schema
    found = [Flow(row["from_stage"], row["to_stage"], row["persons"]) for row in rows if row["model"] == model]
    found.sort(key=lambda flow: (flow.from_stage, flow.to_stage))
    return Flows(model, dates[0], dates[1], not is_known, tuple(found))


def _check(engine: DuckDBEngine, build: Build, model: str, dates: tuple[date, date]) -> None:
    models = [str(row["model"]) for row in _distinct(engine, _SNAPSHOT, "model")]
    problems = []
    if model not in models:
        remedy = did_you_mean(model, models) or f"There are {', '.join(sorted(models))}."
        problems.append(Problem("stages.unknown", f'No stage model "{model[:40]}".', remedy))
    if not dates[0] < dates[1] <= build.as_of:
        message = f"{dates[0].isoformat()} and {dates[1].isoformat()} are no two dates up to {build.as_of.isoformat()}."
        problems.append(Problem("stages.dates", message, "Give an earlier and a later date of what is built."))
    if problems:
        raise UserError(problems)


def _distinct(engine: DuckDBEngine, table: str, column: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = engine.query(
        t.select({column: t.col(column)}, table, group=[t.col(column)])
    ).to_pylist()
    return rows


def _steps_of_flow() -> frozenset[str]:
    """Return the steps that the flows are made of and that depend on the snapshot dates."""
    steps = {step.name: step for step in house_steps()}
    dated = {"snapshot_date"}
    while True:
        more = {step.name for step in steps.values() if dated & set(step.reads)} - dated
        if not more:
            break
        dated |= more
    wanted, waiting = set(), ["flow"]
    while waiting:
        here = waiting.pop()
        if here in dated and here in steps and here not in wanted:
            wanted.add(here)
            waiting += steps[here].reads
    return frozenset(wanted)
