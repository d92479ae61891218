"""Findings: what is worse than expected, the dearest first, and what to do about it."""

from collections.abc import Iterable
from typing import Any, Final

from fastapi import APIRouter

from quanyu.diagnosis import Baseline, tables_of
from quanyu.errors import Problem, UserError, Where
from quanyu.server.etags import TaggedRoute
from quanyu.server.guard import Asking, May, count_for
from quanyu.server.shapes import Detail, DiagnosisAsked, Listed, Row
from quanyu.services.diagnosis import ask, open_playbooks
from quanyu.services.explain import read_period
from quanyu.services.metrics import metric_context

router = APIRouter(tags=["diagnosis"], route_class=TaggedRoute)
TABLES: Final = ("diagnosis", "diagnosis_indicator", "finding", "finding_part", "recommendation", "audience_step")
_COUNTS: Final = ("before", "after", "persons")


@router.get("/diagnosis", response_model=Detail)
def show_diagnosis(asking: May) -> Any:
    """Tell the findings that the build keeps: every scenario, the last whole month."""
    with asking.state.opened() as here:
        found = {name: here.engine.rows_of(name).to_pylist() for name in TABLES if name in here.engine.tables}
    detail = {name: _shown(asking, rows) for name, rows in found.items()}
    return {"build_id": here.build.build_id, "as_of": here.build.as_of, "detail": detail}


@router.post("/diagnosis", response_model=Detail)
def diagnose(asking: May, asked: DiagnosisAsked) -> Any:
    """Make a diagnosis now, of a period and against a baseline; nothing is kept."""
    with asking.state.opened() as here:
        known, outcome = ask(
            here.project,
            here.engine,
            metric_context(here.store, here.build),
            scenario=asked.scenario,
            period=None if asked.period is None else read_period(asked.period, here.build.as_of),
            baseline=_baseline(asked.baseline),
            targets=asked.targets,
            asked_by=asking.actor,
        )
        tables = tables_of(known, outcome, here.project.parameters.version)
        detail = {name: _shown(asking, table.to_pylist()) for name, table in tables.items()}
    return {"build_id": here.build.build_id, "as_of": here.build.as_of, "detail": detail}


@router.get("/playbooks", response_model=Listed)
def list_playbooks(asking: May) -> Any:
    """List the playbooks: what each watches, and what it does."""
    found = open_playbooks(asking.state.project)
    return {"rows": [{"playbook": one.name, **one.value.model_dump(mode="json", by_alias=True)} for one in found]}


def _baseline(name: str | None) -> Baseline | None:
    if name is None:
        return None
    known = [one.value for one in Baseline]
    if name not in known:
        message = f"There are {', '.join(known)}."
        raise UserError(Problem("diagnosis.baseline", "No such baseline.", message, Where(field="baseline")))
    return Baseline(name)


def _shown(asking: Asking, rows: Iterable[Row]) -> list[Row]:
    return [
        {key: count_for(asking, value) if key in _COUNTS and isinstance(value, int) else value for key, value in
         row.items()}
        for row in rows
    ]  # fmt: skip
