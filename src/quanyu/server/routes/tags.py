"""Tags: which there are, what one says and how good it is, who held it on a day."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from quanyu.server.etags import TaggedRoute
from quanyu.server.guard import Asking, May, count_for
from quanyu.server.refs import ref_or_none
from quanyu.server.shapes import Day, Detail, Rows
from quanyu.services.tag_answers import list_tags, show_tag, tag_on

router = APIRouter(prefix="/tags", tags=["tags"], route_class=TaggedRoute)
Code = Annotated[str, Path(max_length=120)]
_COUNTS = ("persons", "persons_before", "changed_persons", "truth_persons")
_FROM_COUNTS = ("share", "coverage", "lift", "accuracy")


@router.get("", response_model=Rows)
def list_all(asking: May) -> Any:
    """List every group and tag of the build with its insight, in the order of the tree."""
    with asking.state.opened() as here:
        rows = list_tags(here.engine)
    told = [{**row, "insight": None if row["insight"] is None else _row(asking, row["insight"])} for row in rows]
    return {"build_id": here.build.build_id, "as_of": here.build.as_of, "rows": told}


@router.get("/{code}", response_model=Detail)
def show(asking: May, code: Code) -> Any:
    """Show one tag: definition with its place, coverage, values with references, drift, and who uses it."""
    with asking.state.opened() as here:
        told = show_tag(here.project, here.engine, code)
        day = here.build.as_of.isoformat()
    values = [
        {
            **_row(asking, dict(one)),
            "ref": ref_or_none("tag", here.build.build_id, {"code": code, "step": one["value"], "day": day}),
        }
        for one in told.values
    ]
    detail = {
        "definition": dict(told.definition),
        "path": told.tag.path,
        "features": told.tag.features,
        "needs": told.tag.needs,
        "place": told.place,
        "yaml": told.text,
        "used_by": told.used_by,
        "insight": _row(asking, dict(told.insight)),
        "values": values,
    }
    return {"build_id": here.build.build_id, "as_of": here.build.as_of, "detail": detail}


@router.get("/{code}/on", response_model=Detail)
def count_on(asking: May, code: Code, day: Day | None = None) -> Any:
    """Count who held each value of a tag on a day, as the builds said it; `values` null before any build knew it."""
    with asking.state.opened() as here:
        when = day or here.build.as_of
        told = tag_on(here.project, here.engine, here.build, code, when)
    values = None
    if told.values is not None:
        said = {"code": code, "day": when.isoformat()}
        values = [
            {
                "value": value,
                "persons": count_for(asking, persons),
                "ref": ref_or_none("tag", here.build.build_id, {**said, "value": value}),
            }
            for value, persons in told.values
        ]
    detail = {"code": code, "day": when, "since": told.since, "values": values}
    return {"build_id": here.build.build_id, "as_of": here.build.as_of, "detail": detail}


def _row(asking: Asking, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with counts; of a small group nothing that is computed from its count."""
    shown = {name: count_for(asking, row[name]) for name in _COUNTS if name in row}
    is_hidden = any(row[name] is not None and shown[name] is None for name in shown)
    told: dict[str, Any] = {**row, **shown}
    if is_hidden:
        told |= dict.fromkeys(name for name in _FROM_COUNTS if name in row)
    return told
