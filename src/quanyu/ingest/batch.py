"""One batch: rows read as text are mapped, written to the raw log, registered in the store and loaded.

The order makes a crash harmless at any point: segments first, then one store transaction (registry, quarantine,
vault), then one warehouse transaction (rows and progress).  The warehouse appends its rows while the store takes its
own, and commits only after the store has committed.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from itertools import repeat
from pathlib import Path
from typing import Final, TypeAlias

from quanyu.clock import now, today
from quanyu.config import Workspace
from quanyu.definitions.source import Source
from quanyu.engine import DuckDBEngine
from quanyu.engine.erase import among, delete_rows
from quanyu.errors import Problem, Severity, Where
from quanyu.ingest.beside import beside_warnings
from quanyu.ingest.cells import Reading
from quanyu.ingest.erase import Gone, erase_file, suppressed_among
from quanyu.ingest.fates import count_rows, hash_table, kept_rows, settle
from quanyu.ingest.feeds import FeedPlan, plan_feed
from quanyu.ingest.headings import Header
from quanyu.ingest.landing import append_batch, load_pending, prepare_landing
from quanyu.ingest.messages import fault
from quanyu.ingest.people import collect_people, identifier_rows, pair_rows, put_pads
from quanyu.ingest.refused import count_warnings, refused_rows
from quanyu.ingest.scan import Scan, sql
from quanyu.ingest.segment import Batch, landed_rows, write_segment
from quanyu.ingest.zones import read_zone
from quanyu.store import (
    RowCounts,
    SegmentFile,
    SourceFile,
    Store,
    UnitOfWork,
    Vault,
    VaultIdentifier,
    open_vault,
)

Progress: TypeAlias = Callable[[str, str, int, int], None]
"""Called with source, file, rows done and rows estimated."""
Sealing: TypeAlias = Callable[[UnitOfWork, int], None]
"""Called inside the transaction that seals a batch, with the unit of work and the batch's number."""
_ENCRYPTED_AT_ONCE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Desk:
    """What every step of an ingest works with."""

    workspace: Workspace
    store: Store
    engine: DuckDBEngine
    vault: Vault
    progress: Progress
    scratch: Path


def open_desk(
    workspace: Workspace, store: Store, engine: DuckDBEngine, progress: Progress | None = None
) -> tuple[Desk, tuple[int, ...]]:
    """Return the desk of a workspace with everything ready, and the numbers of batches that had to be loaded first."""
    vault = open_vault(workspace.key_file)
    with store.transaction() as work:
        work.keys.bind(vault)
        left = work.segments.abandon_open()
    for batch_seq in left:
        for folder in workspace.folder("raw").glob(f"*/{batch_seq:09d}"):
            shutil.rmtree(folder)
    scratch = workspace.folder("tmp")
    scratch.mkdir(parents=True, exist_ok=True)
    prepare_landing(engine)
    engine.run_text(sql("macros"))
    put_pads(engine, vault)
    recovered = tuple(segment.batch_seq for segment in load_pending(engine, store, workspace))
    return Desk(workspace, store, engine, vault, progress or _silent, scratch), recovered


def import_scan(
    desk: Desk, source: Source, scan: Scan, header: Header, origin: SourceFile, *, seals: Sealing | None = None
) -> tuple[int, RowCounts, tuple[Problem, ...]]:
    """Map the scanned rows, seal them as a batch and load it; return its number, counts and warnings.

    `seals` is what else belongs into the store transaction that seals the batch.
    """
    engine, workspace = desk.engine, desk.workspace
    plans = [plan_feed(feed, read_with(source, header, workspace), workspace) for feed in source.feeds]
    rows = settle(engine, plans, source.id, scan)
    with desk.store.transaction() as work:
        batch_seq = work.segments.begin(origin, today(workspace.time_zone))
        begun = work.segments.get(batch_seq)
    batch = Batch(batch_seq, source.id, begun.recorded_at if begun else now())
    files = _write_segments(desk, plans, batch)
    files, kept_away = _keep_away(desk, files)
    with _loading(desk, batch_seq, files), desk.store.transaction() as work:
        work.quarantine.add(refused_rows(engine, scan, plans, (batch_seq, source.id, origin.file), desk.vault))
        work.identifiers.add(_new_identifiers(desk, batch))
        work.segments.seal(batch_seq, files, rows)
        if seals:
            seals(work, batch_seq)
    warnings = (*kept_away, *_warnings(engine, plans, origin.file), *beside_warnings(engine, plans, batch, origin.file))
    return batch_seq, rows, warnings


