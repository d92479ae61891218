"""Segments of a workspace: made in a build, listed, previewed, explained for a person, compared between days."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from quanyu.config import Workspace
from quanyu.definitions.catalogue import Definition, load_catalogue
from quanyu.definitions.check import check_shape
from quanyu.definitions.event_types import load_event_types
from quanyu.definitions.segment import Segments, SegmentShape, all_lists, load_segments, rule_text
from quanyu.definitions.segment_rule import RuleShape, check_rule
from quanyu.definitions.strict_yaml import read_yaml
from quanyu.definitions.tag import TagShape
from quanyu.engine import DuckDBEngine, Made
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.engine.column_types import arrow_schema
from quanyu.errors import Problem, Severity, UserError, raise_if_errors
from quanyu.segments import Ground, unknown_in
from quanyu.segments.bits import Bits, bits_of
from quanyu.segments.ground import Caps
from quanyu.segments.membership import BEFORE, Known, make_members
from quanyu.segments.persons import PERSON
from quanyu.segments.preview import Preview, Reach, Reason, explain, preview
from quanyu.services.project import Project
from quanyu.services.segment_lists import ReadList, list_tables, lists_lent, read_list
from quanyu.store import Build, BuildStatus, Store
from quanyu.tables.segments import SEGMENT_DEF

RULE_FILES: Final = (".yaml", ".yml", ".json")
"""How the name of a file that holds a rule ends."""

_HISTORY: Final = "P.tag.history"
_SMALL: Final = "P.small_group"


@dataclass(frozen=True, slots=True)
class Shown:
    """A preview as a role may see it: `is_hidden` says that the group is too small to be counted for it.

    `lists` are those of files the rule reads, with what was matched; none for whom single persons are hidden.
    """

    preview: Preview
    is_hidden: bool
    lists: tuple[ReadList, ...] = ()


@dataclass(frozen=True, slots=True)
class Turnover:
    """Persons who entered and left a segment after one day up to another, and who was in it on both ends."""

    segment: str
    at_start: int
    entered: int
    left: int
    at_end: int


def open_segments(workspace: Workspace) -> Segments:
    """Return the segments of a workspace; raises UserError with every problem of their definitions."""
    segments, problems = load_segments(workspace)
    raise_if_errors(problems)
    if segments is None:
        raise UserError(problems)
    return segments


def find_segment(segments: Segments, name: str) -> Definition[SegmentShape]:
    """Return a segment by name; raises UserError `segment.unknown` with the nearest name."""
    found = segments.find(name)
    if isinstance(found, Problem):
        raise UserError(found)
    return found


def ground_of(engine: DuckDBEngine, build: Build, segments: Segments, caps: Caps | None = None) -> Ground:
    """Return what rules are asked of: the tables of a build, and the segments that rules may name."""
    return Ground(engine, build.as_of, build.zone, segments.rules, caps)


def caps_of(project: Project) -> Caps:
    """Return how many messages the workspace lets a person get."""
    return Caps(*(project.parameters.integer(f"P.fatigue.{window}") for window in ("day", "week")))


def read_rule_file(workspace: Workspace, segments: Segments, path: Path) -> RuleShape:
    """Return the rule of a YAML or JSON file, which holds a rule or a definition with `rule`.

    Raises UserError with every problem, each at its line.
    """
    document, problems = read_yaml(path, path.name)
    if document is None or problems:
        raise UserError(problems)
    is_whole = "rule" in document.data
    rule: RuleShape | None
    if is_whole:
        said, problems = check_shape(SegmentShape, document)
        rule = None if said is None else said.rule
    else:
        rule, problems = check_shape(RuleShape, document)
    if rule is None:
        raise UserError(problems)
    types, _ = load_event_types(workspace)
    tags, _ = load_catalogue("tags", TagShape, workspace)
    definition = _Unnamed(path.stem, rule, document, False)
    names = (tuple(types.by_name), tuple(tags.by_name), tuple(segments.rules))
    problems += check_rule(definition, rule, ("rule",) if is_whole else (), *names)
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise UserError(problems)
    return rule


class _Unnamed(Definition[Any]):
    """A definition that is the whole document, so its parts stand without its name before them."""

    def place(self, *path: Any) -> Any:
        """Return file and line of a part of it."""
        return self.document.where(*path)


def make_segments(project: Project, store: Store, engine: DuckDBEngine, build: Build) -> list[Made]:
    """Make `segment_member` and `segment_def` of a build; a segment without its data has no members and says why.

    Membership goes on from the published build of the latest date up to this one's.
    """
    segments = open_segments(project.workspace)
    lists = [engine.register(name, rows) for name, rows in list_tables(_readable(project, engine, segments)).items()]
    ground = ground_of(engine, build, segments)
    unknown = {one.name: unknown_in(ground, one.value.rule) for one in segments}
    before = _before(store, engine, build)
    versions = _versions(engine, before)
    bits = bits_of(ground)
    bits.learn(one.value.rule for one in segments if not unknown[one.name])
    known = {
        one.name: Known(
            None if unknown[one.name] else partial(_persons_of, bits, one.value.rule),
            segments.version(one.name),
            versions.get(one.name),
        )
        for one in segments
    }
    if before is not None:
        engine.catalog[BEFORE] = f"{before}.segment_member"
    try:
        made = make_members(engine, known, build.as_of, project.parameters.integer(_HISTORY))
    finally:
        engine.catalog.pop(BEFORE, None)
    counts = _counts(engine, build.as_of)
    rows = [_row(one, segments.version(one.name), counts, unknown[one.name]) for one in segments]
    return [*lists, made, engine.register("segment_def", pa.Table.from_pylist(rows, schema=arrow_schema(SEGMENT_DEF)))]


def _readable(project: Project, engine: DuckDBEngine, segments: Segments) -> Iterator[ReadList]:
    """Yield the lists of all segments; one that cannot be read makes its segments unknown, not the build fail."""
    said = {one.key: one for rule in segments.rules.values() for one in all_lists(rule, {})}
    for one in said.values():
        with suppress(UserError):
            yield read_list(project, engine, one)


def _persons_of(bits: Bits, rule: RuleShape) -> pa.Table:
    return bits.ids(bits.of(rule))


def _before(store: Store, engine: DuckDBEngine, build: Build) -> str | None:
    with store.reading() as work:
        known = [one for one in work.builds.find(BuildStatus.PUBLISHED) if one.dropped_at is None]
    wanted = {"segment_member", "segment_def"}
    fit = [one for one in known if one.as_of <= build.as_of and wanted <= engine.tables_in(one.schema_name)]
    last = max(fit, key=lambda one: (one.as_of, one.build_id), default=None)
    return None if last is None else last.schema_name


def _versions(engine: DuckDBEngine, schema: str | None) -> dict[str, str]:
    if schema is None:
        return {}
    name = "segment_def_before"
    engine.catalog[name] = f"{schema}.segment_def"
    try:
        rows = engine.query(t.select({"segment": t.col("segment"), "version": t.col("version")}, name)).to_pylist()
    finally:
        engine.catalog.pop(name)
    return {row["segment"]: row["version"] for row in rows}


def _counts(engine: DuckDBEngine, day: date) -> dict[str, int]:
    columns = {"segment": t.col("segment"), "persons": t.count()}
    rows = engine.query(t.select(columns, "segment_member", where=_held(day), group=[t.col("segment")])).to_pylist()
    return {row["segment"]: int(row["persons"]) for row in rows}


def _held(day: date) -> t.Tree:
    return t.all_of([t.col("from_date") <= t.lit(day), t.col("to_date") > t.lit(day)])


def _row(
    one: Definition[SegmentShape], version: str, counts: Mapping[str, int], unknown: Sequence[str]
) -> dict[str, Any]:
    said = one.value
    return {
        "segment": one.name,
        "name_zh": said.label.zh,
        "name_en": said.label.en,
        "description_zh": said.description.zh if said.description else None,
        "description_en": said.description.en if said.description else None,
        "rule": rule_text(said.rule),
        "version": version,
        "persons": None if unknown else counts.get(one.name, 0),
        "why_unknown": ", ".join(unknown) or None,
    }


def list_segments(engine: DuckDBEngine) -> list[dict[str, Any]]:
    """Return the segments of the published build, the largest first; `persons` null with `why_unknown`."""
    rows = engine.rows_of("segment_def").to_pylist()
    return sorted(rows, key=lambda row: (-(row["persons"] or 0), row["segment"]))


def preview_rule(
    project: Project, engine: DuckDBEngine, build: Build, rule: RuleShape, *, may_see_persons: bool, sample: int = 5
) -> Shown:
    """Return what a rule gives in the published build.

    Without the right to see persons there is no sample, and no group smaller than `P.small_group` is counted.
    """
    segments = open_segments(project.workspace)
    with lists_lent(project, engine, all_lists(rule, segments.rules)) as lists:
        found = preview(ground_of(engine, build, segments, caps_of(project)), engine, rule, sample)
    if may_see_persons:
        return Shown(found, is_hidden=False, lists=lists)
    least = project.parameters.integer(_SMALL)
    return Shown(_without_small(found, least), found.persons is not None and 0 < found.persons < least)


def _without_small(found: Preview, least: int) -> Preview:
    """Return a preview without persons, and without counts that would point at single ones."""

    def shown(count: int | None) -> int | None:
        return None if count is None or 0 < count < least else count

    return replace(
        found,
        parts=tuple(replace(one, alone=shown(one.alone), together=shown(one.together)) for one in found.parts),
        reach=tuple(
            Reach(one.means, *(shown(count) for count in (one.consented, one.reachable, one.sendable, one.uncapped)))
            for one in found.reach
        ),
        overlaps=tuple(one for one in found.overlaps if one.persons >= least),
        sample=None,
    )


def explain_member(
    project: Project, engine: DuckDBEngine, build: Build, name: str, person: int
) -> tuple[tuple[Reason, ...], list[dict[str, Any]]]:
    """Return each condition of a segment with whether it holds for a person, and the person's spans in the segment."""
    segments = open_segments(project.workspace)
    rule = find_segment(segments, name).value.rule
    where = t.all_of([t.col("segment").eq(t.lit(name)), t.col(PERSON).eq(t.lit(person))])
    names = ("from_date", "to_date", "entered_by", "left_by")
    columns = {one: t.col(one) for one in names}
    spans = engine.query(t.select(columns, "segment_member", where=where, order=[t.col("from_date")])).to_pylist()
    return explain(ground_of(engine, build, segments), engine, rule, person), spans


