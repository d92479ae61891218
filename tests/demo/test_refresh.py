"""Persons brought up to date between two builds: equal to what a build finds, however they came to be touched."""

import random
import shutil
from pathlib import Path

import pytest

from quanyu.definitions.segment_acts import SOURCES
from quanyu.definitions.segment_rule import ATTRIBUTES
from quanyu.engine import DuckDBEngine, order_steps
from quanyu.engine import tree as t
from quanyu.refresh.overlay import owner_of
from quanyu.segments import Ground, unknown_in
from quanyu.segments.membership import BEFORE as MEMBERS_BEFORE
from quanyu.segments.membership import Known, make_members
from quanyu.segments.persons import persons_tree
from quanyu.segments.rule import condition_of
from quanyu.services.build import attach_build
from quanyu.services.ingest import at_work
from quanyu.services.parameters import step_values
from quanyu.services.project import Project, open_project
from quanyu.services.refresh import Refresher, attach_fresh, personal_steps
from quanyu.services.run import Part, RunReport, RunRequest, run
from quanyu.services.segments import open_segments
from quanyu.services.tags import open_tags
from quanyu.store import Build, Store
from quanyu.tables import CONTRACTS
from quanyu.tags.history import BEFORE as TAGS_BEFORE
from quanyu.tags.history import make_person_tags

SEED = 11
OF_EVERYBODY = ("rfm_cut", "lifecycle_cut", "value_tier", "person_risk", "share_order_fact", "referral_fact")
"""What a refresh leaves to the next build, among what persons are computed from."""

KEPT = ("person_tag", "segment_member")

Rows = dict[str, list[tuple[str, ...]]]


@pytest.fixture
def project(brand: Path, built: tuple[Project, RunReport], tmp_path: Path) -> Project:
    return open_project(Path(shutil.copytree(brand, tmp_path / "brand")))


def computed() -> list[str]:
    return [step.name for step in personal_steps() if owner_of(CONTRACTS[step.name])]


def rows_of(engine: DuckDBEngine, names: list[str]) -> Rows:
    return {name: sorted(tuple(map(str, row.values())) for row in engine.rows_of(name).to_pylist()) for name in names}


def fresh_rows(store: Store, engine: DuckDBEngine, names: list[str]) -> Rows:
    fresh = attach_fresh(store, engine)
    assert fresh.state is not None
    assert all(engine.catalog[name].startswith("fresh.") for name in names)
    return rows_of(engine, names)


def test_persons_computed_by_themselves_are_what_the_build_says_of_them(project: Project) -> None:
    """Every step that says `per: person` keeps it: given the rows of some persons it finds the same of them."""
    names = [*computed(), *KEPT]
    with at_work(project, "test") as (store, engine):
        attach_build(store, engine)
        of_build = rows_of(engine, names)
        everybody = sorted({int(row[0]) for row in of_build["person_feature"]})
        some = random.Random(SEED).sample(everybody, 150)
        done = Refresher(project).refresh(store, engine, some)
        assert (done.persons >= 150, done.why_not) == (True, ())
        engine.attach_schema("fresh_rows")
        over = rows_of(engine, ["person_feature", "stage_span", "person_tag", "segment_member"])
        assert all(over.values()), "nothing was computed"
        for name, rows in fresh_rows(store, engine, names).items():
            assert rows == of_build[name], name


def test_whatever_a_rule_asks_of_a_person_is_brought_up_to_date():
    asked = {one.table for one in ATTRIBUTES.values()} | {one.table for one in SOURCES.values()}
    assert asked | {"stage_span", "reach_span", "relation_fact"} <= set(computed())


class Exports:
    """Writes what the shop's systems export later: rows made of earlier ones."""

    def __init__(self, root: Path) -> None:
        self.folder, self.random, self.files = root / "exports", random.Random(SEED), 0

    def earlier(self, name: str, count: int) -> list[bytes]:
        """Return so many rows of a source, without their heading."""
        path = min(path for path in (self.folder / name).iterdir())
        lines = path.read_bytes().splitlines()[0 if path.suffix == ".jsonl" else 1 :]
        return self.random.sample(lines, count)

    def write(self, name: str, rows: list[bytes]) -> None:
        """Write rows as one more file of a source."""
        first = min(path for path in (self.folder / name).iterdir())
        head = [] if first.suffix == ".jsonl" else first.read_bytes().splitlines()[:1]
        self.files += 1
        (self.folder / name / f"zz{self.files}{first.suffix}").write_bytes(b"\n".join([*head, *rows, b""]))


def write_first(exports: Exports) -> list[bytes]:
    """Events of old and new visitors, orders with lines; return the numbers of the orders."""
    events = exports.earlier("mini_events", 60)
    exports.write("mini_events", [row.replace(b'"event_id":"EV', b'"event_id":"EX') for row in events])
    orders = exports.earlier("mini_orders", 20)
    numbers = [row.split(b",")[0] for row in orders]
    exports.write("mini_orders", [row.replace(b"MP", b"MX", 1) for row in orders])
    rows = min((exports.folder / "mini_lines").iterdir()).read_bytes().splitlines()[1:]
    exports.write("mini_lines", [row.replace(b"MP", b"MX", 1) for row in rows if row.split(b",")[0] in numbers])
    return [number.replace(b"MP", b"MX", 1) for number in numbers]


