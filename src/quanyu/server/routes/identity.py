"""Who is one person: how well persons are known, and decisions that join, part and take back."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from quanyu.ids import PersonId, format_person_id
from quanyu.server.etags import TaggedRoute
from quanyu.server.guard import Asking, May, MayApprove, require_persons
from quanyu.server.shapes import Decided, Detail, Listed, TwoAsked
from quanyu.server.state import Here
from quanyu.services import identity as service

router = APIRouter(prefix="/identity", tags=["identity"], route_class=TaggedRoute)


@router.get("/coverage", response_model=Detail)
def show_coverage(asking: May) -> Any:
    """Tell how well persons are known: identified behaviour, suspected duplicates, matches between types."""
    with asking.state.opened() as here:
        told = service.coverage(here.engine, here.build)
    return {"build_id": here.build.build_id, "as_of": here.build.as_of, "detail": told}


@router.get("/decisions", response_model=Listed)
def list_decisions(asking: May) -> Any:
    """List every decision about identities, undone ones too."""
    require_persons(asking)
    rows = [
        {
            "decision_id": one.decision_id,
            "kind": one.kind.value,
            "about": [format_person_id(PersonId(each)) for each in one.identifiers],
            "actor": one.actor,
            "reason": one.reason,
            "decided_at": one.decided_at,
            "undone_at": one.undone_at,
        }
        for one in service.list_decisions(asking.state.store)
    ]
    return {"rows": rows}


@router.post("/merge", response_model=Decided)
def merge(asking: MayApprove, asked: TwoAsked) -> Any:
    """Decide that two persons are one; it holds from the next build on and can be undone."""
    with asking.state.opened() as here:
        sides = _sides(asking, here, asked)
        return {"decision_id": service.merge(here.store, here.engine, here.build, sides, asked.reason)}


@router.post("/unmerge", response_model=Decided)
def unmerge(asking: MayApprove, asked: TwoAsked) -> Any:
    """Decide that two identifiers are never one person; it holds from the next build on and can be undone."""
    with asking.state.opened() as here:
        sides = _sides(asking, here, asked)
        return {"decision_id": service.unmerge(here.store, here.engine, sides, asked.reason)}


@router.post("/decisions/{decision_id}/undo", response_model=Decided)
def undo(asking: MayApprove, decision_id: Annotated[int, Path(ge=1, le=2**53)]) -> Any:
    """Take a decision back from the next build on."""
    service.undo(asking.state.store, decision_id, asking.actor)
    return {"decision_id": decision_id}


def _sides(asking: Asking, here: Here, asked: TwoAsked) -> tuple[service.Asked, service.Asked]:
    require_persons(asking)
    one = service.find_asked(here.project, here.store, asked.one, asking.actor)
    return one, service.find_asked(here.project, here.store, asked.other, asking.actor)
