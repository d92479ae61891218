"""Between two builds: whom new rows touch is computed again, with tags and segments, and laid over the published build.

What a person's rows say follows at once; what the rows of everybody together say (cuts of RFM and life cycle, tiers of
value, what shares brought, risk, metrics) stays as the build found it until the next build.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from quanyu.clock import now
from quanyu.config import Workspace
from quanyu.engine import DuckDBEngine, Step, order_steps
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.facts.current import landing_tables, repeating_tables
from quanyu.identity.ledger import moved_persons
from quanyu.refresh.inputs import make_extract, make_inputs
from quanyu.refresh.overlay import (
    NEXT,
    NOW,
    State,
    attach_overlay,
    lay_overlay,
    owner_of,
    publish,
    read_state,
    write_state,
)
from quanyu.refresh.touched import IDENTIFIER, OF_ORDERS, PERSON, Span, mark_touched, tables_with_new_rows
from quanyu.segments import Ground
from quanyu.segments.membership import BEFORE as MEMBERS_BEFORE
from quanyu.segments.membership import Known, make_members
from quanyu.segments.persons import persons_tree
from quanyu.segments.rule import condition_of
from quanyu.services.build import LANDING, attach_build, definition_hashes, house_steps, newest_date
from quanyu.services.identity import update_persons
from quanyu.services.parameters import step_values
from quanyu.services.project import Project
from quanyu.services.segments import open_segments
from quanyu.services.tags import HISTORY_DAYS, open_tags
from quanyu.store import Build, Store
from quanyu.tables import CONTRACTS, Table
from quanyu.tags.history import BEFORE as TAGS_BEFORE
from quanyu.tags.history import make_person_tags

MOST_SHARE: Final = 0.2
"""Beyond this share of all persons touched at once, a build is asked for: it costs less than so many by themselves."""

FEW: Final = 20_000
"""So many persons cost little more than one, whatever their share."""

_CODES: Final = "tag_code_of_build"
_KEPT: Final = ("person_tag", "segment_member")
_PERSONS: Final = ("person_id", "sharer_person_id")


@dataclass(frozen=True, slots=True)
class Refresh:
    """What a refresh did: how many persons it computed again, up to which batch, for which build.

    `why_not` says, in codes, why only a new build brings the rest: `date` (rows of a later business date came),
    `knowledge` (the first rows of a table), `definitions`, `withdrawn`, `many`; then nothing was computed.
    """

    build_id: int
    watermark: int
    persons: int
    why_not: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fresh:
    """A published build to read with its overlay; `state` is None when nothing was refreshed since."""

    build: Build
    state: State | None


def attach_fresh(store: Store, engine: DuckDBEngine) -> Fresh:
    """Point the engine's catalogue at the newest published build with its overlay; raises UserError `build.none`."""
    build = attach_build(store, engine)
    return Fresh(build, attach_overlay(engine, build.build_id))


