"""Requests of persons about their data, deletions under way, and the marks that keep deleted persons away.

Grain: one request; one deletion of a request; one mark of an identifier that must not come back.  A mark is a keyed
hash: it tells that an identifier was deleted to whoever brings it, and nothing to whoever reads the table.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update

from quanyu.clock import now
from quanyu.errors import InternalError, Problem, UserError
from quanyu.store.rows import chunks, columns_of, next_number
from quanyu.store.schema import deletion, privacy_request, suppression


class RequestKind(StrEnum):
    """What a person asks: to see, to take along, to correct, to delete, to withdraw consent (PIPL 44–47, 15)."""

    ACCESS = "access"
    EXPORT = "export"
    CORRECTION = "correction"
    DELETION = "deletion"
    WITHDRAWAL = "withdrawal"


class Law(StrEnum):
    """Whose clock runs: fifteen working days (PIPL practice), or one month (GDPR art. 12(3))."""

    PIPL = "PIPL"
    GDPR = "GDPR"


class RequestState(StrEnum):
    """Where a request stands: open, then answered, or refused with a reason."""

    OPEN = "open"
    ANSWERED = "answered"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PrivacyRequest:
    """One request; moments are UTC, `due_on` is the last day to answer in the workspace's zone.

    `asked_by` and `identity_check` say who asked and how that was proved, without values of the person.  `person_id` is
    None once the person was deleted; `person_mark` stays.
    """

    request_id: int
    kind: RequestKind
    law: Law
    person_id: int | None
    person_mark: str
    asked_by: str
    identity_check: str
    received_at: datetime
    due_on: date
    extended_reason: str | None
    state: RequestState
    reason: str | None
    answered_at: datetime | None
    answered_by: str | None


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request to be recorded."""

    kind: RequestKind
    law: Law
    person_id: int
    person_mark: str
    asked_by: str
    identity_check: str
    due_on: date


@dataclass(frozen=True, slots=True)
class Deletion:
    """A deletion: the phase it has reached, its plan (encrypted, None when finished), rows taken out so far."""

    request_id: int
    phase: str
    plan_enc: bytes | None
    counts: Mapping[str, Any]
    actor: str
    started_at: datetime
    finished_at: datetime | None
    certificate_sha256: str | None


_COLUMNS = columns_of(PrivacyRequest, privacy_request)
_DELETIONS = columns_of(Deletion, deletion)
_ID = privacy_request.c.request_id


