"""What things mean: definitions with file and line, the tables, what every model needs, the builds."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from enum import StrEnum
from itertools import groupby
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Response

from quanyu.definitions.catalogue import Definition, text_of
from quanyu.errors import Problem, UserError, Where, did_you_mean
from quanyu.server.etags import TaggedRoute
from quanyu.server.guard import May, MayApprove, MayEdit
from quanyu.server.shapes import Detail, FilesAsked, Listed, One
from quanyu.services.check import check_workspace
from quanyu.services.definition_change import Plan, apply_change, plan_change
from quanyu.services.diagnosis import open_playbooks
from quanyu.services.metrics import find_metric, open_metrics
from quanyu.services.project import Project
from quanyu.services.readiness import maturity
from quanyu.services.segments import open_segments
from quanyu.services.tags import open_tags
from quanyu.tables import CONTRACTS, Table

router = APIRouter(tags=["definitions"], route_class=TaggedRoute)
Name = Annotated[str, Path(max_length=120)]
IfMatch = Annotated[str | None, Header(max_length=100, description="The ETag of the plan.")]
_IF_MATCH: Final = Where(field="If-Match")


class Kind(StrEnum):
    """A kind of definition."""

    METRIC = "metric"
    TAG = "tag"
    SEGMENT = "segment"
    PLAYBOOK = "playbook"


_OPENED: Final[Mapping[Kind, Callable[[Project], Iterable[Definition[Any]]]]] = {
    Kind.TAG: lambda project: open_tags(project.workspace).catalogue,
    Kind.SEGMENT: lambda project: open_segments(project.workspace),
    Kind.PLAYBOOK: open_playbooks,
}


@router.post("/definitions/plan", response_model=One)
def plan_definitions(asking: MayEdit, asked: FilesAsked, response: Response) -> Any:
    """Tell what a change of definition files would mean: names new, changed and gone, and the problems it brings.

    The answer's ETag stands for the plan; `apply` asks for it.
    """
    plan = plan_change(asking.state.project.workspace, asked.by_name)
    response.headers["ETag"] = f'"{plan.tag}"'
    return {"detail": _planned(plan)}


@router.post("/definitions/apply", response_model=One)
def apply_definitions(asking: MayApprove, asked: FilesAsked, if_match: IfMatch = None) -> Any:
    """Make a change that was planned, all files or none; the next build goes by it. What stood before is kept."""
    if if_match is None:
        message = "A change is made by the tag of its plan."
        raise UserError(Problem("definitions.unplanned", message, "Plan it, and send its ETag as If-Match.", _IF_MATCH))
    state = asking.state
    tag = if_match.strip().removeprefix("W/").strip('"')
    plan, kept = apply_change(state.project.workspace, state.store, asked.by_name, tag, asking.actor)
    return {"detail": {**_planned(plan), "kept": kept.name}}


@router.get("/definitions/{kind}", response_model=Listed)
def list_definitions(asking: May, kind: Kind) -> Any:
    """List the definitions of a kind with the place of each; the workspace's own are not `built_in`."""
    project = asking.state.project
    if kind is Kind.METRIC:
        return {"rows": [_row(one.name, one.where, one.built_in) for one in open_metrics(project)]}
    return {"rows": [_row(one.name, one.where, one.built_in) for one in _OPENED[kind](project)]}


@router.get("/definitions/{kind}/{name}", response_model=One)
def show_definition(asking: May, kind: Kind, name: Name) -> Any:
    """Show one definition as it is written, with file and line."""
    project = asking.state.project
    if kind is Kind.METRIC:
        known = open_metrics(project)
        find_metric(known, name)
        metric = known[name]
        return {"detail": {**_row(name, metric.where, metric.built_in), "yaml": metric.text}}
    found = {one.name: one for one in _OPENED[kind](project)}
    if name not in found:
        remedy = did_you_mean(name, tuple(found)) or "List them first."
        raise UserError(Problem("definition.unknown", f'No {kind.value} "{name[:60]}".', remedy))
    one = found[name]
    return {"detail": {**_row(name, one.where, one.built_in), "yaml": text_of(one, project.workspace)}}


@router.get("/check", response_model=Listed)
def check(asking: May) -> Any:
    """Check every definition of the workspace as it stands in its files now; an empty list: all are well."""
    return {"rows": [one.as_dict() for one in check_workspace(asking.state.project.workspace.root)]}


@router.get("/readiness", response_model=Detail)
def show_readiness(asking: May) -> Any:
    """Tell for each model which data it needs, which are missing here and what to connect; and where to begin."""
    with asking.state.opened() as here:
        rows = sorted(here.engine.rows_of("readiness").to_pylist(), key=lambda row: (row["model"], row["need_no"]))
        advice = maturity(here.project, here.engine, here.build.as_of)
    models = [
        {"model": name, "needs": needs, "is_computable": all(one["is_met"] for one in needs if one["is_required"])}
        for name, found in groupby(rows, key=lambda row: row["model"])
        for needs in [list(found)]
    ]
    detail = {"advice": advice.advice, "capital": advice.capital, "pool": advice.pool, "models": models}
    return {"build_id": here.build.build_id, "as_of": here.build.as_of, "detail": detail}


@router.get("/tables", response_model=Listed)
def list_tables(asking: May) -> Any:
    """List the data dictionary: every table with what one row is."""
    return {"rows": [_table(one) for one in CONTRACTS]}


@router.get("/tables/{name}", response_model=One)
def show_table(asking: May, name: Name) -> Any:
    """Show one table with its columns: type, unit, privacy class, names in both languages."""
    if name not in CONTRACTS:
        remedy = did_you_mean(name, CONTRACTS.names) or "List them first."
        raise UserError(Problem("table.unknown", f'Table "{name[:60]}" does not exist.', remedy))
    columns = [
        {
            "name": one.name,
            "type": one.type.value,
            "zh": one.zh,
            "en": one.en,
            "null": one.null,
            "unit": one.unit or None,
            "values": one.values or None,
            "references": one.references or None,
            "privacy": one.privacy.value,
        }
        for one in CONTRACTS[name].columns
    ]
    return {"detail": {**_table(CONTRACTS[name]), "columns": columns}}


@router.get("/build", response_model=One)
def show_build(asking: May) -> Any:
    """Tell which build answers now: its date, watermark, zone, when it was made, versions of its definitions."""
    with asking.state.opened() as here:
        build = here.build
    names = ("build_id", "as_of", "watermark", "zone", "currency", "engine", "parameter_version", "finished_at")
    return {"detail": {name: getattr(build, name) for name in names}}


def _planned(plan: Plan) -> dict[str, Any]:
    return {
        "changes": [asdict(one) for one in plan.changes],
        "problems": [one.as_dict() for one in plan.problems],
        "can_be_made": plan.can_be_made,
        "tag": plan.tag,
    }


def _row(name: str, where: Any, built_in: bool) -> dict[str, Any]:
    return {"name": name, "file": where.file, "line": where.line, "built_in": built_in}


def _table(table: Table) -> dict[str, Any]:
    names = ("name", "grain", "key", "stage", "zh", "en")
    return {name: getattr(table, name) for name in names}