class Refresher:
    """Brings persons up to date, again and again: what it wrote for one build it runs again as it stands.

    Only for one thread; the warehouse may be opened anew between two refreshes.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._prepared: _Prepared | None = None
        self._looked_at: _Seen | None = None

    def refresh(self, store: Store, engine: DuckDBEngine, persons: Sequence[int] = ()) -> Refresh:
        """Bring the persons that rows since the last refresh or build touch up to date; only under the run lease.

        Those of `persons` are computed again whether anything touched them or not.

        Afterwards the overlay shows of every touched person what a full build of the same date would (a property test),
        given what only a build finds out.  Costs by the persons touched and a scan of some columns of the landing
        tables.  Raises UserError `build.none` when there is no build to refresh.
        """
        project = self._project
        build = attach_build(store, engine)
        state = read_state(engine)
        with store.reading() as work:
            until = work.segments.watermark()
        if state is None or state.build_id != build.build_id:
            state = State(build.build_id, build.watermark, now().replace(tzinfo=None))
            lay_overlay(engine, _published(engine), state)
        # Of a build that is new to it the statements are written even for nobody, before somebody waits for them.
        is_ready = self._prepared is not None and self._prepared.key[0] == build.build_id
        if until <= state.watermark and not persons and is_ready:
            return Refresh(build.build_id, state.watermark, 0)
        span = Span(state.watermark, until)
        repeating = repeating_tables(engine, LANDING, until)
        why_not = tuple(self._why_not(store, engine, build, span))
        if not why_not:
            touched = _mark(project, store, engine, span, persons)
            if touched > max(FEW, MOST_SHARE * _count(engine, "person_fact")):
                why_not = ("many",)
        if why_not:
            return Refresh(build.build_id, state.watermark, 0, why_not)
        key = (build.build_id, tuple(table.name for table in _personal(_landed(engine))), repeating)
        at = State(build.build_id, until, now().replace(tzinfo=None))
        if self._prepared is not None and self._prepared.key == key:
            engine.replay(self._prepared.compute)
            with engine.transaction():
                engine.replay(self._prepared.publish)
                write_state(engine, at)
        else:
            with engine.recorded() as compute:
                _compute(project, store, engine, build, repeating)
            with engine.transaction():
                with engine.recorded() as put:
                    publish(engine, _published(engine))
                write_state(engine, at)
            self._prepared = _Prepared(key, tuple(compute), tuple(put))
        return Refresh(build.build_id, until, touched)

    def _why_not(self, store: Store, engine: DuckDBEngine, build: Build, span: Span) -> Iterator[str]:
        if not self._is_defined_as(build):
            yield "definitions"
        with store.reading() as work:
            was_withdrawn = work.segments.was_withdrawn_since(build.started_at)
        if was_withdrawn:
            yield "withdrawn"
        grown = tables_with_new_rows(engine, _landed(engine), span)
        if len(tables_with_new_rows(engine, grown, Span(-1, build.watermark))) < len(grown):
            yield "knowledge"
        if newest_date(self._project, engine, span.until) > build.as_of:
            yield "date"

    def _is_defined_as(self, build: Build) -> bool:
        """Return whether every definition is what it was for a build; unchanged files are not read again."""
        seen = _Seen(build.build_id, _files(self._project.workspace))
        if seen == self._looked_at:
            return True
        project = self._project
        is_same = project.parameters.version == build.parameter_version
        is_same = is_same and definition_hashes(project) == build.definition_hashes
        self._looked_at = seen if is_same else None
        return is_same


@dataclass(frozen=True, slots=True)
class _Seen:
    """A build and the definitions of the workspace as files: path, moment of change in ns, bytes."""

    build_id: int
    files: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The statements that compute and publish whoever is marked, for a build, its tables and which of them repeat."""

    key: tuple[int, tuple[str, ...], frozenset[str]]
    compute: tuple[str, ...]
    publish: tuple[str, ...]


def personal_steps() -> list[Step]:
    """Return the steps that compute a person from that person's rows alone."""
    return [step for step in house_steps() if step.is_per_person]


def _files(workspace: Workspace) -> tuple[tuple[str, int, int], ...]:
    found = [(path, path.stat()) for path in sorted(workspace.root.glob("library/**/*.y*ml"))]
    return tuple((str(path), fact.st_mtime_ns, fact.st_size) for path, fact in found)


def _count(engine: DuckDBEngine, table: str) -> int:
    return int(engine.query(t.select({"rows": t.count()}, table)).to_pylist()[0]["rows"])


def _landed(engine: DuckDBEngine) -> list[Table]:
    present = engine.tables_in(LANDING)
    return [table for table in landing_tables() if table.name in present]


def _personal(tables: Iterable[Table]) -> list[Table]:
    return [table for table in tables if IDENTIFIER in table.column_names or table.name in OF_ORDERS]


def _published(engine: DuckDBEngine) -> list[str]:
    """Return the tables of an overlay: those whose rows say whose they are."""
    landed = [table.name for table in _landed(engine) if IDENTIFIER in table.column_names]
    names = [*(step.name for step in personal_steps()), *landed, *_KEPT]
    return [name for name in names if owner_of(CONTRACTS[name]) is not None]


