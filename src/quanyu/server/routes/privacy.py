"""Requests of persons about their data, words on consent, certificates of deletions."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field

from quanyu.errors import Problem, UserError
from quanyu.ids import PersonId, format_person_id
from quanyu.server.etags import TaggedRoute
from quanyu.server.guard import MayApprove
from quanyu.server.shapes import One, Said, Told
from quanyu.services import privacy as service
from quanyu.services.identity import find_asked
from quanyu.services.privacy_certificate import check_certificate
from quanyu.services.privacy_consent import say_consent
from quanyu.store import PrivacyRequest

router = APIRouter(prefix="/privacy", tags=["privacy"], route_class=TaggedRoute)
Number = Annotated[int, Path(ge=1, le=2**53)]
Text = Annotated[str, Field(min_length=1, max_length=400)]


class RequestAsked(Said):
    """What a person asks: kind, person id or identifier (type:value), who asked, how it was proved, whose law."""

    kind: Text
    who: Text
    asked_by: Text
    proof: Text
    law: Text = "PIPL"


class ReasonAsked(Said):
    """A reason that the person is told."""

    reason: Text


class WordAsked(Said):
    """A withdrawal: by whom, of which purposes (none: all), and where the person said so."""

    who: Text
    evidence: Text
    purposes: Annotated[list[Text], Field(max_length=20)] = Field(default_factory=list)


class RequestTold(Told):
    """A request; `person` is null once they were deleted, `days_left` below 0 is overdue."""

    request_id: int
    kind: str
    law: str
    state: str
    person: str | None
    asked_by: str
    identity_check: str
    received_at: datetime
    due_on: date
    days_left: int | None
    reason: str | None
    extended_reason: str | None
    answered_at: datetime | None
    answered_by: str | None


class RequestList(Told):
    """Requests, those due first at the head."""

    requests: list[RequestTold]


class WordsTold(Told):
    """Purposes on which consent was withdrawn, from when on."""

    purposes: list[str]
    at: datetime


@router.get("/requests", response_model=RequestList)
def list_requests(asking: MayApprove, state: str | None = None) -> Any:
    """List requests of persons, of one state if given: open, answered, refused, or overdue."""
    clocks = service.list_requests(asking.state.project, asking.state.store, state)
    return {"requests": [_told(one.request, one.days_left) for one in clocks]}


@router.post("/requests", response_model=RequestTold)
def open_request(asking: MayApprove, asked: RequestAsked) -> Any:
    """Record that a person asks something about their data; the law's clock runs from now on."""
    with asking.state.opened() as here:
        whom = find_asked(here.project, here.store, asked.who, asking.actor)
        person_id = service.living_person(here.store, here.engine, here.build, whom)
        wanted = service.Wanted(asked.kind, asked.asked_by, asked.proof, asked.law)
        return _told(service.open_request(here.project, here.store, whom, person_id, wanted), None)


@router.post("/requests/{number}/extend", response_model=RequestTold)
def extend_request(asking: MayApprove, number: Number, asked: ReasonAsked) -> Any:
    """Give a request of GDPR two months more, once."""
    return _told(service.extend_request(asking.state.store, number, asked.reason, asking.actor), None)


@router.post("/requests/{number}/answer", response_model=RequestTold)
def answer_request(asking: MayApprove, number: Number) -> Any:
    """Say that a request was answered; a deletion is answered by the deletion itself."""
    return _told(service.end_request(asking.state.store, number, asking.actor), None)


@router.post("/requests/{number}/refuse", response_model=RequestTold)
def refuse_request(asking: MayApprove, number: Number, asked: ReasonAsked) -> Any:
    """Refuse a request, with the reason that the law asks for."""
    ended = service.end_request(asking.state.store, number, asking.actor, refused_because=asked.reason)
    return _told(ended, None)


@router.get("/requests/{number}/certificate", response_model=One)
def show_certificate(asking: MayApprove, number: Number) -> Any:
    """Give the certificate of a deletion: every table and file, rows before and after."""
    folder = asking.state.project.workspace.folder("privacy")
    path = folder / f"certificate-{number:06d}.json"
    if not path.exists():
        message = f"Request {number} has no certificate."
        raise UserError(Problem("privacy.not_deleted", message, "Delete the person first: `quanyu privacy delete`."))
    return {"detail": check_certificate(path)}


@router.post("/withdrawals", response_model=WordsTold)
def withdraw(asking: MayApprove, asked: WordAsked) -> Any:
    """Record that a person withdraws consent; it holds for the very next audience, preview and export."""
    state = asking.state
    whom = find_asked(state.project, state.store, asked.who, asking.actor)
    words = say_consent(state.store, whom.identifier_id, asked.purposes, asking.actor, asked.evidence, granted=False)
    return {"purposes": [word.purpose for word in words], "at": words[0].recorded_at}


def _told(request: PrivacyRequest, days_left: int | None) -> dict[str, Any]:
    person = request.person_id
    return {
        "request_id": request.request_id,
        "kind": request.kind.value,
        "law": request.law.value,
        "state": request.state.value,
        "person": None if person is None else format_person_id(PersonId(person)),
        "asked_by": request.asked_by,
        "identity_check": request.identity_check,
        "received_at": request.received_at,
        "due_on": request.due_on,
        "days_left": days_left,
        "reason": request.reason,
        "extended_reason": request.extended_reason,
        "answered_at": request.answered_at,
        "answered_by": request.answered_by,
    }
