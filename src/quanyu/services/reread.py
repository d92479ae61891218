"""A mapping was corrected: what was read with the old one is withdrawn on record, and its files are read anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from quanyu.definitions import Source
from quanyu.errors import Problem, UserError, Where
from quanyu.ingest.batch import open_desk
from quanyu.ingest.drive import FileResult, IngestReport, ingest_all, ingest_file
from quanyu.ingest.files import DataFile, find_files, read_facts
from quanyu.ingest.quarantine import replay_rows
from quanyu.progress import Listener, silent
from quanyu.services.ingest import WAITING, at_work, told_to, unknown_source
from quanyu.services.project import Project
from quanyu.store import (
    AuditEntry,
    QuarantineRow,
    QuarantineState,
    RawSegment,
    SegmentStatus,
    Store,
    quarantine_id,
)

_MANY = 10_000_000


class WhenGone(StrEnum):
    """What to do about batches whose file is no longer there as it was read, such as an export that is overwritten."""

    REFUSE = "refuse"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class RereadReport:
    """What a rereading did: batches withdrawn, what became of the files, of the rows repaired before, and of the rest.

    `carried` counts repairs and discards of refused rows that were made again on the rows read anew; `lost` those that
    have no row any more, because it is accepted now or was refused in a replay.
    """

    withdrawn: tuple[int, ...]
    files: tuple[FileResult, ...]
    carried: int
    lost: int
    ingest: IngestReport


@dataclass(frozen=True, slots=True)
class RereadRequest:
    """Which source to read anew, who wants it and why, and what to do about batches whose file is gone."""

    source: str
    actor: str
    reason: str
    when_gone: WhenGone = WhenGone.REFUSE


def reread(project: Project, request: RereadRequest, listen: Listener = silent) -> RereadReport:
    """Withdraw every batch of a source, if one was read with another mapping, and read its files in their old order.

    Repairs and discards of refused rows are made again where the row is refused again.  Raises UserError
    `ingest.unknown_source`, `ingest.nothing_to_reread`, and `ingest.file_gone` when a file is no longer what was read;
    then nothing is done.  Killed at any moment, the next run reads what is missing.
    """
    actor = request.actor
    source = next((one for one in project.sources if one.id == request.source), None)
    if source is None:
        raise UserError(unknown_source(project, request.source))
    with at_work(project, "reread") as (store, engine):
        old, files = _to_withdraw(project, store, source, request.when_gone)
        kept = _decided_rows(store, old)
        _withdraw(store, source, old, (actor, request.reason))
        desk, _ = open_desk(project.workspace, store, engine, told_to(listen))
        results = [ingest_file(desk, source, file) for file in files]
        again = _rows_again(store, old, kept)
        _carry(store, kept, again, actor)
        replayed = [
            again[row.quarantine_id].quarantine_id
            for row in kept
            if row.state is QuarantineState.REPLAYED and row.quarantine_id in again
        ]
        if replayed:
            results += replay_rows(project.workspace, [source], store, engine, quarantine_ids=replayed)
        report = ingest_all(project.workspace, project.sources, store, engine, told_to(listen))
        engine.checkpoint()
    withdrawn = tuple(batch.batch_seq for batch in old)
    return RereadReport(withdrawn, tuple(results), len(again), len(kept) - len(again), report)


def _to_withdraw(
    project: Project, store: Store, source: Source, when_gone: WhenGone
) -> tuple[list[RawSegment], list[DataFile]]:
    """Return the batches to withdraw and the files to read for them, in the order they were read.

    These are all batches of the source, since one read after a later one would pass for the newer; or all after the
    last one whose file is gone, which stay in their order too.
    """
    with store.reading() as work:
        old = work.segments.find(source=source.id, status=SegmentStatus.SEALED)
    found = _by_content(project, source, old)
    gone = [batch for batch in old if batch.file_sha256 and batch.file_sha256 not in found]
    if gone and when_gone is WhenGone.REFUSE:
        raise UserError(_gone(batch) for batch in gone)
    if gone:
        old = [batch for batch in old if batch.batch_seq > gone[-1].batch_seq]
    if all(batch.mapping == source.fingerprint for batch in old):
        message = f"Every batch of {source.id} that can be read anew was read with the mapping it has now."
        raise UserError(Problem("ingest.nothing_to_reread", message, "Correct the mapping first.", source.place()))
    return old, [found[batch.file_sha256] for batch in old if batch.file_sha256]


def _by_content(project: Project, source: Source, old: Sequence[RawSegment]) -> dict[str, DataFile]:
    """Return the source's files by SHA-256; file contents are read only where name, size or time tell nothing."""
    found, _ = find_files(source, project.workspace)
    named: dict[object, DataFile] = {(file.shown, file.size, file.modified_at): file for file in found}
    by_content = {
        batch.file_sha256: file
        for batch in old
        if batch.file_sha256 and (file := named.get((batch.file, batch.file_bytes, batch.file_modified_at)))
    }
    if any(batch.file_sha256 and batch.file_sha256 not in by_content for batch in old):
        by_content |= {read_facts(file).sha256: file for file in found}
    return by_content


