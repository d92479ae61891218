"""What a change of a stage model would do: the changed rules replayed beside the build, persons compared per date."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from quanyu.definitions import Parameters, load_parameters
from quanyu.definitions.stage_model import StageModel
from quanyu.definitions.stage_models import load_stage_model
from quanyu.engine import DuckDBEngine, order_steps
from quanyu.engine import tree as t
from quanyu.errors import Problem, UserError, raise_if_errors
from quanyu.facts.calendar import period_start
from quanyu.services.build import house_steps
from quanyu.services.parameters import step_values
from quanyu.services.project import Project
from quanyu.services.stage_answers import check_model, on_day
from quanyu.services.stage_rules import open_stage_models, stage_rows
from quanyu.services.stages import Flow
from quanyu.store import Build

SCRATCH: Final = "scratch_stages"
_BEFORE: Final = "stage_span_before"
_REPLAYED: Final = (
    "signal_day",
    "condition_piece",
    "condition_span",
    "rule_span",
    "rule_piece",
    "stage_turn",
    "stage_span",
)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Change:
    """What to try: a file with the model's rules, other values of parameters, or both."""

    rules: Path | None = None
    parameters: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class DateDiff:
    """One date: how many persons the build and the changed rules put in which stage; `none` is outside the model."""

    date: date
    persons: tuple[Flow, ...]

    @property
    def moved(self) -> int:
        """Return how many persons have another stage by the changed rules."""
        return sum(one.persons for one in self.persons if one.from_stage != one.to_stage)


@dataclass(frozen=True, slots=True)
class StageDiff:
    """The change of one model: both versions of its rules, and the persons on each date."""

    model: str
    version_before: str
    version_after: str
    dates: tuple[DateDiff, ...]


def diff_stages(
    project: Project, engine: DuckDBEngine, build: Build, model: str, change: Change, dates: Sequence[date]
) -> StageDiff:
    """Return what a change of a model's rules would do on each date; the engine sees the build and may write.

    The rules are replayed over the build's facts in a schema that is dropped again; parameters that shape the facts
    themselves (what a positive review is) are not replayed.  Raises UserError `stages.same` when nothing that the
    model's rules mean changes, `stages.unknown`, `stages.dates`, and every problem of the changed rules.
    """
    for day in dates:
        check_model(engine, build, model, day)
    before, after = _versions(project, model, change)
    values = step_values(project.parameters, build.as_of, build.watermark, build.zone)
    steps = [step for step in house_steps() if step.name in _REPLAYED]
    with _scratch(engine):
        engine.catalog[_BEFORE] = engine.catalog["stage_span"]
        for name, rows in stage_rows([after]).items():
            engine.register(name, rows)
        for step in order_steps(steps, engine.tables - set(_REPLAYED)):
            engine.make(step, values)
        found = tuple(DateDiff(day, _compare(engine, model, day)) for day in sorted(set(dates)))
    return StageDiff(model, before.version, after.version, found)


def month_ends(as_of: date, months: int) -> list[date]:
    """Return the last so many month ends before a date, and the date."""
    ends, start = [as_of], period_start("month", as_of)
    for _ in range(months):
        ends.append(start - _DAY)
        start = period_start("month", start - _DAY)
    return sorted(set(ends))


def _versions(project: Project, model: str, change: Change) -> tuple[StageModel, StageModel]:
    workspace = project.workspace
    before = {one.name: one for one in open_stage_models(workspace, project.parameters)}[model]
    changed = replace(workspace, parameters={**workspace.parameters, **change.parameters})
    parameters, problems = load_parameters(changed)
    raise_if_errors(problems)
    if parameters is None:
        raise UserError(problems)
    after = _changed_model(project, model, change, parameters)
    if after.version == before.version:
        message = f"The rules of {model} mean the same as before."
        raise UserError(Problem("stages.same", message, "Change a rule, or a parameter that one of them names."))
    return before, after


def _changed_model(project: Project, model: str, change: Change, parameters: Parameters) -> StageModel:
    if change.rules is None:
        return {one.name: one for one in open_stage_models(project.workspace, parameters)}[model]
    found, problems = load_stage_model(change.rules, model, project.workspace, parameters)
    raise_if_errors(problems)
    if found is None:
        raise UserError(problems)
    return found


@contextmanager
def _scratch(engine: DuckDBEngine) -> Iterator[None]:
    catalog, schema = dict(engine.catalog), engine.schema
    engine.drop_schema(SCRATCH)
    engine.use_schema(SCRATCH)
    try:
        yield
    finally:
        engine.drop_schema(SCRATCH)
        engine.catalog, engine.schema = catalog, schema


def _compare(engine: DuckDBEngine, model: str, day: date) -> tuple[Flow, ...]:
    sides = []
    for table, side in ((_BEFORE, "before"), ("stage_span", "after")):
        where = t.all_of([t.col("model").eq(t.lit(model)), t.col("scope").eq(t.lit("brand")), *on_day(day)])
        stage = {
            name: t.col("stage") if name == side else t.cast(t.lit(None), "VARCHAR") for name in ("before", "after")
        }
        sides.append(t.select({"person_id": t.col("person_id"), **stage}, table, where=where))
    merged = {name: t.greatest_of(t.col(name)) for name in ("before", "after")}
    persons = t.select(merged, t.union_all(sides), group=[t.col("person_id")])
    counted = {"before": t.col("before"), "after": t.col("after"), "persons": t.count()}
    rows = engine.query(t.select(counted, persons, group=[t.col("before"), t.col("after")])).to_pylist()
    flows = [Flow(row["before"] or "none", row["after"] or "none", int(row["persons"])) for row in rows]
    return tuple(sorted(flows, key=lambda flow: (flow.from_stage, flow.to_stage)))
