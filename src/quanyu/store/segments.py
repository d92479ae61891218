"""The raw log: one record per delivery, with the sealed Parquet files that hold its rows.

Grain: one batch, numbered without gaps.  A batch is `open` while its files are written, then `sealed` or `abandoned`,
after which it never changes (invariant E14).  A sealed batch is taken out of the log by a record beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from quanyu.clock import now
from quanyu.errors import InternalError, Problem, UserError, Where
from quanyu.store.rows import next_number
from quanyu.store.schema import raw_segment, segment_erasure, segment_withdrawal


class SegmentStatus(StrEnum):
    """How far a batch has come; only `SEALED` batches are part of the log, `WITHDRAWN` ones were."""

    OPEN = "open"
    SEALED = "sealed"
    ABANDONED = "abandoned"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """What a batch is read from.

    `kind` is the reader (`csv`, `excel`, `jsonl`, `parquet`, `sql`, `replay`); `file` the path as read, or a name for
    what is no file.  `file_sha256`, `file_bytes` and `file_modified_at` are None where there is no file.  `mapping` is
    the fingerprint of the mapping its rows are read with.
    """

    source: str
    kind: str
    file: str
    file_sha256: str | None = None
    file_bytes: int | None = None
    file_modified_at: datetime | None = None
    mapping: str | None = None


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """One sealed Parquet file of a batch: path relative to the state folder, SHA-256 (hex), bytes, rows."""

    path: str
    sha256: str
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Where the rows of a batch went; `received` must be the sum of the other three (invariant E2)."""

    received: int
    stored: int
    quarantined: int
    duplicate: int


@dataclass(frozen=True, slots=True)
class RawSegment:
    """One batch of the raw log; counts are 0 and `sealed_at` None until it is sealed.

    `recorded_at` is when the batch was begun (UTC), `received_day` its date in the workspace's zone.  `mapping` is None
    for a batch read before mappings were noted; `reading` is 1, and one more after each withdrawal of its content.
    """

    batch_seq: int
    source: str
    kind: str
    file: str
    file_sha256: str | None
    file_bytes: int | None
    file_modified_at: datetime | None
    segment_files: tuple[SegmentFile, ...]
    rows_received: int
    rows_stored: int
    rows_quarantined: int
    rows_duplicate: int
    received_day: date
    recorded_at: datetime
    sealed_at: datetime | None
    status: SegmentStatus
    mapping: str | None
    reading: int


@dataclass(frozen=True, slots=True)
class ReceivedDay:
    """Rows of sealed batches of one source and day of receipt; received = stored + quarantined + duplicate."""

    source: str
    day: date
    received: int
    stored: int
    quarantined: int
    duplicate: int


_ROWS = raw_segment.outerjoin(segment_withdrawal, segment_withdrawal.c.batch_seq == raw_segment.c.batch_seq)
_STATUS = case(
    (segment_withdrawal.c.batch_seq.is_not(None), SegmentStatus.WITHDRAWN.value), else_=raw_segment.c.status
).label("status")
_COLUMNS = [_STATUS if field.name == "status" else raw_segment.c[field.name] for field in fields(RawSegment)]
_IN_LOG = (SegmentStatus.OPEN.value, SegmentStatus.SEALED.value)