def _gone(batch: RawSegment) -> Problem:
    return Problem(
        "ingest.file_gone",
        f"The file read on {batch.received_day.isoformat()} as batch {batch.batch_seq} is gone or changed.",
        "Put it back as it was, or read anew only what came after it with --keep-gone. Nothing was withdrawn.",
        Where(file=batch.file),
    )


def _decided_rows(store: Store, old: Sequence[RawSegment]) -> list[QuarantineRow]:
    """Return the refused rows of the batches that somebody repaired, replayed or discarded."""
    rows: list[QuarantineRow] = []
    with store.reading() as work:
        for batch in old:
            rows += work.quarantine.find(batch_seq=batch.batch_seq, limit=_MANY)
    return [row for row in rows if row.state is not QuarantineState.OPEN]


def _withdraw(store: Store, source: Source, old: Sequence[RawSegment], who_why: tuple[str, str]) -> None:
    actor, reason = who_why
    numbers = [batch.batch_seq for batch in old]
    with store.transaction() as work:
        for number in numbers:
            waiting = [
                row.quarantine_id
                for state in WAITING
                for row in work.quarantine.find(batch_seq=number, state=state, limit=_MANY)
            ]
            work.quarantine.discard(waiting, actor)
        work.segments.withdraw(numbers, actor, reason)
        work.audit.add(AuditEntry(actor, "ingest.reread", source.id, len(numbers), reason, {"batches": numbers}))


def _rows_again(store: Store, old: Sequence[RawSegment], kept: Sequence[QuarantineRow]) -> dict[int, QuarantineRow]:
    """Return by id of a row of a withdrawn batch the same row of the file read anew, where it was refused again."""
    contents = {batch.batch_seq: batch.file_sha256 for batch in old if batch.file_sha256}
    found: dict[int, QuarantineRow] = {}
    with store.reading() as work:
        anew = {batch_seq: work.segments.find_file(old[0].source, content) for batch_seq, content in contents.items()}
        for row in kept:
            batch = anew.get(row.batch_seq)
            again = work.quarantine.get(quarantine_id(batch.batch_seq, row.row_number)) if batch else None
            if again is not None and again.state in WAITING:
                found[row.quarantine_id] = again
    return found


def _carry(store: Store, kept: Sequence[QuarantineRow], again: Mapping[int, QuarantineRow], actor: str) -> None:
    """Make repairs and discards again on the rows read anew."""
    with store.transaction() as work:
        for row in kept:
            new = again.get(row.quarantine_id)
            if new is not None and row.edits_enc is not None:
                work.quarantine.repair(new.quarantine_id, row.edits_enc, row.repaired_by or actor)
            elif new is not None and row.state is QuarantineState.DISCARDED:
                work.quarantine.discard([new.quarantine_id], row.repaired_by or actor)
