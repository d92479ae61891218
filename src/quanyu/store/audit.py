"""The audit log: who did what to how many, when and for what purpose, each record chained to the one before.

A record's hash covers the record and the hash before it, so a changed, removed or moved record breaks the chain.  A
chain cannot show that its last records were cut off: whoever must be sure keeps `head()` elsewhere.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from quanyu.clock import now
from quanyu.errors import Problem
from quanyu.store.columns import canonical_json
from quanyu.store.rows import columns_of
from quanyu.store.schema import audit_log

GENESIS: Final = "0" * 64
"""What the first record is chained to."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What is to be recorded: `actor` did `action` to `subject_count` things of `subject`, for `purpose`.

    `detail` is JSON-ready and never holds personal values.
    """

    actor: str
    action: str
    subject: str
    subject_count: int
    purpose: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """A recorded entry: its number (1, 2, 3 …), when (UTC), and its place in the chain (SHA-256, hex)."""

    audit_id: int
    at: datetime
    actor: str
    action: str
    subject: str
    subject_count: int
    purpose: str
    detail: Mapping[str, Any]
    prev_hash: str
    hash: str


_COLUMNS = columns_of(AuditRecord, audit_log)
_ID = audit_log.c.audit_id
_PAGE: Final = 1_000


class Audit:
    """The audit log, inside one unit of work: record an action in the unit of work that does it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, entry: AuditEntry) -> AuditRecord:
        """Append an entry and return it as recorded."""
        last = self._connection.execute(select(_ID, audit_log.c.hash).order_by(_ID.desc()).limit(1)).first()
        row: dict[str, Any] = {
            "audit_id": last[0] + 1 if last else 1,
            "at": now(),
            "actor": entry.actor,
            "action": entry.action,
            "subject": entry.subject,
            "subject_count": entry.subject_count,
            "purpose": entry.purpose,
            "detail": dict(entry.detail),
            "prev_hash": last[1] if last else GENESIS,
        }
        row["hash"] = _chain_hash(row)
        self._connection.execute(insert(audit_log), row)
        return AuditRecord(**row)

    def find(self, *, after: int = 0, limit: int = 1_000) -> list[AuditRecord]:
        """Return up to `limit` records numbered above `after`, oldest first."""
        query = select(*_COLUMNS).where(_ID > after).order_by(_ID).limit(limit)
        return [AuditRecord(*row) for row in self._connection.execute(query)]

    def head(self) -> tuple[int, str]:
        """Return number and hash of the last record (0 and the genesis hash before the first), to keep elsewhere."""
        last = self._connection.execute(select(_ID, audit_log.c.hash).order_by(_ID.desc()).limit(1)).first()
        return (last[0], last[1]) if last else (0, GENESIS)

    def verify_chain(self) -> list[Problem]:
        """Return a problem for each record that is changed, missing or out of place; an empty list proves the chain."""
        problems, expected, previous = [], 1, GENESIS
        for record in self._all():
            if record.audit_id != expected:
                problems.append(
                    Problem("audit.missing", f"Audit records {expected} to {record.audit_id - 1} are gone.")
                )
            elif record.prev_hash != previous:
                problems.append(
                    Problem("audit.broken", f"Audit record {record.audit_id} does not follow the one before.")
                )
            if _chain_hash({column.name: getattr(record, column.name) for column in _COLUMNS[:-1]}) != record.hash:
                problems.append(Problem("audit.changed", f"Audit record {record.audit_id} was changed."))
            expected, previous = record.audit_id + 1, record.hash
        return problems

    def _all(self) -> Iterator[AuditRecord]:
        after = 0
        while page := self.find(after=after, limit=_PAGE):
            yield from page
            after = page[-1].audit_id


def _chain_hash(row: Mapping[str, Any]) -> str:
    """Return the hash of a record whose own hash is not yet among its values."""
    said = {**row, "at": row["at"].astimezone(UTC).isoformat(timespec="microseconds")}
    return hashlib.sha256(canonical_json(said).encode()).hexdigest()
