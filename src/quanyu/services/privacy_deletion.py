"""Deletion of a person everywhere, phase by phase, until a search of everything finds nothing (PIPL 47, GDPR 17).

Every phase may be done twice, and says that it is done before the next begins: killed at any point, `resume` goes on.
What is to be deleted stands encrypted in the store until the end, and nowhere afterwards.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from quanyu.clock import now
from quanyu.collect.spool import pack, read_kept
from quanyu.collect.spool_files import Disk
from quanyu.engine import DuckDBEngine
from quanyu.engine import tree as t
from quanyu.engine.embedded import physical
from quanyu.engine.erase import among, columns_of_file, delete_rows, query_of_file, rewrite_file, rows_where, tables_of
from quanyu.errors import ExternalError, Problem, UserError
from quanyu.ingest.erase import erase_file, erase_landing, mark_of
from quanyu.ingest.landing import SCHEMA as LANDING
from quanyu.ingest.landing import load_pending, prepare_landing
from quanyu.ingest.segment import write_file
from quanyu.progress import Listener, Progress, silent
from quanyu.services.build import BuildRequest, attach_build, make_build
from quanyu.services.exports import PERSONS_FOLDER, export_log
from quanyu.services.live import load_live
from quanyu.services.privacy_certificate import Certificate, TableProof, write_certificate
from quanyu.services.privacy_scan import KEPT, Looked, Person, cells_of, is_request_of, look_everywhere, rows_in_file
from quanyu.services.project import Project, open_operations, open_warehouse
from quanyu.services.report import write_report
from quanyu.store import (
    AuditEntry,
    Deletion,
    QuarantineRow,
    RequestKind,
    RequestState,
    SegmentFile,
    SegmentStatus,
    Store,
    hold_lease,
    open_vault,
)
from quanyu.store.cipher import SpoolCipher
from quanyu.tables import CONTRACTS

PHASES: Final = ("store", "spool", "raw", "warehouse", "build", "files", "compact", "certificate")
_IDENTITY: Final = "identity"
_PAGE: Final = 1_000

Hook = Callable[[str], None]
"""Called after each phase with its name; a test ends the process there."""


@dataclass(frozen=True, slots=True)
class _Work:
    project: Project
    store: Store
    person: Person
    deletion: Deletion
    counts: dict[str, Any]


def find_person(project: Project, store: Store, engine: DuckDBEngine, person_id: int) -> Person:
    """Return everything by which a person can be found; raises UserError `identity.unknown`."""
    if "identifier_person" not in engine.tables_in(_IDENTITY):
        raise UserError(Problem("identity.unknown", "No person is known yet.", "Make a build with `quanyu run`."))
    engine.catalog["identity_now"] = f"{_IDENTITY}.identifier_person"
    engine.catalog["identifier_now"] = f"{LANDING}.identifier"
    try:
        own = t.select({"id": t.col("identifier_id")}, "identity_now", where=among("person_id", {person_id}))
        ids = frozenset(int(row["id"]) for row in engine.query(own).to_pylist())
        hashed = t.select({"hash": t.col("value_hash")}, "identifier_now", where=among("identifier_id", ids))
        hashes = frozenset(str(row["hash"]) for row in engine.query(hashed).to_pylist())
    finally:
        del engine.catalog["identity_now"], engine.catalog["identifier_now"]
    if not ids:
        raise UserError(Problem("identity.unknown", "No such person is known.", "Were they merged, or deleted?"))
    vault = open_vault(project.workspace.key_file)
    with store.reading() as work:
        kept = work.identifiers.get(sorted(ids))
    values = frozenset(value.decode() for value in vault.decrypt_many([one.value_enc for one in kept]))
    # The id of a person is that of an identifier: ids merged away are among the identifiers.
    return Person(frozenset({person_id}), ids, values, hashes)


def delete_person(
    project: Project, request_id: int, actor: str, listen: Listener = silent, after: Hook = lambda _: None
) -> Certificate:
    """Delete the person of an open deletion request and return the certificate that nothing is left.

    Holds the run lease.  Raises UserError `privacy.kind`, `privacy.ended`, `privacy.left` when something is left, and
    as a run does; `resume_deletion` goes on after any end.
    """
    with open_operations(project.workspace) as store, hold_lease(store, "privacy delete"):
        _refuse_beside_server(project)
        with store.reading() as work:
            request = work.privacy.get(request_id)
            running = work.privacy.running()
        if request.kind is not RequestKind.DELETION:
            message = f"Request {request_id} asks for {request.kind.value}, not for deletion."
            raise UserError(Problem("privacy.kind", message, "Record a request of kind deletion."))
        if running is None:
            if request.state is not RequestState.OPEN or request.person_id is None:
                message = f"Request {request_id} was answered or refused before."
                raise UserError(Problem("privacy.ended", message, "Record a new request."))
            _begin(project, store, request_id, request.person_id, actor)
        return _go_on(project, store, listen, after)


def resume_deletion(project: Project, listen: Listener = silent, after: Hook = lambda _: None) -> Certificate | None:
    """Go on with the deletion that was cut off and return its certificate; None when none is under way."""
    with open_operations(project.workspace) as store, hold_lease(store, "privacy resume"):
        with store.reading() as work:
            if work.privacy.running() is None:
                return None
        _refuse_beside_server(project)
        return _go_on(project, store, listen, after)


def _refuse_beside_server(project: Project) -> None:
    """Raise UserError `warehouse.locked` while another process has the warehouse: its file is about to be replaced."""
    with _alone(project):
        pass


@contextmanager
def _alone(project: Project) -> Iterator[DuckDBEngine]:
    """Give the warehouse by its file, never through another process that holds it."""
    workspace = project.workspace
    workspace.warehouse_file.parent.mkdir(parents=True, exist_ok=True)
    engine = DuckDBEngine(
        workspace.warehouse_file, CONTRACTS, threads=workspace.engine.threads, spill=workspace.folder("tmp")
    )
    try:
        yield engine
    finally:
        engine.close()


def _begin(project: Project, store: Store, request_id: int, person_id: int, actor: str) -> None:
    with open_warehouse(project.workspace) as engine:
        prepare_landing(engine)
        person = find_person(project, store, engine, person_id)
        found = look_everywhere(project, store, engine, person)
    vault = open_vault(project.workspace.key_file)
    plan = {
        "person_ids": sorted(person.person_ids),
        "identifier_ids": sorted(person.identifier_ids),
        "values": sorted(person.values),
        "hashes": sorted(person.hashes),
    }
    # Files are named after what they hold, never after a person, so their names may be kept.
    before = {f"{one.place}:{one.name}": one.rows for one in found}
    with store.transaction() as work:
        work.keys.bind(vault)
        plan_enc = vault.encrypt_many([json.dumps(plan).encode()])[0]
        work.privacy.begin_deletion(request_id, plan_enc, PHASES[0], actor)
        work.privacy.advance(request_id, PHASES[0], {"before": before, "totals": {}, "methods": {}})
        # From here on nothing of the person gets in, whatever happens to the rest.
        work.privacy.suppress([mark_of(vault, one) for one in sorted(person.identifier_ids)], request_id)
        work.audit.add(AuditEntry(actor, "privacy.deletion_begun", "person", 1, "deletion", {"request": request_id}))


def _go_on(project: Project, store: Store, listen: Listener, after: Hook) -> Certificate:
    with store.reading() as work:
        deletion = work.privacy.running()
    if deletion is None or deletion.plan_enc is None:
        raise UserError(Problem("privacy.not_deleted", "No deletion is under way.", "`quanyu privacy requests`."))
    vault = open_vault(project.workspace.key_file)
    plan = {name: frozenset(said) for name, said in json.loads(vault.decrypt_many([deletion.plan_enc])[0]).items()}
    work_ = _Work(project, store, Person(**plan), deletion, dict(deletion.counts))
    place = PHASES.index(deletion.phase)
    for number, phase in enumerate(PHASES[place:-1], start=place):
        listen(Progress("privacy", phase, number, len(PHASES), "phases"))
        if phase in _WITH_WAREHOUSE:
            with open_warehouse(project.workspace) as engine:
                _WITH_WAREHOUSE[phase](work_, engine)
        else:
            _ALONE[phase](work_)
        with store.transaction() as work:
            work.privacy.advance(deletion.request_id, PHASES[number + 1], work_.counts)
        after(phase)
    listen(Progress("privacy", PHASES[-1], len(PHASES) - 1, len(PHASES), "phases"))
    certificate = _certify(work_)
    listen(Progress("privacy", "", len(PHASES), len(PHASES), "phases"))
    return certificate


def _note(work: _Work, name: str, method: str) -> None:
    work.counts["methods"][name] = method


def _in_store(work: _Work) -> None:
    """Originals, words, decisions, refused rows, requests: one transaction."""
    ids = sorted(work.person.identifier_ids)
    vault = open_vault(work.project.workspace.key_file)
    refused = list(_refused(work))
    with work.store.transaction() as unit:
        unit.identifiers.remove(ids)
        unit.consents.remove(ids)
        unit.answers.clear()
        unit.decisions.cut_persons(ids, work.deletion.actor)
        unit.quarantine.empty(refused, vault.encrypt_many([b"{}"])[0], work.deletion.actor)
        mark = mark_of(vault, min(work.person.person_ids))
        unit.privacy.cut_person(sorted(work.person.ids), mark)
    for name, method in (
        ("identifier_vault", "removed"),
        ("consent_word", "removed"),
        ("request_answer", "removed"),
        ("identity_decision", "cut"),
        ("quarantine_row", "emptied"),
        ("privacy_request", "cut"),
        ("audit_log", "kept"),
    ):
        _note(work, f"store:{name}", method)


def _refused(work: _Work) -> Iterator[int]:
    vault = open_vault(work.project.workspace.key_file)
    after = 0
    while page := _refused_page(work.store, after):
        for row in page:
            said = [row.payload_enc] if row.edits_enc is None else [row.payload_enc, row.edits_enc]
            if any(work.person.is_in_cells(cells_of(clear)) for clear in vault.decrypt_many(said)):
                yield row.quarantine_id
        after = page[-1].quarantine_id


def _refused_page(store: Store, after: int) -> list[QuarantineRow]:
    with store.reading() as work:
        return work.quarantine.find(after=after, limit=_PAGE)


def _in_spool(work: _Work, engine: DuckDBEngine) -> None:
    """What waits is loaded, without the person; copies of what was loaded go; of the rest, the person's requests."""
    prepare_landing(engine)
    load_live(work.project, work.store, engine)
    load_pending(engine, work.store, work.project.workspace)
    # Nothing comes in from here on, and nothing was taken out yet: what trade there was must still be there in the end.
    work.counts["totals"] = _totals(engine)
    root = work.project.workspace.folder("spool")
    cipher = SpoolCipher(open_vault(work.project.workspace.key_file))
    for path in root.glob("*/done/*"):
        path.unlink()
        _note(work, f"file:{work.project.workspace.relative(path)}", "removed")
    for path in (*root.glob("*/unclaimed/*"), *root.glob("*/damaged/*"), *root.glob("*/*.torn")):
        kept, _ = read_kept(path.read_bytes(), cipher)
        own = [one for one in kept if is_request_of(work.person, one.request.body, one.request.query)]
        if own:
            left = [one for one in kept if one not in own]
            Disk().put(path, pack(left, cipher)) if left else path.unlink()
            _note(work, f"file:{work.project.workspace.relative(path)}", "removed")