def write_second(exports: Exports, orders: list[bytes]) -> None:
    """A refund of a new order and one of an old, answers on consent, and contacts that make one person of two."""
    old = exports.earlier("mini_orders", 3)
    refunds = [b"RX%d,%s,1,1.00,2026-10-30 10:00:00" % (number, order) for number, order in enumerate(orders[:3])]
    refunds += [b"RY%d,%s,1,1.00,2026-10-30 10:00:00" % (n, row.split(b",")[0]) for n, row in enumerate(old)]
    exports.write("mini_refunds", refunds)
    exports.write("consents", [row.replace(b"CS", b"CX", 1) for row in exports.earlier("consents", 20)])
    contacts = [row.split(b",") for row in exports.earlier("wecom_contacts", 12)]
    met = [
        [one[0], one[1] + b"x", one[2], other[3], *one[4:]]
        for one, other in zip(contacts[:6], contacts[6:], strict=True)
    ]
    exports.write("wecom_contacts", [b",".join(row) for row in met])


def write_third(exports: Exports, orders: list[bytes]) -> None:
    """Two orders told again, now of another buyer; and an order that nothing else is known of."""
    rows = {row.split(b",")[0]: row.split(b",") for row in exports.earlier("mini_orders", 4)}
    numbers = list(rows)
    swapped = [[numbers[at], *rows[numbers[at - 1]][1:]] for at in range(2)]
    exports.write("mini_orders", [b",".join(row) for row in swapped])


def with_cuts_of(engine: DuckDBEngine, project: Project, build: Build, cuts: Build, names: list[str]) -> Rows:
    """Return what the steps find in a build when the whole population is judged as in another one."""
    for name in OF_EVERYBODY:
        engine.catalog[name] = f"{cuts.schema_name}.{name}"
    engine.use_schema("pinned")
    values = step_values(project.parameters, build.as_of, build.watermark, build.zone)
    for step in order_steps([step for step in personal_steps() if step.name in names], engine.tables):
        engine.make_query(step.tree, step.name, {name: values[name] for name, _ in step.parameters})
    rows = engine.query(t.select({"code": t.col("tag_code")}, "tag_insight", where=t.col("is_computable"))).to_pylist()
    codes = {row["code"] for row in rows}
    engine.catalog[TAGS_BEFORE] = f"{cuts.schema_name}.person_tag"
    tags = [tag for tag in open_tags(project.workspace).valued if tag.code in codes]
    days = project.parameters.integer("P.tag.history")
    make_person_tags(engine, tags, build.as_of, days)
    engine.catalog[MEMBERS_BEFORE] = f"{cuts.schema_name}.segment_member"
    segments = open_segments(project.workspace)
    ground = Ground(engine, build.as_of, build.zone, segments.rules)
    known = {
        one.name: Known(persons_tree([condition_of(ground, one.value.rule)]), segments.version(one.name), "as before")
        for one in segments
        if not unknown_in(ground, one.value.rule)
    }
    make_members(engine, known, build.as_of, days)
    return rows_of(engine, [*names, *KEPT])


@pytest.mark.long
def test_rows_that_come_after_a_build_change_persons_as_the_next_build_would(project: Project) -> None:
    exports, refresher, orders = Exports(project.workspace.root), Refresher(project), list[bytes]()
    names, moved = computed(), 0
    for write in (write_first, write_second, write_third):
        orders = (write(exports) if write is write_first else write(exports, orders)) or orders
        run(project, RunRequest(parts=frozenset({Part.INGEST})))
        with at_work(project, "test") as (store, engine):
            done = refresher.refresh(store, engine)
            assert done.why_not == () and done.persons > 0
            moved += len(engine.answer("SELECT * FROM identity_changed WHERE moved AND old_person_id IS NOT NULL"))
    assert moved, "no two persons became one"
    with at_work(project, "test") as (store, engine):
        fresh = fresh_rows(store, engine, [*names, *KEPT])
        base = attach_build(store, engine)
    run(project, RunRequest(parts=frozenset({Part.BUILD})))
    with at_work(project, "test") as (store, engine):
        build = attach_build(store, engine)
        assert (build.as_of, build.build_id != base.build_id) == (base.as_of, True)
        pinned = with_cuts_of(engine, project, build, base, names)
    # Why somebody entered or left is told by the versions of definitions, which here are all as before.
    pinned["segment_member"] = [row[:4] for row in pinned["segment_member"]]
    fresh["segment_member"] = [row[:4] for row in fresh["segment_member"]]
    for name in [*names, *KEPT]:
        assert fresh[name] == pinned[name], name