class Privacy:
    """Requests, deletions and marks, inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: NewRequest) -> PrivacyRequest:
        """Record a request, received now, and return it."""
        request_id = next_number(self._connection, _ID)
        row = {
            "request_id": request_id,
            "kind": new.kind.value,
            "law": new.law.value,
            "person_id": new.person_id,
            "person_mark": new.person_mark,
            "asked_by": new.asked_by,
            "identity_check": new.identity_check,
            "received_at": now(),
            "due_on": new.due_on,
            "state": RequestState.OPEN.value,
        }
        self._connection.execute(insert(privacy_request), row)
        return self.get(request_id)

    def get(self, request_id: int) -> PrivacyRequest:
        """Return a request; raises UserError `privacy.unknown`."""
        row = self._connection.execute(select(*_COLUMNS).where(_ID == request_id)).first()
        if row is None:
            message = f"No request {request_id}."
            raise UserError(Problem("privacy.unknown", message, "List them with `quanyu privacy requests`."))
        return _request(row)

    def find(self, state: RequestState | None = None) -> list[PrivacyRequest]:
        """Return the requests, of one state if given, those due first at the head."""
        query = select(*_COLUMNS).order_by(privacy_request.c.due_on, _ID)
        if state is not None:
            query = query.where(privacy_request.c.state == state.value)
        return [_request(row) for row in self._connection.execute(query)]

    def extend(self, request_id: int, due_on: date, reason: str) -> None:
        """Give an open request a later last day, with the reason; raises UserError `privacy.ended`."""
        self._change(request_id, due_on=due_on, extended_reason=reason)

    def end(self, request_id: int, state: RequestState, reason: str | None, actor: str) -> None:
        """Say how an open request ended; raises UserError `privacy.ended`."""
        self._change(request_id, state=state.value, reason=reason, answered_at=now(), answered_by=actor)

    def cut_person(self, person_ids: Collection[int], mark: str) -> int:
        """Take the ids of a deleted person out of all their requests, leaving the mark; returns how many there were."""
        statement = update(privacy_request).where(privacy_request.c.person_id.in_(list(person_ids)))
        return self._connection.execute(statement, {"person_id": None, "person_mark": mark}).rowcount

    def begin_deletion(self, request_id: int, plan_enc: bytes, phase: str, actor: str) -> Deletion:
        """Begin the deletion of a request and return it; raises UserError `privacy.deleting` while one is under way."""
        if self.running() is not None:
            message = "Another deletion is under way."
            raise UserError(Problem("privacy.deleting", message, "Go on with it: `quanyu privacy resume`."))
        row = {
            "request_id": request_id,
            "phase": phase,
            "plan_enc": plan_enc,
            "counts": {},
            "actor": actor,
            "started_at": now(),
        }
        self._connection.execute(insert(deletion), row)
        return self.deletion(request_id)

    def running(self) -> Deletion | None:
        """Return the deletion that was begun and is not finished, or None."""
        row = self._connection.execute(select(*_DELETIONS).where(deletion.c.finished_at.is_(None))).first()
        return Deletion(*row) if row else None

    def deletions(self) -> list[Deletion]:
        """Return every deletion, oldest first."""
        query = select(*_DELETIONS).order_by(deletion.c.started_at, deletion.c.request_id)
        return [Deletion(*row) for row in self._connection.execute(query)]

    def deletion(self, request_id: int) -> Deletion:
        """Return the deletion of a request; raises UserError `privacy.not_deleted`."""
        row = self._connection.execute(select(*_DELETIONS).where(deletion.c.request_id == request_id)).first()
        if row is None:
            message = f"Request {request_id} deleted nobody."
            raise UserError(Problem("privacy.not_deleted", message, "List them with `quanyu privacy requests`."))
        return Deletion(*row)

    def advance(self, request_id: int, phase: str, counts: Mapping[str, Any]) -> None:
        """Say which phase a deletion has reached, and what was taken out until now."""
        values = {"phase": phase, "counts": dict(counts)}
        self._connection.execute(update(deletion).where(deletion.c.request_id == request_id), values)

    def finish(self, request_id: int, certificate_sha256: str) -> None:
        """End a deletion with the hash of its certificate, and forget its plan."""
        statement = update(deletion).where(deletion.c.request_id == request_id, deletion.c.finished_at.is_(None))
        values = {"plan_enc": None, "finished_at": now(), "certificate_sha256": certificate_sha256, "phase": "done"}
        if self._connection.execute(statement, values).rowcount != 1:
            raise InternalError(f"deletion {request_id} is not under way")

    def suppress(self, marks: Iterable[str], request_id: int) -> int:
        """Keep identifiers of these marks from coming back; returns how many marks were new."""
        known = self.suppressed()
        new = [mark for mark in dict.fromkeys(marks) if mark not in known]
        moment = now()
        rows = [{"mark": mark, "request_id": request_id, "added_at": moment} for mark in new]
        for part in chunks(rows):
            self._connection.execute(insert(suppression), part)
        return len(new)

    def suppressed(self) -> frozenset[str]:
        """Return every mark."""
        return frozenset(self._connection.execute(select(suppression.c.mark)).scalars())

    def _change(self, request_id: int, **values: Any) -> None:
        statement = update(privacy_request).where(_ID == request_id, privacy_request.c.state == RequestState.OPEN.value)
        if self._connection.execute(statement, values).rowcount != 1:
            self.get(request_id)
            message = f"Request {request_id} was answered or refused before."
            raise UserError(Problem("privacy.ended", message, "Record a new request."))


def _request(row: Any) -> PrivacyRequest:
    values = row._asdict()
    kinds = {"kind": RequestKind(values["kind"]), "law": Law(values["law"]), "state": RequestState(values["state"])}
    return PrivacyRequest(**{**values, **kinds})