def _in_raw(work: _Work, engine: DuckDBEngine) -> None:
    """Sealed files are replaced by files without the person: written, put on record, and only then the old one goes."""
    state = work.project.workspace.state
    with work.store.reading() as unit:
        batches = [
            batch
            for status in (SegmentStatus.SEALED, SegmentStatus.WITHDRAWN)
            for batch in unit.segments.find(status=status)
        ]
    label = f"deletion-{work.deletion.request_id}"
    for batch_seq, sealed, file in _sealed(work.store, [batch.batch_seq for batch in batches]):
        made, rows = erase_file(engine, state, file, work.person.gone, f"{label}-{_part(sealed)}")
        if rows:
            with work.store.transaction() as unit:
                unit.segments.replace_file(batch_seq, sealed, made, work.deletion.request_id)
            _note(work, f"file:{work.project.workspace.relative(state / file.path)}", "rewritten")
    _remove_unknown(work, {batch.batch_seq: batch.source for batch in batches})


def _sealed(store: Store, batch_seqs: Sequence[int]) -> Iterator[tuple[int, str, SegmentFile]]:
    """Yield the files that stand now, each with its batch and the path under which it was sealed."""
    for batch_seq in batch_seqs:
        with store.reading() as work:
            files = work.segments.sealed_files(batch_seq)
        yield from ((batch_seq, sealed, file) for sealed, file in files.items())


