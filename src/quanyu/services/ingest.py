"""What people ask and decide about received files and refused rows."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from quanyu.engine import DuckDBEngine
from quanyu.errors import Problem, Severity, UserError, Where, did_you_mean
from quanyu.ingest.batch import Progress as Tell
from quanyu.ingest.drive import FileResult
from quanyu.ingest.landing import rebuild_landing
from quanyu.ingest.quarantine import ShownRow, discard_rows, repair_rows, replay_rows, show_row
from quanyu.ingest.reconcile import put_reconciliation
from quanyu.progress import Listener, Progress, silent
from quanyu.services.project import Project, open_operations, open_warehouse
from quanyu.store import (
    AuditEntry,
    QuarantineCount,
    QuarantineRow,
    QuarantineState,
    RawSegment,
    RefusedFile,
    SegmentStatus,
    Store,
    hold_lease,
    open_vault,
)

WAITING: Final = (QuarantineState.OPEN, QuarantineState.REPAIRED)
EDIT_COLUMNS: Final = ("id", "field", "value")


@dataclass(frozen=True, slots=True)
class SourceDay:
    """Files and rows of one source on one day of receipt (in the workspace's zone)."""

    source: str
    day: date
    files: int
    received: int
    stored: int
    quarantined: int
    duplicate: int

    @property
    def adds_up(self) -> bool:
        """Return whether received = stored + quarantined + duplicate."""
        return self.received == self.stored + self.quarantined + self.duplicate


@dataclass(frozen=True, slots=True)
class IngestStatus:
    """What was received: rows per source and day, files refused at the last run, mappings changed since they were read.

    `withdrawn` counts batches taken out of the raw log.
    """

    days: tuple[SourceDay, ...]
    refused: tuple[RefusedFile, ...]
    changed: tuple[Problem, ...]
    withdrawn: int


@dataclass(frozen=True, slots=True)
class QuarantinePage:
    """Refused rows: counts of everything asked for, by reason, and the first rows of it."""

    counts: tuple[QuarantineCount, ...]
    rows: tuple[QuarantineRow, ...]


def ingest_status(project: Project, store: Store) -> IngestStatus:
    """Return what every source delivered, per day of receipt, oldest day first, and what needs somebody's attention."""
    with store.reading() as work:
        days = work.segments.reconciliation()
        sealed = work.segments.find(status=SegmentStatus.SEALED)
        withdrawn = work.segments.find(status=SegmentStatus.WITHDRAWN)
        refused = work.refusals.find()
    files: dict[tuple[str, date], int] = {}
    for segment in sealed:
        place = (segment.source, segment.received_day)
        files[place] = files.get(place, 0) + (segment.kind != "replay")
    told = tuple(
        SourceDay(
            one.source,
            one.day,
            files[one.source, one.day],
            one.received,
            one.stored,
            one.quarantined,
            one.duplicate,
        )
        for one in days
    )
    return IngestStatus(told, tuple(refused), tuple(changed_mappings(project, store)), len(withdrawn))


def changed_mappings(project: Project, store: Store) -> Iterator[Problem]:
    """Yield a warning for each source of which batches were read with another mapping than the one it has now."""
    with store.reading() as work:
        sealed = work.segments.find(status=SegmentStatus.SEALED)
    for source in project.sources:
        old = _read_otherwise(sealed, source.id, source.fingerprint)
        if old:
            rows = sum(batch.rows_received for batch in old)
            yield Problem(
                "ingest.mapping_changed",
                f"The mapping changed since {len(old)} batches ({rows:,} rows) were read; they stay as they were read.",
                f"To read them anew: quanyu ingest reread {source.id}",
                source.place(),
                Severity.WARNING,
            )


def _read_otherwise(sealed: Sequence[RawSegment], source: str, fingerprint: str) -> list[RawSegment]:
    own = [batch for batch in sealed if batch.source == source]
    return [batch for batch in own if batch.mapping not in (None, fingerprint)]


def refused_rows(
    store: Store, *, source: str | None = None, code: str | None = None, limit: int = 50
) -> QuarantinePage:
    """Return the rows that wait in quarantine, open or repaired, of one source and reason if given."""
    with store.reading() as work:
        counts = [
            one
            for one in work.quarantine.counts()
            if one.state in WAITING and source in (None, one.source) and code in (None, one.code)
        ]
        rows = [
            row for state in WAITING for row in work.quarantine.find(source=source, code=code, state=state, limit=limit)
        ]
    return QuarantinePage(tuple(counts), tuple(_first(rows, limit)))


def _first(rows: Iterable[QuarantineRow], limit: int) -> list[QuarantineRow]:
    return sorted(rows, key=lambda row: row.quarantine_id)[:limit]


def show(project: Project, store: Store, quarantine_id: int, actor: str) -> ShownRow:
    """Return a refused row with what may be personal in it masked; that it was looked at is audited.

    Raises UserError `quarantine.unknown`.
    """
    told = show_row(store, open_vault(project.workspace.key_file), project.sources, quarantine_id)
    with store.transaction() as work:
        work.audit.add(AuditEntry(actor, "quarantine.show", told.row.source, 1, "data quality", {"id": quarantine_id}))
    return told


def repair(
    project: Project, store: Store, edits: Mapping[int, Mapping[str, str | None]], actor: str
) -> tuple[QuarantineRow, ...]:
    """Keep edits of refused rows by id (heading → new text, None for empty), for the next replay to read.

    Raises UserError `quarantine.unknown`, `quarantine.heading_unknown`, `quarantine.ended`; rows edited before stay so.
    """
    vault = open_vault(project.workspace.key_file)
    repaired: list[QuarantineRow] = []
    for quarantine_id, cells in edits.items():
        repaired += repair_rows(store, vault, [quarantine_id], cells, actor)
    return tuple(repaired)


def read_edits(path: Path) -> dict[int, dict[str, str | None]]:
    """Return the edits of a CSV file with columns id, field, value (an empty value empties the cell).

    Raises UserError `repair.file` with every line that is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"The file of edits cannot be read: {error}"
        raise UserError(Problem("repair.file", message, "Give a CSV file in UTF-8.", Where(str(path)))) from error
    reader = csv.DictReader(text.splitlines())
    problems: list[Problem] = []
    edits: dict[int, dict[str, str | None]] = {}
    if tuple(reader.fieldnames or ()) != EDIT_COLUMNS:
        message = f"The header is {', '.join(reader.fieldnames or ()) or 'missing'}."
        problems.append(Problem("repair.file", message, "Write id,field,value.", Where(str(path), 1)))
    for row in reader if not problems else ():
        if not (row["id"] or "").isdecimal() or not row["field"]:
            where = Where(str(path), reader.line_num)
            problems.append(Problem("repair.file", "No id of a refused row, or no field.", "Correct the line.", where))
            continue
        edits.setdefault(int(row["id"]), {})[row["field"]] = row["value"] or None
    if problems:
        raise UserError(problems)
    return edits


def discard(store: Store, quarantine_ids: Sequence[int], actor: str) -> tuple[QuarantineRow, ...]:
    """Give refused rows up for good; they stay counted.  Raises UserError `quarantine.unknown`, `quarantine.ended`."""
    return discard_rows(store, quarantine_ids, actor)


def replay(project: Project, source: str | None = None, listen: Listener = silent) -> tuple[FileResult, ...]:
    """Read repaired rows again, of one source or all, and return what became of them.

    Raises UserError `ingest.unknown_source`, `run.busy`, `warehouse.locked`.
    """
    sources = [one for one in project.sources if source in (None, one.id)]
    if not sources:
        raise UserError(unknown_source(project, source or ""))
    with at_work(project, "replay") as (store, engine):
        return replay_rows(project.workspace, sources, store, engine, progress=told_to(listen))


def rebuild(project: Project) -> int:
    """Make the landing tables anew from the raw log alone and return the number of batches (invariant E8)."""
    with at_work(project, "rebuild") as (store, engine):
        loaded = rebuild_landing(engine, store, project.workspace)
        put_reconciliation(engine, store)
        engine.checkpoint()
        return len(loaded)


@contextmanager
def at_work(project: Project, command: str) -> Iterator[tuple[Store, DuckDBEngine]]:
    """Give store and warehouse under the run lease."""
    with (
        open_operations(project.workspace) as store,
        hold_lease(store, command),
        open_warehouse(project.workspace) as engine,
    ):
        yield store, engine


def told_to(listen: Listener) -> Tell:
    """Return a teller of ingest's progress that tells a listener."""

    def tell(source: str, file: str, done: int, total: int) -> None:
        listen(Progress("ingest", f"{source}: {Path(file).name}", done, total or None))

    return tell


def unknown_source(project: Project, name: str) -> Problem:
    """Return the problem of naming a source that does not exist, with the nearest name."""
    known = [source.id for source in project.sources]
    remedy = did_you_mean(name, known) or f"There are {', '.join(known) or 'none'}."
    return Problem("ingest.unknown_source", f'No source "{name[:60]}".', remedy)
