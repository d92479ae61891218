"""The history of a number and the people behind it, from the reference that stood beside it."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query

from quanyu.engine import tree as t
from quanyu.errors import Problem, UserError, Where
from quanyu.ids import PersonId, format_person_id
from quanyu.metrics import CellAddress, Explanation, explain
from quanyu.server.etags import TaggedRoute
from quanyu.server.guard import Asking, May, count_for, require_persons
from quanyu.server.paging import ROWS, cursor_of, place_of
from quanyu.server.refs import LONGEST, Ref, read_ref
from quanyu.server.rules import rule_said
from quanyu.server.shapes import Cursor, Explained, Page, PeopleTold
from quanyu.server.state import Here
from quanyu.services import people
from quanyu.services.behaviour import QUESTIONS, ask
from quanyu.services.explain import explain_table
from quanyu.services.metrics import metric_context, open_metrics, read_query

router = APIRouter(prefix="/refs", tags=["refs"], route_class=TaggedRoute)

RefText = Annotated[str, Path(max_length=LONGEST, description="`ref` of a number.")]
_SHOWN: Final = 20
_TABLES: Final = {"stage": "stage_span", "tag": "person_tag", "segment": "segment_member", "behaviour": "event_fact"}


@router.get("/{ref}/explain", response_model=Explained)
def explain_ref(asking: May, ref: RefText) -> Any:
    """Tell how a number came to be: definition, SQL, tables with their build times, persons and source rows."""
    said = read_ref(ref)
    with asking.state.opened(said.build_id) as here:
        head = {"kind": said.kind, "build_id": said.build_id, "as_of": here.build.as_of, "said": said.said}
        if said.kind == "figure":
            told = _figure(here, said, _SHOWN if asking.sees_persons else 0)
            history = _shown(told, asking)
            return {**head, "value": history["value"], "history": history}
        stories = explain_table(here.store, here.engine, here.build, _TABLES.get(said.kind, "person"))
        value = None
        if said.kind != "behaviour":
            value = count_for(asking, people.page_of(here.engine, _persons(here, said), 0, 1).count)
    tables = [
        {
            "table": one.name,
            "grain": one.grain,
            "made_by": one.made_by,
            "rows": one.rows,
            "built_at": one.built_at,
            "reads": one.reads,
            "sql": one.sql,
        }
        for one in stories
    ]
    return {**head, "value": value, "history": {"tables": tables}}


@router.get("/{ref}/people", response_model=PeopleTold)
def people_of_ref(
    asking: May,
    ref: RefText,
    limit: Page = 100,
    cursor: Cursor = None,
    part: Annotated[int, Query(ge=0, le=1, description="Of a ratio: 0 numerator, 1 denominator.")] = 0,
    cell: Annotated[str | None, Query(max_length=200, description="Of behaviour: which cell.")] = None,
) -> Any:
    """List the persons behind a number, by ascending id; as many as the number says when it counts persons."""
    require_persons(asking)
    said = read_ref(ref)
    question = [ref, part, cell]
    place = place_of(question, cursor)
    with asking.state.opened(said.build_id) as here:
        if said.kind == "figure":
            return _figure_people(here, said, part, limit, (question, place))
        if said.kind == "behaviour":
            return _behaviour_people(here, said, cell, limit, (question, place))
        found = people.page_of(here.engine, _persons(here, said), place, limit)
    after = found.next_after
    return {
        "count": found.count,
        "persons": [_id(one) for one in found.persons],
        "next_cursor": None if after is None else cursor_of(question, after),
    }


def _figure(here: Here, ref: Ref, shown: int) -> Explanation:
    said = ref.said
    query, start, dimensions = _parts(said, "query", "start", "dimensions")
    address = CellAddress(str(query["metrics"][0]), date.fromisoformat(start), dimensions)
    context = metric_context(here.store, here.build)
    return explain(here.engine, open_metrics(here.project), read_query(query), address, context, shown=shown)


def _parts(said: Mapping[str, Any], *names: str) -> tuple[Any, ...]:
    """Return parts of a reference, each of its kind: anybody can pack one, so nothing in it is trusted."""
    if not all(name in said and _PARTS[name](said[name]) for name in names):
        raise UserError(Problem("ref.malformed", "The reference lacks a part.", "Take it as it was given."))
    return tuple(said[name] for name in names)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_query(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("metrics"), list) and len(value["metrics"]) == 1


def _is_split(value: object) -> bool:
    return isinstance(value, dict) and all(one is None or isinstance(one, str) for one in value.values())


_PARTS: Final[Mapping[str, Callable[[object], bool]]] = {
    **dict.fromkeys(("model", "stage", "code", "value", "step", "segment"), _is_text),
    **dict.fromkeys(("day", "start"), _is_day),
    **dict.fromkeys(("rule", "said"), lambda value: isinstance(value, dict)),
    "query": _is_query,
    "dimensions": _is_split,
    "question": lambda value: value in tuple(QUESTIONS),
}


def _shown(told: Explanation, asking: Asking) -> dict[str, Any]:
    """Return an explanation as the caller may see it: ids written, and of small groups neither counts nor value."""
    said = told.as_dict()
    for part in said["parts"]:
        persons = part["persons"]
        if persons is None:
            continue
        if count_for(asking, persons["count"]) is None:
            for name in ("value", "numerator", "denominator"):
                said[name] = None
            part |= {"value": None, "persons": None, "rows": None, "agrees": None}
            continue
        persons["shown"] = [_id(row["person_id"]) for row in persons["shown"]]
        if not asking.sees_persons and part["rows"] is not None:
            part["rows"]["shown"] = []
    return said


def _figure_people(here: Here, ref: Ref, part: int, limit: int, at: tuple[Any, int]) -> dict[str, Any]:
    question, place = at
    told = _figure(here, ref, min(place, ROWS) + limit)
    listing = told.parts[min(part, len(told.parts) - 1)].persons
    if listing is None:
        message = "This number is not made of persons that are known one by one."
        raise UserError(Problem("ref.no_people", message, "Ask how it came to be instead.", Where(field="ref")))
    shown = [_id(row["person_id"]) for row in listing.shown[place:]]
    after = place + len(shown)
    return {
        "count": listing.count,
        "persons": shown,
        "next_cursor": cursor_of(question, after) if after < listing.count else None,
    }


def _behaviour_people(here: Here, ref: Ref, cell: str | None, limit: int, at: tuple[Any, int]) -> dict[str, Any]:
    question, place = at
    if cell is None:
        raise UserError(Problem("behaviour.cell", "Say which cell.", "Give ?cell=.", Where(field="cell")))
    kind, said = _parts(ref.said, "question", "said")
    found = ask(here.project, here.engine, here.build, kind, said).people(cell)
    after = place + limit
    return {
        "count": found.count,
        "persons": [_id(one) for one in found.persons[place:after]],
        "visitors": len(found.visitors),
        "next_cursor": cursor_of(question, after) if after < len(found.persons) else None,
    }


def _persons(here: Here, ref: Ref) -> t.Query:
    return _FINDERS[ref.kind](here, ref.said)


def _stage(here: Here, said: Mapping[str, Any]) -> t.Query:
    model, stage, day = _parts(said, "model", "stage", "day")
    return people.in_stage(here.engine, here.build, model, stage, date.fromisoformat(day))


def _tag(here: Here, said: Mapping[str, Any]) -> t.Query:
    if "step" in said:
        code, step, day = _parts(said, "code", "step", "day")
        return people.at_step(here.project, code, step, date.fromisoformat(day))
    code, value, day = _parts(said, "code", "value", "day")
    return people.with_tag(here.project, code, value, date.fromisoformat(day))


def _segment(here: Here, said: Mapping[str, Any]) -> t.Query:
    name, day = _parts(said, "segment", "day")
    return people.in_segment(here.project, name, date.fromisoformat(day))


def _rule(here: Here, said: Mapping[str, Any]) -> t.Query:
    (rule,) = _parts(said, "rule")
    return people.of_rule(here.project, here.engine, here.build, rule_said(here.project, rule))


_FINDERS: Final[Mapping[str, Callable[[Here, Mapping[str, Any]], t.Query]]] = {
    "stage": _stage,
    "tag": _tag,
    "segment": _segment,
    "rule": _rule,
}


def _id(number: int) -> str:
    return format_person_id(PersonId(number))