def _part(sealed: str) -> str:
    """Two files of one table in a batch differ by a number, which the new names keep."""
    return Path(sealed).name.split(".")[1].replace("parquet", "0")


def _remove_unknown(work: _Work, sources: dict[int, str]) -> None:
    """Remove files of ended batches that are on no record: those that were replaced, and drafts of dead processes."""
    state = work.project.workspace.state
    for batch_seq, source in sources.items():
        with work.store.reading() as unit:
            known = {state / file.path for file in unit.segments.sealed_files(batch_seq).values()}
        for path in (state / "raw" / source / f"{batch_seq:09d}").glob("*"):
            if path not in known:
                path.unlink()


def _in_warehouse(work: _Work, engine: DuckDBEngine) -> None:
    """Landing tables by their contracts; every other table that is not made anew loses the rows of the person."""
    prepare_landing(engine)
    load_pending(engine, work.store, work.project.workspace)
    with engine.transaction():
        for table, method, _ in erase_landing(engine, work.person.gone):
            _note(work, f"warehouse:{LANDING}.{table}", method)
        for (schema, table), columns in tables_of(engine).items():
            if schema == LANDING:
                continue
            whole = [column.name for column in columns if column.is_whole]
            theirs = t.any_of([among(name, work.person.ids) for name in whole])
            if whole and not _is_made_anew(work, schema, table):
                delete_rows(engine, schema, table, theirs)
                _note(work, f"warehouse:{schema}.{table}", "removed")
        if "identity_run" in engine.tables_in(_IDENTITY):
            # Its texts name decisions; without them persons are resolved from the beginning, to the same ids.
            delete_rows(engine, _IDENTITY, "identity_run", t.lit(1).eq(t.lit(1)))
    engine.checkpoint()


