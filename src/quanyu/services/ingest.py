"""What people ask and decide about received files and refused rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from quanyu.store import QuarantineCount, QuarantineRow, QuarantineState, SegmentStatus, Store


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
class QuarantinePage:
    """Refused rows: counts of everything asked for, by reason, and the first rows of it."""

    counts: tuple[QuarantineCount, ...]
    rows: tuple[QuarantineRow, ...]


def received_days(store: Store) -> tuple[SourceDay, ...]:
    """Return what every source delivered, per day of receipt, oldest day first."""
    with store.reading() as work:
        days = work.segments.reconciliation()
        sealed = work.segments.find(status=SegmentStatus.SEALED)
    files: dict[tuple[str, date], set[int]] = {}
    for segment in sealed:
        files.setdefault((segment.source, segment.received_day), set()).add(segment.batch_seq)
    return tuple(
        SourceDay(
            one.source,
            one.day,
            len(files[one.source, one.day]),
            one.received,
            one.stored,
            one.quarantined,
            one.duplicate,
        )
        for one in days
    )


def refused_rows(
    store: Store, *, source: str | None = None, code: str | None = None, limit: int = 50
) -> QuarantinePage:
    """Return the rows that wait in quarantine, open or repaired, of one source and reason if given."""
    waiting = (QuarantineState.OPEN, QuarantineState.REPAIRED)
    with store.reading() as work:
        counts = [
            one
            for one in work.quarantine.counts()
            if one.state in waiting and source in (None, one.source) and code in (None, one.code)
        ]
        rows = [
            row for state in waiting for row in work.quarantine.find(source=source, code=code, state=state, limit=limit)
        ]
    return QuarantinePage(tuple(counts), tuple(_first(rows, limit)))


def _first(rows: Iterable[QuarantineRow], limit: int) -> list[QuarantineRow]:
    return sorted(rows, key=lambda row: row.quarantine_id)[:limit]
