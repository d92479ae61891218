"""Requests of persons about their data: recorded with who asked and how that was proved, on the law's clock, answered.

`privacy_access` makes what an answer hands over, `privacy_deletion` deletes, `privacy_consent` records withdrawals.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from quanyu.clock import today
from quanyu.engine import DuckDBEngine
from quanyu.errors import Problem, UserError, did_you_mean
from quanyu.ingest.erase import mark_of
from quanyu.services.identity import Asked, explain_person
from quanyu.services.project import Project
from quanyu.store import (
    AuditEntry,
    Build,
    Law,
    NewRequest,
    PrivacyRequest,
    RequestKind,
    RequestState,
    Store,
    open_vault,
)

PIPL_WORKING_DAYS: Final = "P.privacy.pipl_working_days"
GDPR_MONTHS: Final = "P.privacy.gdpr_months"
_EXTENSION_MONTHS: Final = 2
"""By how much GDPR art. 12(3) lets the month be extended; practice under PIPL has no longer one."""

_SUBJECT: Final = "privacy_request"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asks: the kind, whose law, who asked and how their identity was proved."""

    kind: str
    asked_by: str
    identity_check: str
    law: str = Law.PIPL.value


@dataclass(frozen=True, slots=True)
class Clock:
    """A request with the days that are left until it is due; negative ones say by how much it is overdue."""

    request: PrivacyRequest
    days_left: int

    @property
    def is_overdue(self) -> bool:
        """Return whether it should have been answered before today."""
        return self.request.state is RequestState.OPEN and self.days_left < 0


def living_person(store: Store, engine: DuckDBEngine, build: Build, asked: Asked) -> int:
    """Return the id of the person somebody asks about; raises UserError `identity.unknown`, `identity.nobody`."""
    person_id = explain_person(store, engine, asked, build).person_id
    if person_id is None:
        message = "This identifier belongs to nobody: it is junk, shared by many, or was unlinked."
        raise UserError(Problem("identity.nobody", message, "Ask why with `quanyu identity explain`."))
    return person_id


def open_request(project: Project, store: Store, asked: Asked, person_id: int, wanted: Wanted) -> PrivacyRequest:
    """Record a request of a person, received now, and return it with its last day.

    Raises UserError `privacy.kind`, `privacy.law`, `privacy.unproved` when nothing is said of who asked or how that was
    proved: nothing is handed over or deleted on the word of a stranger.
    """
    problems = []
    if wanted.kind not in list(RequestKind):
        problems.append(_no_such("privacy.kind", "kind of request", wanted.kind, [one.value for one in RequestKind]))
    if wanted.law not in list(Law):
        problems.append(_no_such("privacy.law", "law", wanted.law, [one.value for one in Law]))
    if not wanted.asked_by.strip() or not wanted.identity_check.strip():
        message = "Nothing is said of who asked, or of how their identity was proved."
        problems.append(Problem("privacy.unproved", message, "Give --asked-by and --proof, without personal values."))
    if problems:
        raise UserError(problems)
    vault = open_vault(project.workspace.key_file)
    law = Law(wanted.law)
    new = NewRequest(
        kind=RequestKind(wanted.kind),
        law=law,
        person_id=person_id,
        person_mark=mark_of(vault, person_id),
        asked_by=wanted.asked_by,
        identity_check=wanted.identity_check,
        due_on=due_on(project, law, today(project.workspace.time_zone)),
    )
    with store.transaction() as work:
        work.keys.bind(vault)
        request = work.privacy.add(new)
        detail = {"request": request.request_id, "kind": new.kind.value, "law": law.value, "due_on": str(new.due_on)}
        work.audit.add(AuditEntry(asked.actor, "privacy.opened", _SUBJECT, 1, new.kind.value, detail))
    return request


def list_requests(project: Project, store: Store, state: str | None = None) -> list[Clock]:
    """Return the requests, of one state if given (`overdue` is one), those due first at the head."""
    wanted = None if state in (None, "overdue") else state
    if wanted is not None and wanted not in list(RequestState):
        raise UserError(_no_such("privacy.state", "state", wanted, [*(one.value for one in RequestState), "overdue"]))
    with store.reading() as work:
        found = work.privacy.find(None if wanted is None else RequestState(wanted))
    day = today(project.workspace.time_zone)
    clocks = [Clock(request, (request.due_on - day).days) for request in found]
    return [one for one in clocks if one.is_overdue] if state == "overdue" else clocks


def extend_request(store: Store, request_id: int, reason: str, actor: str) -> PrivacyRequest:
    """Give an open request of GDPR two months more, once, and return it; the person must be told the reason.

    Raises UserError `privacy.no_extension`, `privacy.reason`, `privacy.ended`.
    """
    _need(reason)
    with store.transaction() as work:
        request = work.privacy.get(request_id)
        if request.law is not Law.GDPR or request.extended_reason is not None:
            message = f"Request {request_id} cannot be extended: only GDPR allows it, once."
            raise UserError(Problem("privacy.no_extension", message, "Answer or refuse it."))
        work.privacy.extend(request_id, _months_later(request.due_on, _EXTENSION_MONTHS), reason)
        detail = {"request": request_id, "reason": reason}
        work.audit.add(AuditEntry(actor, "privacy.extended", _SUBJECT, 1, request.kind.value, detail))
        return work.privacy.get(request_id)


def end_request(store: Store, request_id: int, actor: str, *, refused_because: str | None = None) -> PrivacyRequest:
    """Say that a request was answered, or refused for a reason, and return it.

    A deletion is answered by deleting.  Raises UserError `privacy.reason`, `privacy.ended`, `privacy.kind`.
    """
    if refused_because is not None:
        _need(refused_because)
    state = RequestState.ANSWERED if refused_because is None else RequestState.REFUSED
    with store.transaction() as work:
        request = work.privacy.get(request_id)
        if request.kind is RequestKind.DELETION and state is RequestState.ANSWERED:
            message = f"Request {request_id} is answered by the deletion itself."
            raise UserError(Problem("privacy.kind", message, "`quanyu privacy delete` does it."))
        work.privacy.end(request_id, state, refused_because, actor)
        detail = {"request": request_id, "reason": refused_because}
        work.audit.add(AuditEntry(actor, f"privacy.{state.value}", _SUBJECT, 1, request.kind.value, detail))
        return work.privacy.get(request_id)


def due_on(project: Project, law: Law, received: date) -> date:
    """Return the last day to answer a request received on a day: working days (Mon–Fri) or calendar months later.

    Public holidays are not counted out, so that the day shown is never too late.
    """
    if law is Law.GDPR:
        return _months_later(received, project.parameters.integer(GDPR_MONTHS))
    day, left = received, project.parameters.integer(PIPL_WORKING_DAYS)
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return day


def _months_later(day: date, months: int) -> date:
    """Return the same day of a later month, its last day where the month is shorter (Regulation 1182/71, art. 3)."""
    years, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + years, month + 1, 1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))


def _need(reason: str) -> None:
    if not reason.strip():
        raise UserError(Problem("privacy.reason", "No reason was given.", "The law asks for one: the person is told."))


def _no_such(code: str, what: str, given: str, known: list[str]) -> Problem:
    return Problem(code, f'No {what} "{given[:40]}".', did_you_mean(given, known) or f"There are {', '.join(known)}.")