_CARRIED: Final = ("person_tag", "segment_member")
"""Tables of a build that the next build goes on from: the person must be out of them before."""


def _is_made_anew(work: _Work, schema: str, table: str) -> bool:
    with work.store.reading() as unit:
        builds = {build.schema_name for build in unit.builds.find()}
    return schema in builds and table not in _CARRIED


def _in_builds(work: _Work, engine: DuckDBEngine) -> None:
    """A build without the person, of the same date; those before it are dropped, and the report is written anew."""
    with work.store.reading() as unit:
        last = unit.builds.published()
    if last is None:
        return
    report = make_build(work.project, work.store, engine, BuildRequest(as_of=last.as_of))
    with work.store.reading() as unit:
        older = [build for build in unit.builds.find() if build.build_id != report.build.build_id]
    for build in (build for build in older if build.dropped_at is None):
        for table in engine.tables_in(build.schema_name):
            _note(work, f"warehouse:{build.schema_name}.{table}", "dropped")
        engine.drop_schema(build.schema_name)
        with work.store.transaction() as unit:
            unit.builds.mark_dropped(build.build_id)
    shutil.rmtree(work.project.workspace.folder("reports"), ignore_errors=True)
    write_report(work.project, work.store, engine, attach_build(work.store, engine))


def _in_files(work: _Work, engine: DuckDBEngine) -> None:
    """Exports the person was in are removed; any other file of the state that holds the person, too."""
    workspace = work.project.workspace
    for record in export_log(work.store):
        path, persons = (
            Path(str(record.detail.get("file", ""))),
            workspace.folder(PERSONS_FOLDER) / f"{record.audit_id}.parquet",
        )
        was_in = persons.is_file() and rows_in_file(work.project, engine, work.person, persons) > 0
        if path.is_file() and (was_in or rows_in_file(work.project, engine, work.person, path)):
            path.unlink()
            _note(work, f"file:{workspace.relative(path)}", "removed")
        if was_in:
            names = [column.name for column in columns_of_file(engine, persons)]
            keep = among("person_id", work.person.ids).not_()
            write_file(engine, query_of_file(persons, names, keep, {}), persons)
            _note(work, f"file:{workspace.relative(persons)}", "rewritten")
    for path in sorted(workspace.state.rglob("*")):
        own = path.name.startswith((workspace.warehouse_file.name, workspace.store_file.name))
        kept = path == workspace.key_file or path.is_relative_to(workspace.folder("raw")) or path.suffix == ".open"
        if not path.is_file() or kept or (own and ".broken-" not in path.name):
            continue
        if rows_in_file(work.project, engine, work.person, path):
            path.unlink()
            _note(work, f"file:{workspace.relative(path)}", "removed")


