"""Segments: which there are, what a rule would give before it is saved, who is in one, rules as text and sentences."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path

from quanyu.definitions.segment_rule import RuleShape
from quanyu.ids import PersonId, format_person_id
from quanyu.segments.preview import Preview, Reason
from quanyu.server.etags import TaggedRoute
from quanyu.server.guard import Asking, May, MayOfScope, count_for, require_persons
from quanyu.server.paging import cursor_of, place_of
from quanyu.server.reach import find_reached
from quanyu.server.refs import ref_or_none
from quanyu.server.rules import rule_asked, rule_told
from quanyu.server.shapes import (
    Cursor,
    Day,
    Detail,
    One,
    Page,
    PeopleTold,
    PersonText,
    Row,
    Rows,
    RuleAsked,
    TextAsked,
)  # fmt: skip
from quanyu.server.state import Here
from quanyu.services import people
from quanyu.services.scope import bounds_of, count_members, persons_within
from quanyu.services.segment_language import ToldRule, tell_text
from quanyu.services.segments import (
    explain_member,
    find_segment,
    list_segments,
    open_segments,
    preview_rule,
    turnover,
)

router = APIRouter(prefix="/segments", tags=["segments"], route_class=TaggedRoute)
SegmentName = Annotated[str, Path(max_length=120)]


@router.get("", response_model=Rows)
def list_all(asking: MayOfScope) -> Any:
    """List the segments of the build, the largest first; `persons` null with `why_unknown`, or of a small group.

    Whoever reaches a part of the brand is told how many persons of that part are in each, without a reference.
    """
    with asking.state.opened() as here:
        rows = list_segments(here.engine)
        told = [_listed(asking, here, row) for row in (rows if asking.reaches_all else _of_scope(asking, here, rows))]
    return {"build_id": here.build.build_id, "as_of": here.build.as_of, "rows": told}


def _listed(asking: Asking, here: Here, row: Row) -> Row:
    said = {"segment": row["segment"], "day": here.build.as_of.isoformat()}
    ref = ref_or_none("segment", here.build.build_id, said) if asking.reaches_all else None
    return {**row, "persons": count_for(asking, row["persons"]), "ref": ref}


def _of_scope(asking: Asking, here: Here, rows: list[Row]) -> list[Row]:
    """Return the rows with the persons whom the caller reaches; what is not known stays so."""
    counts = count_members(here.engine, asking.caller.scope, here.build.as_of)
    own = [
        {**row, "persons": None if row["persons"] is None else counts.get(row["segment"], 0)} for row in rows
    ]
    return sorted(own, key=lambda row: (-(row["persons"] or 0), row["segment"]))


@router.get("/{name}", response_model=Detail)
def show(asking: MayOfScope, name: SegmentName) -> Any:
    """Show one segment: its rule, where it is defined, how many persons it has."""
    with asking.state.opened() as here:
        found = find_segment(open_segments(here.project.workspace), name)
        rows = [one for one in list_segments(here.engine) if one["segment"] == name]
        told = [_listed(asking, here, row) for row in (rows if asking.reaches_all else _of_scope(asking, here, rows))]
    label = found.value.label
    return _detail(
        here,
        {
            "segment": name,
            "day": here.build.as_of.isoformat(),
            "label": {"zh": label.zh, "en": label.en},
            "rule": rule_json(found.value.rule),
            "file": found.where.file,
            "line": found.where.line,
            "built_in": found.built_in,
            "persons": told[0]["persons"] if told else None,
            "ref": told[0]["ref"] if told else None,
        },
    )


@router.get("/{name}/members", response_model=PeopleTold)
def list_members(
    asking: MayOfScope, name: SegmentName, day: Day | None = None, limit: Page = 100, cursor: Cursor = None
) -> Any:
    """List the persons of a segment on a day, by ascending id."""
    require_persons(asking)
    with asking.state.opened_fresh() as here:
        when = day or here.build.as_of
        question = ["members", here.build.build_id, name, when, *bounds_of(asking.caller.scope)]
        persons = persons_within(asking.caller.scope, people.in_segment(here.project, name, when))
        found = people.page_of(here.engine, persons, place_of(question, cursor), limit)
    after = found.next_after
    return {
        "count": found.count,
        "persons": [_id(one) for one in found.persons],
        "next_cursor": None if after is None else cursor_of(question, after),
        "fresh_at": here.fresh_at,
    }


@router.get("/{name}/turnover", response_model=Detail)
def show_turnover(asking: May, name: SegmentName, start: Day, end: Day) -> Any:
    """Count who entered and left a segment after one day up to another."""
    with asking.state.opened() as here:
        find_segment(open_segments(here.project.workspace), name)
        told = asdict(turnover(here.engine, name, start, end))
    counts = {key: count_for(asking, value) for key, value in told.items() if key != "segment"}
    return _detail(here, {"segment": name, "start": start, "end": end, **counts})


@router.get("/{name}/persons/{person_id}", response_model=Detail)
def explain_one(asking: MayOfScope, name: SegmentName, person_id: Annotated[PersonText, Path()]) -> Any:
    """Tell each condition of a segment with whether it holds for a person, and when the person was in it."""
    require_persons(asking)
    with asking.state.opened_fresh() as here:
        whom = find_reached(asking, here, person_id)
        reasons, spans = explain_member(here.project, here.engine, here.build, name, whom.identifier_id)
        return _detail(here, {"segment": name, "reasons": [_reason(one) for one in reasons], "spans": spans})


@router.post("/preview", response_model=Detail)
def preview(asking: May, asked: RuleAsked) -> Any:
    """Tell what a rule gives: persons, each part alone and after the ones before it, worth, reach, overlaps."""
    with asking.state.opened() as here:
        rule = rule_asked(here.project, asked)
        sees = asking.sees_persons
        sample = asked.sample if sees else 0
        shown = preview_rule(here.project, here.engine, here.build, rule, may_see_persons=sees, sample=sample)
        said = {"rule": rule_json(rule), "ref": ref_or_none("rule", here.build.build_id, {"rule": rule_json(rule)})}
        if shown.is_hidden:
            return _detail(here, {**said, "persons": None, "hidden": True})
        return _detail(here, {**said, "hidden": False, **_previewed(shown.preview)})


@router.post("/parse", response_model=One)
def parse(asking: May, asked: TextAsked) -> Any:
    """Read a rule written as text: as YAML has it, as text again, as a sentence in both languages."""
    return {"detail": _rule_told(tell_text(asking.state.project.workspace.root, asked.text))}


@router.post("/say", response_model=One)
def say(asking: May, asked: RuleAsked) -> Any:
    """Say a rule as text and as a sentence in both languages."""
    project = asking.state.project
    return {"detail": _rule_told(rule_told(project, rule_json(rule_asked(project, asked))))}


def rule_json(rule: RuleShape) -> Row:
    """Return a rule with the keys of YAML; what it does not say is left out."""
    return rule.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _rule_told(told: ToldRule) -> dict[str, Any]:
    return {
        "rule": dict(told.rule),
        "text": told.text,
        "missing": told.missing,
        "zh": told.zh,
        "en": told.en,
        "problems": [one.as_dict() for one in told.problems],
    }


def _previewed(found: Preview) -> dict[str, Any]:
    sample = {_id(person): [_reason(one) for one in reasons] for person, reasons in (found.sample or {}).items()}
    return {
        "persons": found.persons,
        "everybody": found.everybody,
        "unknown": found.unknown,
        "parts": [{"rule": rule_json(one.rule), "alone": one.alone, "together": one.together} for one in found.parts],
        "net_365_fen": found.net_365_fen,
        "clv_fen": found.clv_fen,
        "reach": [asdict(one) for one in found.reach],
        "overlaps": [asdict(one) for one in found.overlaps],
        "sample": sample,
    }


def _reason(one: Reason) -> dict[str, Any]:
    return {"rule": rule_json(one.rule), "holds": one.holds, "rows": list(one.rows)}


def _detail(here: Here, detail: Row) -> dict[str, Any]:
    return {
        "build_id": here.build.build_id,
        "as_of": here.build.as_of,
        "fresh_at": here.fresh_at,
        "detail": detail,
    }


def _id(number: int) -> str:
    return format_person_id(PersonId(number))
