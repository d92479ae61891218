"""Loads sealed spool files: requests are decoded, their records become rows, the rows go the way of every file.

The files that wait are one batch per live source, known by their SHA-256 as files are: what was sealed before is passed
over, so a process killed at any point leaves nothing out and stores nothing twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from quanyu.collect.record import Family
from quanyu.collect.spool import Cipher, Kept
from quanyu.collect.spool_files import Disk, Torn, recover_dead
from quanyu.config import Workspace
from quanyu.definitions.source import Source
from quanyu.engine import DuckDBEngine
from quanyu.errors import Problem
from quanyu.ingest.batch import Desk, Progress, import_scan, open_desk
from quanyu.ingest.landing import keep_seniority
from quanyu.ingest.live_files import Group, next_group, put_away, remove_old, set_aside, waiting_files
from quanyu.ingest.live_rows import Gathered, gather, put_scan
from quanyu.ingest.reconcile import put_reconciliation
from quanyu.store import RowCounts, SourceFile, Store

KEEP: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class LiveBatch:
    """What was loaded for one source: the spool files by name, its batch, its requests, where its rows went."""

    source: str
    files: str
    batch_seq: int
    requests: int
    rows: RowCounts
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveLoad:
    """What a load did.

    `files` counts the spool files put away, `known` batches that a dead loader had sealed; `problems` tells what could
    not be loaded or waits, `torn` what dead collectors left unfinished, `recovered` batches loaded from an earlier run.
    """

    batches: tuple[LiveBatch, ...] = ()
    files: int = 0
    known: int = 0
    problems: tuple[Problem, ...] = ()
    torn: tuple[Torn, ...] = ()
    recovered: tuple[int, ...] = ()

    @property
    def rows(self) -> RowCounts:
        """Return the rows of all batches together; received = stored + quarantined + duplicate."""
        counts = [batch.rows for batch in self.batches]
        return RowCounts(
            sum(one.received for one in counts),
            sum(one.stored for one in counts),
            sum(one.quarantined for one in counts),
            sum(one.duplicate for one in counts),
        )


@dataclass(frozen=True, slots=True)
class SpoolReader:
    """How spool files are read: the cipher of their frames, the families of SDKs, how long loaded files are kept.

    `find` returns the family that owns a method and path, or None.
    """

    cipher: Cipher
    find: Callable[[str, str], Family | None]
    keep: timedelta = KEEP


def load_spool(
    workspace: Workspace,
    sources: Sequence[Source],
    store: Store,
    engine: DuckDBEngine,
    reader: SpoolReader,
    progress: Progress | None = None,
) -> LiveLoad:
    """Load the sealed spool files of all collectors, oldest first, and return what came of it.

    Call it under the run lease.  A file that cannot be read stays where it is, as a problem, and holds up no other;
    requests of a source that the workspace does not have wait in `unclaimed/` until it has it.  Raises UserError for a
    wrong workspace key, ExternalError when a disk or database fails: the next call goes on.
    """
    root = workspace.folder("spool")
    live = {source.id: source for source in sources if source.format == "live"}
    torn = recover_dead(root, Disk())
    remove_old(root, reader.keep)
    paths = waiting_files(root, live)
    if not paths:
        return LiveLoad(torn=torn)
    desk, recovered = open_desk(workspace, store, engine, progress)
    batches: list[LiveBatch] = []
    problems: list[Problem] = []
    files = known = 0
    while paths:
        group, paths, found = next_group(root, paths, reader.cipher)
        own, passed = _load_group(desk, live, group, reader)
        batches += own
        known += passed
        files += len(group.pieces)
        problems += [*found, *set_aside(group, live, reader.cipher), *put_away(root, group)]
    keep_seniority(engine, store, workspace)
    put_reconciliation(engine, store)
    return LiveLoad(tuple(batches), files, known, tuple(problems), torn, recovered)


def _load_group(desk: Desk, live: dict[str, Source], group: Group, reader: SpoolReader) -> tuple[list[LiveBatch], int]:
    """Import the files of a group, a batch per source; return the batches and how many were known."""
    batches: list[LiveBatch] = []
    known = 0
    for name, kept in group.of_sources().items():
        source = live.get(name)
        if source is None:
            continue
        if _is_known(desk, name, group):
            known += 1
        elif batch := _load_source(desk, source, kept, group, reader):
            batches.append(batch)
    return batches, known


def _load_source(
    desk: Desk, source: Source, kept: Sequence[Kept], group: Group, reader: SpoolReader
) -> LiveBatch | None:
    """Import the rows of a source's requests as a batch; None when they say nothing (a mere check of the sender's)."""
    gathered = gather(kept, reader.find, desk.workspace.currency.code)
    if not gathered.received:
        return None
    desk.progress(source.id, group.shown, 0, gathered.received)
    origin = SourceFile(source.id, "live", group.shown, group.sha256, group.size, mapping=source.fingerprint)
    scan, header = put_scan(desk.engine, gathered)
    batch_seq, rows, warnings = import_scan(desk, _narrowed(source, gathered), scan, header, origin)
    desk.progress(source.id, group.shown, rows.received, rows.received)
    return LiveBatch(source.id, group.shown, batch_seq, len(kept), rows, warnings)


def _narrowed(source: Source, gathered: Gathered) -> Source:
    """Return the source without the feeds of kinds of rows that did not come: a small batch has few kinds."""
    absent = {f"\"row\" = '{kind}'" for kind in gathered.absent}
    feeds = [feed for feed in source.feeds if (feed.where or "").partition(" AND ")[0] not in absent]
    return source.model_copy(update={"feeds": tuple(feeds) or source.feeds[:1]})


def _is_known(desk: Desk, source: str, group: Group) -> bool:
    with desk.store.reading() as work:
        return work.segments.find_file(source, group.sha256) is not None
