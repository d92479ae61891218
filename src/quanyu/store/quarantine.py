"""Rows that were refused, with their reason, until they are repaired and replayed or discarded.

Grain: one source row of one batch.  What the row says is kept encrypted; everything in clear is about the fault.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select, update

from quanyu.clock import now
from quanyu.errors import InternalError, Problem, UserError
from quanyu.store.rows import chunks, columns_of, insert_new
from quanyu.store.schema import quarantine_row

ROWS_PER_BATCH: Final = 10**9


class QuarantineState(StrEnum):
    """Where a refused row stands: `OPEN` → `REPAIRED` → `REPLAYED`; or `DISCARDED` for good."""

    OPEN = "open"
    REPAIRED = "repaired"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


def quarantine_id(batch_seq: int, row_number: int) -> int:
    """Return the id of a refused row: batch 12, row 345 is 12000000345; the same row always has the same id."""
    if not 0 <= row_number < ROWS_PER_BATCH:
        raise InternalError(f"row {row_number} of batch {batch_seq} has no quarantine id")
    return batch_seq * ROWS_PER_BATCH + row_number


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """One refused row.

    `line` counts from 1 in the file (None where rows have no lines), `row_number` is the record's number in the batch.
    `field`, `code` and `message` are those of the first of `problems`, which are `Problem.as_dict()` values and never
    hold personal values.  `payload_enc` is the source row, `edits_enc` the repaired fields, encrypted by the vault.
    """

    quarantine_id: int
    batch_seq: int
    source: str
    file: str
    line: int | None
    row_number: int
    field: str
    code: str
    message: str
    problems: tuple[Mapping[str, Any], ...]
    payload_enc: bytes
    state: QuarantineState = QuarantineState.OPEN
    edits_enc: bytes | None = None
    repaired_by: str | None = None
    repaired_at: datetime | None = None
    replay_batch_seq: int | None = None


@dataclass(frozen=True, slots=True)
class QuarantineCount:
    """How many rows of a source were refused for one reason (code of the first problem, field) and stand in a state."""

    source: str
    code: str
    field: str
    state: QuarantineState
    rows: int


_COLUMNS = columns_of(QuarantineRow, quarantine_row)
_ID = quarantine_row.c.quarantine_id
# The rest is what happens to a row later: it begins open.
_GIVEN = [column.name for column in _COLUMNS[: _COLUMNS.index(quarantine_row.c.state)]]


class Quarantine:
    """The refused rows, inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rows: Iterable[QuarantineRow]) -> int:
        """Keep refused rows of a batch begun before; a row already there stays as it is; returns how many were new."""
        return insert_new(self._connection, quarantine_row, _GIVEN, rows)

    def get(self, quarantine_id: int) -> QuarantineRow | None:
        """Return the row of that id, or None."""
        row = self._connection.execute(select(*_COLUMNS).where(_ID == quarantine_id)).first()
        return _row(row) if row else None

    def find(
        self,
        *,
        source: str | None = None,
        state: QuarantineState | None = None,
        code: str | None = None,
        batch_seq: int | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> list[QuarantineRow]:
        """Return up to `limit` rows with an id above `after`, in order of id, that match everything given."""
        query = select(*_COLUMNS).where(_ID > after).order_by(_ID).limit(limit)
        wanted = {"source": source, "state": state and state.value, "code": code, "batch_seq": batch_seq}
        for name, value in wanted.items():
            if value is not None:
                query = query.where(quarantine_row.c[name] == value)
        return [_row(row) for row in self._connection.execute(query)]

    def counts(self) -> list[QuarantineCount]:
        """Return rows per source, code, field and state; the most frequent first."""
        groups = [quarantine_row.c[name] for name in ("source", "code", "field", "state")]
        rows = func.count().label("rows")
        query = select(*groups, rows).group_by(*groups).order_by(rows.desc(), *groups)
        return [
            QuarantineCount(row.source, row.code, row.field, QuarantineState(row.state), row.rows)
            for row in self._connection.execute(query)
        ]

    def counts_by_batch(self) -> dict[int, int]:
        """Return how many rows of each batch were refused, whatever became of them; only batches that have any."""
        batch_seq = quarantine_row.c.batch_seq
        query = select(batch_seq, func.count()).group_by(batch_seq)
        return {int(batch): int(rows) for batch, rows in self._connection.execute(query)}

    def repair(self, quarantine_id: int, edits_enc: bytes, actor: str) -> None:
        """Keep the edits of a row that is open, or repaired and not yet replayed; else UserError `quarantine.ended`."""
        self._change(
            [quarantine_id],
            (QuarantineState.OPEN, QuarantineState.REPAIRED),
            state=QuarantineState.REPAIRED.value,
            edits_enc=edits_enc,
            repaired_by=actor,
            repaired_at=now(),
        )

    def mark_replayed(self, quarantine_ids: Iterable[int], replay_batch_seq: int) -> None:
        """Say in which batch open or repaired rows were read again; a row counts in one replay only."""
        self._change(
            quarantine_ids,
            (QuarantineState.OPEN, QuarantineState.REPAIRED),
            state=QuarantineState.REPLAYED.value,
            replay_batch_seq=replay_batch_seq,
        )

    def discard(self, quarantine_ids: Iterable[int], actor: str) -> None:
        """Give up open or repaired rows for good; they stay counted as quarantined."""
        self._change(
            quarantine_ids,
            (QuarantineState.OPEN, QuarantineState.REPAIRED),
            state=QuarantineState.DISCARDED.value,
            repaired_by=actor,
            repaired_at=now(),
        )

    def empty(self, quarantine_ids: Iterable[int], payload_enc: bytes, actor: str) -> int:
        """Take what rows of deleted persons say out of them and give them up; they stay counted as quarantined."""
        ids = list(quarantine_ids)
        self.discard([one for one in ids if self._is_waiting(one)], actor)
        for part in chunks(ids):
            statement = update(quarantine_row).where(_ID.in_(part))
            self._connection.execute(statement, {"payload_enc": payload_enc, "edits_enc": None})
        return len(ids)

    def _is_waiting(self, quarantine_id: int) -> bool:
        row = self.get(quarantine_id)
        return row is not None and row.state in (QuarantineState.OPEN, QuarantineState.REPAIRED)

    def _change(self, quarantine_ids: Iterable[int], allowed: tuple[QuarantineState, ...], **values: Any) -> None:
        states = [state.value for state in allowed]
        changed = update(quarantine_row).where(
            _ID.in_(bindparam("ids", expanding=True)), quarantine_row.c.state.in_(states)
        )
        for part in chunks(quarantine_ids):
            count = self._connection.execute(changed.values(**values), {"ids": part}).rowcount
            if count != len(set(part)):
                raise UserError(_ended(part))


def _row(row: Any) -> QuarantineRow:
    values = row._asdict()
    return QuarantineRow(**{**values, "problems": tuple(values["problems"]), "state": QuarantineState(values["state"])})


def _ended(ids: list[int]) -> Problem:
    which = f"row {ids[0]}" if len(ids) == 1 else f"one of {len(ids)} rows"
    return Problem(
        "quarantine.ended",
        f"Cannot change {which}: it is not in quarantine, or was replayed or discarded.",
        "List what is open: quanyu ingest quarantine.",
    )