def members_of(engine: DuckDBEngine, name: str, day: date, limit: int) -> list[dict[str, Any]]:
    """Return persons in a segment on a day, in the order of their ids, with the day they entered and why."""
    where = t.all_of([t.col("segment").eq(t.lit(name)), _held(day)])
    columns = {one: t.col(one) for one in (PERSON, "from_date", "entered_by")}
    rows = t.select(columns, "segment_member", where=where, order=[t.col(PERSON)], limit=limit)
    return list(engine.query(rows).to_pylist())


def turnover(engine: DuckDBEngine, name: str, start: date, end: date) -> Turnover:
    """Return who entered and left a segment after `start` up to `end`, as the builds between found it."""
    on = {day: _persons_on(name, day) for day in (start, end)}
    both = q.join_rows(
        t.select({PERSON: t.col(PERSON, "old")}, on[start].copy(), alias="old"),
        on[end].copy(),
        "new",
        t.col(PERSON, "new").eq(t.col(PERSON, "old")),
    )
    counts = [
        int(engine.query(t.select({"rows": t.count()}, query)).to_pylist()[0]["rows"])
        for query in (on[start], on[end], both)
    ]
    at_start, at_end, stayed = counts
    return Turnover(name, at_start, at_end - stayed, at_start - stayed, at_end)


def _persons_on(name: str, day: date) -> t.Query:
    where = t.all_of([t.col("segment").eq(t.lit(name)), _held(day)])
    return t.select({PERSON: t.col(PERSON)}, "segment_member", where=where)