def _compact(work: _Work) -> None:
    """Write warehouse and store anew, so that nothing of removed rows is left in free pages."""
    path = work.project.workspace.warehouse_file
    draft = path.with_name(f"{path.name}.fresh")
    with _removing(draft):
        with _alone(work.project) as engine:
            rewrite_file(engine, draft)
        draft.rename(path)
        path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    work.store.compact()


@contextmanager
def _removing(draft: Path) -> Iterator[None]:
    wal = draft.with_name(f"{draft.name}.wal")
    for path in (draft, wal):
        path.unlink(missing_ok=True)
    try:
        yield
    finally:
        for path in (draft, wal):
            path.unlink(missing_ok=True)


def _certify(work: _Work) -> Certificate:
    with open_warehouse(work.project.workspace) as engine:
        found = look_everywhere(work.project, work.store, engine, work.person)
        totals = _totals(engine)
    left = [one for one in found if one.rows and not (one.place == "store" and one.name in KEPT)]
    if left:
        raise UserError([_left(one) for one in left])
    if totals != work.counts["totals"]:
        message = f"The totals of sales moved from {work.counts['totals']} to {totals}."
        raise ExternalError(message, code="privacy.totals_moved")
    certificate = _certificate(work, found, totals)
    path = write_certificate(work.project.workspace.folder("privacy"), certificate)
    request_id = work.deletion.request_id
    with work.store.transaction() as unit:
        unit.privacy.finish(request_id, certificate.sha256)
        unit.privacy.end(request_id, RequestState.ANSWERED, None, work.deletion.actor)
        detail = {"request": request_id, "certificate": certificate.sha256, "file": path.name}
        unit.audit.add(AuditEntry(work.deletion.actor, "privacy.deleted", "person", 1, "deletion", detail))
    work.store.compact()
    return certificate


def _certificate(work: _Work, found: list[Looked], totals: dict[str, int]) -> Certificate:
    before: dict[str, int] = dict(work.counts["before"])
    after = {f"{one.place}:{one.name}": one.rows for one in found}
    methods: dict[str, str] = work.counts["methods"]
    proofs = [
        TableProof(name, before.get(name, 0), after.get(name), methods.get(name, _method(name, before, after)))
        for name in sorted({*before, *after})
    ]
    with work.store.reading() as unit:
        request = unit.privacy.get(work.deletion.request_id)
    return Certificate(
        request_id=request.request_id,
        law=request.law.value,
        person_mark=request.person_mark,
        received_at=request.received_at,
        started_at=work.deletion.started_at,
        finished_at=now(),
        actor=work.deletion.actor,
        identifiers=len(work.person.identifier_ids),
        not_searched=sum(len(value) < 6 for value in work.person.values),
        totals=totals,
        tables=tuple(proofs),
    )


def _method(name: str, before: dict[str, int], after: dict[str, int]) -> str:
    if name not in after:
        return "gone"
    if name not in before:
        return "made since"
    return "removed" if before[name] else "nothing there"


def _left(one: Looked) -> Problem:
    message = f"{one.rows:,} rows of the person are left in {one.place} {one.name}."
    return Problem("privacy.left", message, "Remove them or the file, then `quanyu privacy resume`.")


def _totals(engine: DuckDBEngine) -> dict[str, int]:
    """Return rows and money (fen) of orders and refunds in the landing tables."""
    totals = {}
    for table, money in (("order", "paid_fen"), ("refund", "amount_fen")):
        if table in engine.tables_in(LANDING):
            name = f"{table}_landed"
            engine.catalog[name] = f"{LANDING}.{table}"
            try:
                query = t.select({"fen": t.coalesce(t.total(t.col(money)), t.lit(0))}, name)
                totals[f"{table}_fen"] = int(engine.query(query).to_pylist()[0]["fen"])
            finally:
                del engine.catalog[name]
            totals[f"{table}_rows"] = rows_where(engine, physical(table, LANDING), t.lit(1).eq(t.lit(1)))
    return totals


_WITH_WAREHOUSE: Final[dict[str, Callable[[_Work, DuckDBEngine], None]]] = {
    "spool": _in_spool,
    "raw": _in_raw,
    "warehouse": _in_warehouse,
    "build": _in_builds,
    "files": _in_files,
}
_ALONE: Final[dict[str, Callable[[_Work], None]]] = {"store": _in_store, "compact": _compact}