class Segments:
    """The raw segments, inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, file: SourceFile, received_day: date) -> int:
        """Open a batch and return its number, one more than the last.

        A file whose content this source has delivered before, in a batch that was not abandoned or withdrawn, raises
        UserError `import.duplicate_file`.
        """
        batch_seq = next_number(self._connection, raw_segment.c.batch_seq)
        row = {
            **asdict(file),
            "batch_seq": batch_seq,
            "segment_files": [],
            "rows_received": 0,
            "rows_stored": 0,
            "rows_quarantined": 0,
            "rows_duplicate": 0,
            "received_day": received_day,
            "recorded_at": now(),
            "status": SegmentStatus.OPEN.value,
            "reading": 1 + self._withdrawn_readings(file),
        }
        if file.file_sha256 and (earlier := self.find_file(file.source, file.file_sha256)):
            raise UserError(_duplicate_file(file, earlier))
        self._connection.execute(insert(raw_segment), row)
        return batch_seq

    def seal(self, batch_seq: int, files: Sequence[SegmentFile], rows: RowCounts) -> None:
        """End an open batch with its files and counts; counts that do not add up are an InternalError."""
        values = {
            "status": SegmentStatus.SEALED.value,
            "sealed_at": now(),
            "segment_files": [asdict(file) for file in files],
            "rows_received": rows.received,
            "rows_stored": rows.stored,
            "rows_quarantined": rows.quarantined,
            "rows_duplicate": rows.duplicate,
        }
        try:
            self._end(batch_seq, values)
        except IntegrityError as error:
            raise InternalError(f"batch {batch_seq} does not reconcile: {rows}") from error

    def abandon(self, batch_seq: int) -> None:
        """End an open batch that will have no rows; its number stays used, its file may be read again."""
        self._end(batch_seq, {"status": SegmentStatus.ABANDONED.value})

    def abandon_open(self) -> list[int]:
        """Abandon what a dead run left open and return the numbers; call it under the run lease only."""
        left = [segment.batch_seq for segment in self.find(status=SegmentStatus.OPEN)]
        for batch_seq in left:
            self.abandon(batch_seq)
        return left

    def get(self, batch_seq: int) -> RawSegment | None:
        """Return the batch of that number, or None."""
        found = self._select(raw_segment.c.batch_seq == batch_seq)
        return found[0] if found else None

    def withdraw(self, batch_seqs: Sequence[int], actor: str, reason: str) -> None:
        """Take sealed batches out of the log by a record; their content may be read again, their numbers stay used."""
        for batch_seq in batch_seqs:
            batch = self.get(batch_seq)
            if batch is None or batch.status is not SegmentStatus.SEALED:
                raise InternalError(f"batch {batch_seq} is not in the log")
            values = {"batch_seq": batch_seq, "reason": reason, "withdrawn_by": actor, "withdrawn_at": now()}
            self._connection.execute(insert(segment_withdrawal), values)

    def find_file(self, source: str, sha256: str) -> RawSegment | None:
        """Return the batch, open or sealed, in which the source delivered this content, or None."""
        found = self._select(raw_segment.c.source == source, raw_segment.c.file_sha256 == sha256, _STATUS.in_(_IN_LOG))
        return found[0] if found else None

    def watermark(self) -> int:
        """Return the greatest number up to which every batch has ended; 0 when there is none."""
        first_open = select(func.min(raw_segment.c.batch_seq)).where(raw_segment.c.status == SegmentStatus.OPEN.value)
        last = select(func.max(raw_segment.c.batch_seq))
        query = select(func.coalesce(first_open.scalar_subquery() - 1, last.scalar_subquery(), 0))
        return int(self._connection.execute(query).scalar_one())

    def reconciliation(self) -> list[ReceivedDay]:
        """Return the row counts of sealed batches per source and day of receipt, oldest day first."""
        day = raw_segment.c.received_day
        counts = [
            func.sum(raw_segment.c[f"rows_{part}"]) for part in ("received", "stored", "quarantined", "duplicate")
        ]
        query = (
            select(raw_segment.c.source, day, *counts)
            .select_from(_ROWS)
            .where(_STATUS == SegmentStatus.SEALED.value)
            .group_by(raw_segment.c.source, day)
            .order_by(day, raw_segment.c.source)
        )
        return [ReceivedDay(source, day, *map(int, rows)) for source, day, *rows in self._connection.execute(query)]

    def find(
        self, *, source: str | None = None, status: SegmentStatus | None = None, after: int = 0
    ) -> list[RawSegment]:
        """Return the batches numbered above `after`, in order of number, of one source or status if given."""
        conditions = [raw_segment.c.batch_seq > after]
        if source is not None:
            conditions.append(raw_segment.c.source == source)
        if status is not None:
            conditions.append(_STATUS == status.value)
        return self._select(*conditions)

    def _select(self, *conditions: ColumnElement[bool]) -> list[RawSegment]:
        query = select(*_COLUMNS).select_from(_ROWS).where(*conditions).order_by(raw_segment.c.batch_seq)
        found = [_segment(row) for row in self._connection.execute(query)]
        erased = self._erased() if found else {}
        return [_now(segment, erased) for segment in found] if erased else found

    def replace_file(self, batch_seq: int, sealed_path: str, file: SegmentFile | None, request_id: int | None) -> None:
        """Say that a deletion put another file (None: nothing) in the place of one that was sealed.

        The batch stays as it was sealed, with its counts; whoever asks for its files is given what stands there now.
        """
        place = (segment_erasure.c.batch_seq == batch_seq, segment_erasure.c.sealed_path == sealed_path)
        self._connection.execute(delete(segment_erasure).where(*place))
        row = {
            "batch_seq": batch_seq,
            "sealed_path": sealed_path,
            "file": None if file is None else asdict(file),
            "request_id": request_id,
            "erased_at": now(),
        }
        self._connection.execute(insert(segment_erasure), row)

    def sealed_files(self, batch_seq: int) -> dict[str, SegmentFile]:
        """Return the files of a batch that are there now, by the path under which each was sealed."""
        query = select(raw_segment.c.segment_files).where(raw_segment.c.batch_seq == batch_seq)
        sealed = self._connection.execute(query).scalar_one()
        erased = self._erased()
        now_there = {file["path"]: erased.get((batch_seq, file["path"]), SegmentFile(**file)) for file in sealed}
        return {path: file for path, file in now_there.items() if file is not None}

    def _erased(self) -> dict[tuple[int, str], SegmentFile | None]:
        query = select(segment_erasure.c.batch_seq, segment_erasure.c.sealed_path, segment_erasure.c.file)
        rows = self._connection.execute(query)
        return {(batch, path): None if file is None else SegmentFile(**file) for batch, path, file in rows}

    def was_withdrawn_since(self, moment: datetime) -> bool:
        """Return whether a batch was taken out of the log at a moment or after it."""
        query = select(segment_withdrawal.c.batch_seq).where(segment_withdrawal.c.withdrawn_at >= moment).limit(1)
        return self._connection.execute(query).first() is not None

    def _withdrawn_readings(self, file: SourceFile) -> int:
        if file.file_sha256 is None:
            return 0
        query = (
            select(func.count())
            .select_from(_ROWS)
            .where(
                raw_segment.c.source == file.source,
                raw_segment.c.file_sha256 == file.file_sha256,
                _STATUS == SegmentStatus.WITHDRAWN.value,
            )
        )
        return int(self._connection.execute(query).scalar_one())

    def _end(self, batch_seq: int, values: dict[str, Any]) -> None:
        statement = update(raw_segment).where(
            raw_segment.c.batch_seq == batch_seq, raw_segment.c.status == SegmentStatus.OPEN.value
        )
        if self._connection.execute(statement, values).rowcount != 1:
            raise InternalError(f"batch {batch_seq} is not open")


def _segment(row: Any) -> RawSegment:
    values = row._asdict()
    values["segment_files"] = tuple(SegmentFile(**file) for file in values["segment_files"])
    values["status"] = SegmentStatus(values["status"])
    return RawSegment(**values)


def _now(segment: RawSegment, erased: Mapping[tuple[int, str], SegmentFile | None]) -> RawSegment:
    """Return a batch with the files that deletions left of it."""
    files = [erased.get((segment.batch_seq, file.path), file) for file in segment.segment_files]
    return replace(segment, segment_files=tuple(file for file in files if file is not None))


def _duplicate_file(file: SourceFile, earlier: RawSegment) -> Problem:
    return Problem(
        "import.duplicate_file",
        f"Already imported on {earlier.received_day} as #{earlier.batch_seq} (same content as {earlier.file}).",
        "Nothing was read again. If the file should differ, export it anew.",
        Where(file=file.file),
    )
