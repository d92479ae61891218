"""The guard of every route: who asks, whether they may, not too often, and no write from a foreign page."""

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from quanyu.errors import Problem, UserError, Where
from quanyu.server.limits import Rate
from quanyu.server.state import Here, State
from quanyu.services.exports import Place
from quanyu.services.permissions import Caller, Permission, require
from quanyu.store import AuditEntry

CSRF: Final = "X-CSRF-Token"
TOOL: Final = "X-Assistant-Tool"
"""Header by which `quanyu mcp` names the tool that asks; whoever sends it is on record more closely, nothing else."""

GUARDED: Final = "x-permission"
"""Name in the OpenAPI document under which a route says the permission it needs."""

PERSON_RIGHTS: Final = (Permission.EXPORT, Permission.UNMASK)
"""Either lets somebody see single persons, with personal fields masked; others see groups that are not small."""

_SAFE: Final = ("GET", "HEAD", "OPTIONS")
_TOOL_NAME: Final = re.compile(r"[a-z][a-z_]{0,39}")


@dataclass(frozen=True, slots=True)
class Asking:
    """A request that was let in: what the process holds, and who asks."""

    state: State
    caller: Caller

    @property
    def actor(self) -> str:
        """Return the name that the audit log records."""
        return f"{self.caller.kind}:{self.caller.id}"

    @property
    def reaches_all(self) -> bool:
        """Return whether the caller reaches the whole brand."""
        return self.caller.scope.is_all

    @property
    def sees_persons(self) -> bool:
        """Return whether the caller may see single persons."""
        return any(self.caller.may(one) for one in PERSON_RIGHTS)

    @property
    def least(self) -> int:
        """Return how many persons a group must have to be counted for this caller; 0: any."""
        return 0 if self.sees_persons else self.state.project.parameters.integer("P.small_group")

    def place(self, here: Here) -> Place:
        """Return where exports and pages of persons are made, with the caller as the actor."""
        return Place(here.project, here.store, here.engine, here.build, self.actor)


def guard(permission: str, *, scoped: bool = False) -> Any:
    """Return the dependency of a route that needs a permission; it gives an `Asking`.

    `scoped`: whoever reaches a part of the brand may too, as the route tells them of that part or of themselves only.
    """
    return Depends(_checker(Permission(permission), scoped=scoped))


def anybody() -> Any:
    """Return the dependency of a route for those who are not signed in yet; it gives the `State`.

    A browser's request from another site is refused, so that nobody is signed in as somebody else unawares.
    """
    return Depends(_let_in)


def _let_in(request: Request) -> State:
    rate: Rate = request.app.state.rate
    rate.take(f"address:{address_of(request)}")
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host", ""):
        raise UserError(Problem("access.origin", "This was sent by a page of another site.", "Sign in from our page."))
    state: State = request.app.state.quanyu
    return state


_let_in.permission = "anybody"  # type: ignore[attr-defined]


def address_of(request: Request) -> str:
    """Return the address that a request came from; behind a proxy that is the proxy's."""
    return request.client.host if request.client else ""


def _checker(permission: Permission, *, scoped: bool) -> Callable[[Request], Asking]:
    def check(request: Request) -> Asking:
        state: State = request.app.state.quanyu
        rate: Rate = request.app.state.rate
        try:
            found = state.caller_of(request)
        except UserError:
            rate.take(f"address:{address_of(request)}")
            raise
        rate.take(found.caller.id)
        if found.csrf is not None and request.method not in _SAFE:
            _check_csrf(request, found.csrf)
        require(found.caller, permission)
        if not scoped:
            _refuse_scoped(found.caller)
        asking = Asking(state, found.caller)
        _note_assistant(request, asking)
        return asking

    # Read by the test that no route is without a guard, and written into the OpenAPI document.
    check.permission = permission.value  # type: ignore[attr-defined]
    return check


def _check_csrf(request: Request, token: str) -> None:
    given = request.headers.get(CSRF, "")
    if not hmac.compare_digest(given.encode("latin-1", "replace"), token.encode()):
        message = f"A write from a browser repeats the token of its session in {CSRF}."
        raise UserError(Problem("access.csrf", message, "Take the token from GET /me."))


def _note_assistant(request: Request, asking: Asking) -> None:
    """Audit what an assistant asks on somebody's behalf: which tool, which address; what is asked stays unsaid."""
    tool = request.headers.get(TOOL)
    if tool is None:
        return
    if not _TOOL_NAME.fullmatch(tool):
        raise UserError(Problem("request.tool", f"{TOOL} is the name of a tool.", "Leave it out.", Where(field=TOOL)))
    detail = {"tool": tool, "method": request.method, "address": request.scope["route"].path}
    with asking.state.store.transaction() as work:
        work.audit.add(AuditEntry(asking.actor, "assistant.ask", "request", 1, "answer an assistant", detail))


def _refuse_scoped(caller: Caller) -> None:
    """Refuse whoever reaches only a part of the brand: an answer about all of it would tell them the rest."""
    if not caller.scope.is_all:
        message = "Your role reaches a part of the brand only, and this tells of all of it."
        raise UserError(Problem("access.scope", message, "Ask for a report of your part."))


def require_persons(asking: Asking) -> None:
    """Raise UserError `access.denied` unless the caller may see single persons."""
    if not asking.sees_persons:
        names = " or ".join(one.value for one in PERSON_RIGHTS)
        raise UserError(Problem("access.denied", f"Single persons need the permission {names}.", "Ask for the count."))


def count_for(asking: Asking, persons: int | None) -> int | None:
    """Return a count of persons as the caller may see it: null for a group that would point at single ones."""
    return None if persons is None or 0 < persons < asking.least else persons


Anybody = Annotated[State, anybody()]
MayOwn = Annotated[Asking, guard("see", scoped=True)]
MayOfScope = Annotated[Asking, guard("see", scoped=True)]
May = Annotated[Asking, guard("see")]
MayEdit = Annotated[Asking, guard("edit")]
MayRun = Annotated[Asking, guard("run")]
MayApprove = Annotated[Asking, guard("approve")]
MayExport = Annotated[Asking, guard("export", scoped=True)]
MayAdmin = Annotated[Asking, guard("admin")]