@contextmanager
def _loading(desk: Desk, batch_seq: int, files: Sequence[SegmentFile]) -> Iterator[None]:
    """Append a batch's rows to the warehouse while the block seals it in the store, and commit them after the block.

    When the block raises, nothing is loaded; when loading fails, the sealed batch is loaded by the next call.
    """
    with desk.engine.beside() as other, ThreadPoolExecutor(max_workers=1) as thread:
        other.connection.begin()
        appended = thread.submit(append_batch, other, batch_seq, files, desk.workspace)
        yield
        appended.result()
        other.connection.commit()


def read_with(source: Source, header: Header, workspace: Workspace) -> Reading:
    """Return what the cells of a source share over the columns of one file."""
    return Reading(
        source=source,
        header=header,
        zone=read_zone(source.time_zone or workspace.time_zone),
        business_zone=read_zone(workspace.time_zone),
        minor_digits=workspace.currency.minor_digits,
        now=now().astimezone(UTC).replace(tzinfo=None),
        longest_cell=workspace.limits.cell_characters,
    )


def _write_segments(desk: Desk, plans: Sequence[FeedPlan], batch: Batch) -> list[SegmentFile]:
    engine, state = desk.engine, desk.workspace.state
    engine.run_text(sql("people_tables"))
    files: list[SegmentFile] = []
    for number, plan in enumerate(plans):
        rows = kept_rows(engine, number, plan)
        if not count_rows(engine, rows):
            continue
        collect_people(engine, plan.identifiers, rows, hash_table(number), plan.table.name)
        part = sum(file.path.rsplit("/", 1)[1].split(".")[0] == plan.table.name for file in files)
        landed = landed_rows(plan.table, rows, batch, is_grouped=bool(plan.feed.one_per))
        files.append(write_segment(engine, state, batch, plan.table.name, landed, part))
    for table, query in (("identifier", identifier_rows(batch)), ("identifier_pair", pair_rows(batch))):
        source = f"new_{table.removeprefix('identifier_')}"
        engine.run_text(sql(source))
        if count_rows(engine, source):
            files.append(write_segment(engine, state, batch, table, query))
    return files


def _keep_away(desk: Desk, files: Sequence[SegmentFile]) -> tuple[list[SegmentFile], tuple[Problem, ...]]:
    """Take persons who were deleted out of what is about to be sealed; return the files left, and a warning if any."""
    with desk.store.reading() as work:
        marks = work.privacy.suppressed()
    if not marks:
        return list(files), ()
    new = desk.engine.run_text("SELECT identifier_id FROM new_identifier WHERE is_new").fetchall()
    gone = Gone(suppressed_among(desk.vault, marks, [int(row[0]) for row in new]))
    if not gone.identifier_ids:
        return list(files), ()
    left: list[SegmentFile] = []
    rows = 0
    for file in files:
        made, theirs = erase_file(desk.engine, desk.workspace.state, file, gone, f"{file.sha256[:8]}-kept")
        rows += theirs
        left += [] if made is None else [made]
        if made != file:
            (desk.workspace.state / file.path).unlink()
    delete_rows(desk.engine, "", "new_identifier", among("identifier_id", gone.identifier_ids))
    message = f"{rows:,} records of persons who were deleted were left out, or kept without the person."
    return left, (
        Problem("privacy.kept_away", message, "Take them out of the source, too.", severity=Severity.WARNING),
    )


def _new_identifiers(desk: Desk, batch: Batch) -> Iterator[VaultIdentifier]:
    """Yield the batch's new identifiers with their originals encrypted."""
    query = "SELECT identifier_id, id_type, namespace, normal FROM new_identifier WHERE is_new ORDER BY identifier_id"
    answer = desk.engine.run_text(query)
    key_id = desk.vault.key_id
    while rows := answer.fetchmany(_ENCRYPTED_AT_ONCE):
        ids, types, namespaces, normals = zip(*rows, strict=True)
        values = desk.vault.encrypt_many([normal.encode() for normal in normals])
        columns = (ids, types, namespaces, values, repeat(key_id), repeat(batch.seq))
        yield from map(VaultIdentifier, *columns)


def _warnings(engine: DuckDBEngine, plans: Sequence[FeedPlan], file: str) -> tuple[Problem, ...]:
    found: list[Problem] = []
    for (field, code), rows in sorted(count_warnings(engine, plans).items()):
        said = fault(code, field, Where(file=file))
        message = f"{rows:,} rows: {said.message}"
        found.append(Problem(code, message, said.remedy, said.where, Severity.WARNING))
    return tuple(found)


def _silent(source: str, file: str, done: int, estimated: int) -> None:
    del source, file, done, estimated
