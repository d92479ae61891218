"""Loads sealed spool files: requests are decoded, their records become rows, the rows go the way of every file.

One spool file is one batch per live source, known by the file's SHA-256 as files are: what was sealed before is passed
over, so a process killed at any point leaves nothing out and stores nothing twice.  A file whose batches are all sealed
is moved to `done/` and removed after some days.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Final

import msgspec

from quanyu.clock import now
from quanyu.collect.record import Family
from quanyu.collect.spool import Cipher, Kept, read_kept
from quanyu.collect.spool_files import SEALED, Disk, Torn, recover_dead
from quanyu.config import Workspace
from quanyu.definitions.source import Source
from quanyu.engine import DuckDBEngine
from quanyu.errors import Problem, Severity, UserError, Where
from quanyu.ingest.batch import Desk, Progress, import_scan, open_desk
from quanyu.ingest.landing import keep_seniority
from quanyu.ingest.live_rows import Gathered, gather, put_scan
from quanyu.ingest.reconcile import put_reconciliation
from quanyu.store import RowCounts, SourceFile, Store

Find = Callable[[str, str], Family | None]
"""Return the family of SDKs that owns a method and path."""
KEEP: Final = timedelta(days=3)
DONE: Final = "done"
DAMAGED: Final = "damaged"
UNCLAIMED: Final = "unclaimed"
_BETWEEN_NAMES: Final = "+"


@dataclass(frozen=True, slots=True)
class LiveBatch:
    """What one spool file held for one source: its batch, its requests, where its rows went; warnings."""

    source: str
    batch_seq: int
    requests: int
    rows: RowCounts
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveFile:
    """One spool file, by its name relative to the state folder: its requests, its new batches, those known before."""

    file: str
    requests: int
    batches: tuple[LiveBatch, ...]
    known: int = 0


@dataclass(frozen=True, slots=True)
class LiveLoad:
    """What a load did: files, what could not be loaded, ends that dead collectors left, batches of a dead loader."""

    files: tuple[LiveFile, ...] = ()
    problems: tuple[Problem, ...] = ()
    torn: tuple[Torn, ...] = ()
    recovered: tuple[int, ...] = ()

    @property
    def rows(self) -> RowCounts:
        """Return the rows of all new batches together; received = stored + quarantined + duplicate."""
        counts = [batch.rows for file in self.files for batch in file.batches]
        return RowCounts(
            sum(one.received for one in counts),
            sum(one.stored for one in counts),
            sum(one.quarantined for one in counts),
            sum(one.duplicate for one in counts),
        )


@dataclass(frozen=True, slots=True)
class SpoolReader:
    """How spool files are read: the cipher of their frames, the families of SDKs, how long loaded files are kept."""

    cipher: Cipher
    find: Find
    keep: timedelta = KEEP


@dataclass(slots=True)
class _Told:
    files: list[LiveFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def load_spool(
    workspace: Workspace,
    sources: Sequence[Source],
    store: Store,
    engine: DuckDBEngine,
    reader: SpoolReader,
    progress: Progress | None = None,
) -> LiveLoad:
    """Load every sealed spool file of every collector, oldest first, and return what came of it.

    Call it under the run lease.  A file that cannot be read stays where it is, as a problem, and does not hold up the
    others; one with requests of a source that the workspace does not have waits in `unclaimed/` until it has it.
    Raises UserError for a wrong workspace key, ExternalError when a disk or database fails: the next call goes on.
    """
    root = workspace.folder("spool")
    live = {source.id: source for source in sources if source.format == "live"}
    torn = recover_dead(root, Disk())
    _remove_old(root, reader.keep)
    paths = waiting_files(root, live)
    if not paths:
        return LiveLoad(torn=torn)
    desk, recovered = open_desk(workspace, store, engine, progress)
    told = _Told()
    for path in paths:
        _load_file(desk, live, path, reader, told)
    keep_seniority(engine, store, workspace)
    put_reconciliation(engine, store)
    return LiveLoad(tuple(told.files), tuple(told.problems), torn, recovered)


def waiting_files(root: Path, live: Sequence[str] | dict[str, Source]) -> list[Path]:
    """Return the sealed files that can be loaded, oldest first: new ones, and unclaimed ones whose source there is."""
    unclaimed = [path for path in root.glob(f"*/{UNCLAIMED}/*{SEALED}") if _names_of(path) & {*live}]
    return sorted([*root.glob(f"*/*{SEALED}"), *unclaimed], key=lambda path: (path.name, path.parent))


def _load_file(desk: Desk, live: dict[str, Source], path: Path, reader: SpoolReader, told: _Told) -> None:
    collector = path.parent.parent if path.parent.name == UNCLAIMED else path.parent
    shown = f"spool/{collector.name}/{path.name.partition(_BETWEEN_NAMES)[0].removesuffix(SEALED)}"
    data = path.read_bytes()
    try:
        kept, length = read_kept(data, reader.cipher)
    except (UserError, msgspec.MsgspecError) as error:
        told.problems.append(_unreadable(shown, error))
        return
    digest = hashlib.sha256(data).hexdigest()
    batches: list[LiveBatch] = []
    known = 0
    unclaimed: list[str] = []
    for name, own in _by_source(kept):
        source = live.get(name)
        if source is None:
            unclaimed.append(name)
        elif _is_known(desk, name, digest):
            known += 1
        else:
            origin = SourceFile(name, "live", shown, digest, len(data), _modified(path), source.fingerprint)
            if batch := _load_source(desk, source, own, origin, reader.find):
                batches.append(batch)
    told.files.append(LiveFile(shown, len(kept), tuple(batches), known))
    if unclaimed:
        told.problems.append(_unclaimed(shown, unclaimed))
    if length < len(data):
        told.problems.append(_damaged(shown, len(data) - length))
    _put_away(path, collector, unclaimed, is_damaged=length < len(data))


def _load_source(desk: Desk, source: Source, kept: Sequence[Kept], origin: SourceFile, find: Find) -> LiveBatch | None:
    """Import the rows of a source's requests as a batch; None when they say nothing (a mere check of the sender's)."""
    gathered = gather(kept, find, desk.workspace.currency.code)
    if not gathered.received:
        return None
    desk.progress(source.id, origin.file, 0, gathered.received)
    scan, header = put_scan(desk.engine, gathered)
    batch_seq, rows, warnings = import_scan(desk, _narrowed(source, gathered), scan, header, origin)
    desk.progress(source.id, origin.file, rows.received, rows.received)
    return LiveBatch(source.id, batch_seq, len(kept), rows, warnings)


def _narrowed(source: Source, gathered: Gathered) -> Source:
    """Return the source without the feeds of kinds of rows that did not come: a small batch has few kinds."""
    absent = {f"\"row\" = '{kind}'" for kind in gathered.absent}
    feeds = [feed for feed in source.feeds if (feed.where or "").partition(" AND ")[0] not in absent]
    return source.model_copy(update={"feeds": tuple(feeds) or source.feeds[:1]})


def _by_source(kept: Sequence[Kept]) -> Iterator[tuple[str, list[Kept]]]:
    ordered = sorted(kept, key=lambda one: (one.source, one.position))
    return ((name, list(group)) for name, group in groupby(ordered, key=lambda one: one.source))


def _is_known(desk: Desk, source: str, digest: str) -> bool:
    with desk.store.reading() as work:
        return work.segments.find_file(source, digest) is not None


def _put_away(path: Path, collector: Path, unclaimed: Sequence[str], *, is_damaged: bool) -> None:
    """Move a file to where it belongs after its load; done again after a crash it changes nothing more."""
    name = path.name.partition(_BETWEEN_NAMES)[0].removesuffix(SEALED)
    folder = DAMAGED if is_damaged else DONE
    if unclaimed:
        # Of a few sources: a name has room for three of the longest, and one that is there is enough to try again.
        folder, name = UNCLAIMED, _BETWEEN_NAMES.join([name, *unclaimed[:3]])
    (collector / folder).mkdir(exist_ok=True)
    path.rename(collector / folder / f"{name}{SEALED}")


def _names_of(path: Path) -> set[str]:
    return {*path.name.removesuffix(SEALED).split(_BETWEEN_NAMES)[1:]}


def _remove_old(root: Path, keep: timedelta) -> None:
    for path in root.glob(f"*/{DONE}/*{SEALED}"):
        if _modified(path) < now() - keep:
            path.unlink(missing_ok=True)


def _modified(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _unreadable(file: str, error: Exception) -> Problem:
    if isinstance(error, UserError):
        return error.problems[0]
    message = "The frames of this file are whole, but hold something else than requests."
    return Problem("spool.unreadable", message, "Was it written by another version of quanyu?", Where(file=file))


def _unclaimed(file: str, names: Sequence[str]) -> Problem:
    message = f"Requests of {', '.join(names)}, which is no live source, wait in {UNCLAIMED}/."
    remedy = "Declare the source again (format: live); they are loaded then."
    return Problem("live.unknown_source", message, remedy, Where(file=file), Severity.WARNING)


def _damaged(file: str, count: int) -> Problem:
    message = f"The last {count:,} bytes of this file are no whole frame; the file is kept in {DAMAGED}/."
    return Problem("spool.damaged", message, "What stood before them is loaded. Check the disk.", Where(file=file))
