"""Stage models: persons per stage on any day, and how they moved between two."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path

from quanyu.server.etags import TaggedRoute
from quanyu.server.guard import May, count_for
from quanyu.server.refs import ref_or_none
from quanyu.server.shapes import Day, FlowsTold, Rows, StagesTold
from quanyu.services.stage_answers import stages_on
from quanyu.services.stages import flow_between

router = APIRouter(prefix="/stages", tags=["stages"], route_class=TaggedRoute)
Model = Annotated[str, Path(max_length=80)]


@router.get("", response_model=Rows)
def list_models(asking: May) -> Any:
    """List the stages of every model."""
    with asking.state.opened() as here:
        rows = here.engine.rows_of("stage_def").to_pylist()
    return {"build_id": here.build.build_id, "as_of": here.build.as_of, "rows": rows}


@router.get("/{model}", response_model=StagesTold)
def count_stages(asking: May, model: Model, day: Day | None = None) -> Any:
    """Count the persons of each stage on a day up to the build's, without one on the build's."""
    with asking.state.opened() as here:
        when = day or here.build.as_of
        counts = stages_on(here.engine, here.build, model, when)
    said = {"model": model, "day": when.isoformat()}
    stages = [
        {
            "stage": one.stage,
            "zh": one.zh,
            "en": one.en,
            "persons": count_for(asking, one.persons),
            "ref": ref_or_none("stage", here.build.build_id, {**said, "stage": one.stage}),
        }
        for one in counts
    ]
    return {"model": model, "date": when, "build_id": here.build.build_id, "stages": stages}


@router.get("/{model}/flows", response_model=FlowsTold)
def tell_flows(asking: May, model: Model, start: Day, end: Day) -> Any:
    """Count who went from which stage to which between two days."""
    dates: tuple[date, date] = (start, end)
    with asking.state.scratch, asking.state.opened() as here:
        told = flow_between(here.project, here.engine, here.build, model, dates)
    flows = [
        {"from_stage": one.from_stage, "to_stage": one.to_stage, "persons": count_for(asking, one.persons)}
        for one in told.flows
    ]
    return {"model": model, "start": start, "end": end, "computed": told.computed, "flows": flows}