def _mark(project: Project, store: Store, engine: DuckDBEngine, span: Span, persons: Sequence[int]) -> int:
    update_persons(project, store, engine, span.until)
    grown = _personal(tables_with_new_rows(engine, _landed(engine), span))
    named = pa.table({PERSON: pa.array(persons, pa.int64())})
    return mark_touched(engine, grown, span, pa.concat_tables([moved_persons(engine), named]))


def _compute(project: Project, store: Store, engine: DuckDBEngine, build: Build, repeating: frozenset[str]) -> None:
    """Compute the touched persons in schema `NEXT`, whatever is of nobody in particular as the build has it."""
    attach_build(store, engine)
    engine.use_schema(NEXT)
    tables = _personal(_landed(engine))
    engine.catalog |= {table.name: f"{LANDING}.{table.name}" for table in tables}
    make_inputs(engine, tables, repeating)
    steps = order_steps(personal_steps(), engine.tables)
    made = {"identifier", "identifier_person", "person"} | {step.name for step in steps} | {one.name for one in tables}
    for name in sorted({name for step in steps for name in step.reads} - made):
        held = [column for column in _PERSONS if column in CONTRACTS[name].column_names]
        if held:
            make_extract(engine, name, held)
    values = step_values(project.parameters, build.as_of, build.watermark, build.zone)
    for step in steps:
        engine.make_query(step.tree, step.name, {name: values[name] for name, _ in step.parameters})
    _make_tags(project, engine, build)
    _make_segments(project, engine, build)


def _make_tags(project: Project, engine: DuckDBEngine, build: Build) -> None:
    """Make `person_tag` of the touched persons: what the build could compute, on from what it said of them."""
    engine.catalog[TAGS_BEFORE] = _extract_before(engine, build, "person_tag", TAGS_BEFORE)
    rows = engine.query(t.select({"code": t.col("tag_code")}, "tag_insight", where=t.col("is_computable"))).to_pylist()
    computable = {row["code"] for row in rows}
    tags = [tag for tag in open_tags(project.workspace).valued if tag.code in computable]
    engine.catalog[_CODES] = f"{build.schema_name}.person_tag"
    days = project.parameters.integer(HISTORY_DAYS)
    make_person_tags(engine, tags, build.as_of, days, at_once=len(tags) or 1, every_code=_CODES)
    del engine.catalog[TAGS_BEFORE], engine.catalog[_CODES]


def _make_segments(project: Project, engine: DuckDBEngine, build: Build) -> None:
    """Make `segment_member` of the touched persons: of the segments that the build could judge."""
    segments = open_segments(project.workspace)
    columns = {name: t.col(name) for name in ("segment", "version", "why_unknown")}
    told = {row["segment"]: row for row in engine.query(t.select(columns, "segment_def")).to_pylist()}
    ground = Ground(engine, build.as_of, build.zone, segments.rules)
    known = {
        one.name: Known(
            None if told[one.name]["why_unknown"] else persons_tree([condition_of(ground, one.value.rule)]),
            segments.version(one.name),
            told[one.name]["version"],
        )
        for one in segments
    }
    engine.catalog[MEMBERS_BEFORE] = _extract_before(engine, build, "segment_member", MEMBERS_BEFORE)
    make_members(engine, known, build.as_of, project.parameters.integer(HISTORY_DAYS))
    del engine.catalog[MEMBERS_BEFORE]


def _extract_before(engine: DuckDBEngine, build: Build, table: str, name: str) -> str:
    """Keep what the build said of the touched persons in a table, under a name of its own."""
    engine.catalog[name] = f"{build.schema_name}.{table}"
    columns = {one: t.col(one) for one in CONTRACTS[table].column_names}
    mine = q.is_in(t.col(PERSON), t.select({PERSON: t.col(PERSON)}, NOW[PERSON]))
    engine.note_query(t.select(columns, name, where=mine), f"{name}_of_touched")
    return f"{name}_of_touched"
