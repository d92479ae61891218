"""The persons behind a count, a page at a time: of a stage, a value of a tag, a segment, a rule, on any built day."""

from dataclasses import dataclass
from datetime import date

from quanyu.definitions.segment_rule import RuleShape
from quanyu.engine import DuckDBEngine
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.errors import Problem, UserError
from quanyu.segments import condition_of, persons_tree, unknown_in
from quanyu.segments.persons import PERSON
from quanyu.services.project import Project
from quanyu.services.segments import find_segment, ground_of, open_segments
from quanyu.services.stage_answers import check_model, on_day
from quanyu.services.tag_answers import find_tag, held_on
from quanyu.store import Build
from quanyu.tags.insight import step_tree


@dataclass(frozen=True, slots=True)
class People:
    """How many persons there are, and the ids of one page in ascending order; `next_after` is None on the last."""

    count: int
    persons: tuple[int, ...]
    next_after: int | None


def in_stage(engine: DuckDBEngine, build: Build, model: str, stage: str, day: date) -> t.Query:
    """Return the persons of a stage on a day, one row each; raises UserError `stages.unknown`, `stages.dates`."""
    check_model(engine, build, model, day)
    named = [t.col(name).eq(t.lit(value)) for name, value in (("model", model), ("stage", stage), ("scope", "brand"))]
    return _persons("stage_span", [*named, *on_day(day)])


def with_tag(project: Project, code: str, value: str, day: date) -> t.Query:
    """Return the persons who held a value of a tag on a day; raises UserError `tag.unknown`, `tag.group`."""
    find_tag(project, code)
    named = [t.col("tag_code").eq(t.lit(code)), t.col("value").eq(t.lit(value))]
    return _persons("person_tag", [*named, *held_on(day)])


def at_step(project: Project, code: str, step: str, day: date) -> t.Query:
    """Return the persons whom `tag_value` counts under a value: of numbers a step, of dates a month; as `with_tag`."""
    _, tag = find_tag(project, code)
    value = step_tree(str(tag.shape.type))
    named = [t.col("tag_code").eq(t.lit(code)), t.cast(value, "VARCHAR").eq(t.lit(step))]
    return _persons("person_tag", [*named, *held_on(day)])


def in_segment(project: Project, name: str, day: date) -> t.Query:
    """Return the persons of a segment on a day; raises UserError `segment.unknown`."""
    find_segment(open_segments(project.workspace), name)
    return _persons("segment_member", [t.col("segment").eq(t.lit(name)), *held_on(day)])


def of_rule(project: Project, engine: DuckDBEngine, build: Build, rule: RuleShape) -> t.Query:
    """Return the persons for whom a rule holds; raises UserError `segment.not_built` when data for it are missing."""
    ground = ground_of(engine, build, open_segments(project.workspace))
    missing = unknown_in(ground, rule)
    if missing:
        message = f"The rule asks for what the build does not know: {', '.join(missing)}."
        raise UserError(Problem("segment.not_built", message, "Connect it; readiness says how."))
    return persons_tree([condition_of(ground, rule)])


def page_of(engine: DuckDBEngine, persons: t.Query, after: int, limit: int) -> People:
    """Return one page of a query that gives `person_id` once per person: up to `limit` above the id `after`."""
    every = engine.query(t.select({"persons": t.count()}, persons.copy())).to_pylist()[0]["persons"]
    later = t.col(PERSON) > t.lit(after)
    listed = t.select({PERSON: t.col(PERSON)}, persons, where=later, order=[t.col(PERSON)], limit=limit + 1)
    found = [int(row[PERSON]) for row in engine.query(listed).to_pylist()]
    shown = tuple(found[:limit])
    return People(int(every), shown, shown[-1] if len(found) > limit else None)


def _persons(table: str, where: list[t.Tree]) -> t.Query:
    return q.distinct_rows(t.select({PERSON: t.col(PERSON)}, table, where=t.all_of(where)))
