"""Persons: found by an identifier, everything about one with masks, why they are one person."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query

from quanyu.errors import Problem, UserError, Where
from quanyu.exports.fields import OPEN
from quanyu.identity.explain import Explanation
from quanyu.ids import PersonId, format_person_id
from quanyu.server.etags import TaggedRoute
from quanyu.server.guard import Asking, MayOfScope, require_persons
from quanyu.server.reach import NOBODY, find_reached
from quanyu.server.shapes import Day, Detail, IdentifierAsked, PersonText
from quanyu.server.state import Here
from quanyu.services.exports import PURPOSES
from quanyu.services.identity import Asked, explain_person
from quanyu.services.permissions import Permission
from quanyu.services.person_page import DAYS, Known, Page, Shown, person_page
from quanyu.services.stage_answers import explain_stage
from quanyu.services.tag_answers import tags_of
from quanyu.store import AuditEntry
from quanyu.tables import Privacy

router = APIRouter(prefix="/persons", tags=["persons"], route_class=TaggedRoute)
PersonId_ = Annotated[PersonText, Path()]
Purpose = Annotated[str | None, Header(alias="X-Purpose", max_length=40, description="What for; opens what is masked.")]


@router.post("/search", response_model=Detail)
def search(asking: MayOfScope, asked: IdentifierAsked) -> Any:
    """Find the person of an identifier; the value is hashed and forgotten, the search audited."""
    require_persons(asking)
    with asking.state.opened_fresh() as here:
        whom = find_reached(asking, here, asked.identifier)
        return _detail(here, {"person_id": _id(_known(here, whom))})


@router.get("/{person_id}", response_model=Detail)
def show_person(
    asking: MayOfScope,
    person_id: PersonId_,
    until: Day | None = None,
    days: Annotated[int, Query(ge=1, le=3660)] = DAYS,
    purpose: Purpose = None,
) -> Any:
    """Show everything about one person; personal fields are `*` unless the caller may unmask and says what for."""
    require_persons(asking)
    classes = _classes(asking, purpose)
    with asking.state.opened_fresh() as here:
        asked = find_reached(asking, here, person_id)
        page = person_page(asking.place(here), asked, Shown(classes, until, days))
        if purpose is not None:
            _audit(here, asking, page.person_id, purpose, classes)
        return _detail(here, _told(page))


@router.get("/{person_id}/explain", response_model=Detail)
def explain_one(asking: MayOfScope, person_id: PersonId_) -> Any:
    """Tell why a person is one person: identifiers, the evidence that joined them, what was refused, decisions."""
    require_persons(asking)
    with asking.state.opened_fresh() as here:
        asked = find_reached(asking, here, person_id)
        return _detail(here, explained(explain_person(here.store, here.engine, asked, here.build)))


@router.get("/{person_id}/tags", response_model=Detail)
def show_tags(asking: MayOfScope, person_id: PersonId_, day: Day | None = None) -> Any:
    """List the tags a person held on a day; the value of a sensitive one is hidden."""
    require_persons(asking)
    with asking.state.opened_fresh() as here:
        asked = find_reached(asking, here, person_id)
        when = day or here.build.as_of
        person = _known(here, asked)
        rows = tags_of(here.engine, here.build, person, when)
        kept = ("tag_code", "value", "number", "from_date", "source")
        return _detail(here, {"person_id": _id(person), "day": when, "tags": [_kept(row, kept) for row in rows]})


@router.get("/{person_id}/stages", response_model=Detail)
def show_stages(
    asking: MayOfScope,
    person_id: PersonId_,
    model: Annotated[str | None, Query(max_length=80)] = None,
    day: Day | None = None,
) -> Any:
    """Tell which stage a person has on a day, of one model or all, and why."""
    require_persons(asking)
    with asking.state.opened_fresh() as here:
        asked = find_reached(asking, here, person_id)
        person, when = _known(here, asked), day or here.build.as_of
        told = explain_stage(here.engine, here.build, person, model, when)
        return _detail(here, {"person_id": _id(person), "day": when, "stages": [asdict(one) for one in told]})


def explained(told: Explanation) -> dict[str, Any]:
    """Return an explanation of a person as JSON-ready values; of an identifier only the end of its hash."""
    names = ("id_type", "namespace", "hash_end", "rule", "inert_reason", "first_seen_at")
    return {
        "person_id": None if told.person_id is None else _id(told.person_id),
        "identifiers": [
            {
                "identifier_id": _id(one.identifier_id),
                **{name: getattr(one, name) for name in names},
                "chain": [_written(asdict(proof)) for proof in told.chains.get(one.identifier_id, ())],
            }
            for one in told.identifiers
        ],
        "refused": [_written(asdict(one)) for one in told.refused],
        "near": [_id(one) for one in told.near],
        "decisions": [one.decision_id for one in told.decisions],
    }


def _written(row: Mapping[str, Any]) -> dict[str, Any]:
    ends = ("identifier_a", "identifier_b")
    return {name: _id(value) if name in ends else value for name, value in row.items()}


def _known(here: Here, asked: Asked) -> int:
    found = explain_person(here.store, here.engine, asked, here.build).person_id
    if found is None:
        raise UserError(NOBODY)
    return found


def _classes(asking: Asking, purpose: str | None) -> frozenset[Privacy]:
    """Return the classes of personal data that are opened: none without the right, none without a purpose."""
    if purpose is None:
        return frozenset()
    if purpose not in PURPOSES:
        remedy = f"There are {', '.join(PURPOSES)}."
        raise UserError(Problem("person.purpose", "There is no such purpose.", remedy, Where(field="X-Purpose")))
    if not asking.caller.may(Permission.UNMASK):
        message = "To see personal fields needs the permission unmask."
        raise UserError(Problem("access.denied", message, "Leave X-Purpose out to see the page masked."))
    return frozenset(Privacy) - OPEN


def _audit(here: Here, asking: Asking, person: int, purpose: str, classes: frozenset[Privacy]) -> None:
    detail = {"person": _id(person), "classes": sorted(one.value for one in classes)}
    with here.store.transaction() as work:
        work.audit.add(AuditEntry(asking.actor, "person.unmask", "person", 1, purpose, detail))


def _told(page: Page) -> dict[str, Any]:
    return {
        "person_id": _id(page.person_id),
        "merged_from": None if page.merged_from is None else _id(page.merged_from),
        **{block.value: [_field(one) for one in known] for block, known in page.blocks.items()},
        "value": dict(page.value),
        "models": [asdict(one) for one in page.stages],
        "consents": [asdict(one) for one in page.consents],
        "reach": [asdict(one) for one in page.reach],
        "timeline": asdict(page.timeline),
        "identity": explained(page.identity)["identifiers"],
        "completeness": page.completeness,
        "unknown": dict(page.unknown),
    }


def _field(one: Known) -> dict[str, Any]:
    names = ("name", "zh", "en", "unit")
    return {**{name: getattr(one.field, name) for name in names}, "value": one.value, "masked": one.is_masked}


def _kept(row: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _detail(here: Here, detail: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "build_id": here.build.build_id,
        "as_of": here.build.as_of,
        "fresh_at": here.fresh_at,
        "detail": detail,
    }


def _id(number: int) -> str:
    return format_person_id(PersonId(number))
