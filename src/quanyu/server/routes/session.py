"""Signing in and out, here or at a provider, setting a password, one's own sessions."""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.responses import RedirectResponse

from quanyu.errors import Problem, UserError
from quanyu.server import cookie
from quanyu.server.guard import Anybody, Asking, MayOwn, address_of
from quanyu.server.oidc import NOT_FINISHED, Attempt, Provider
from quanyu.server.shapes import BackAsked, LinkAsked, LinkUsed, Listed, LoginAsked, One, PasswordAsked
from quanyu.services import users
from quanyu.services.permissions import Caller

router = APIRouter(tags=["session"])
SessionId = Annotated[str, Path(max_length=40)]

_AT_ONCE: Final = BoundedSemaphore(4)
"""Checks of passwords take time and memory on purpose: so many at once, the others wait their turn."""


@router.post("/session", response_model=One)
def sign_in(state: Anybody, asked: LoginAsked, request: Request, response: Response) -> Any:
    """Sign in with name and password; the session is kept in a cookie, `csrf` is repeated by every write of it."""
    with _tried(request, f"name:{asked.name.casefold()}"):
        begun = users.sign_in(state.store, asked.name, asked.password)
    return _begun(request, response, begun)


@router.delete("/session", response_model=One)
def sign_out(asking: MayOwn, request: Request, response: Response) -> Any:
    """End this session."""
    session = asking.state.caller_of(request).session_id
    ended = session is not None and users.sign_out(asking.state.store, asking.caller.id, session)
    cookie.drop(request, response)
    return {"detail": {"ended": ended}}


@router.post("/session/link/look", response_model=One)
def look_at_link(state: Anybody, asked: LinkAsked, request: Request) -> Any:
    """Tell whose password a link sets."""
    with _tried(request):
        user = users.user_of_link(state.store, asked.token)
    return {"detail": {"name": user.name, "least": users.LEAST, "most": users.MOST}}


@router.post("/session/link", response_model=One)
def use_link(state: Anybody, asked: LinkUsed, request: Request, response: Response) -> Any:
    """Set the password of a link's user and sign in; a link works once."""
    with _tried(request):
        begun = users.use_link(state.store, asked.token, asked.password)
    return _begun(request, response, begun)


@router.get("/session/ways", response_model=One)
def list_ways(state: Anybody, request: Request) -> Any:
    """Tell how one may sign in: by password always, at a provider of OpenID Connect where the workspace names one."""
    provider: Provider | None = request.app.state.provider
    return {"detail": {"password": True, "oidc": None if provider is None else provider.settings.label}}


@router.get("/session/oidc", response_class=RedirectResponse, status_code=303)
def go_to_provider(state: Anybody, request: Request) -> Any:
    """Send the browser to the provider, with an attempt that it keeps."""
    attempt = Attempt.new()
    try:
        answer = RedirectResponse(_provider(request).address_for(attempt), status_code=303)
    except UserError as error:
        return _back_to_login(error)
    cookie.keep_attempt(request, answer, str(attempt))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.get("/session/oidc/back", response_class=RedirectResponse, status_code=303)
def come_back(state: Anybody, request: Request, asked: Annotated[BackAsked, Query()]) -> Any:
    """Begin the session of the user whom the provider vouches for, and send the browser to the login page.

    Whatever goes wrong, the page tells it by its code: a browser that comes back reads no problem document.
    """
    attempt = Attempt.read(cookie.attempt_of(request))
    try:
        if attempt is None or asked.code is None or not hmac.compare_digest(attempt.state, asked.state or ""):
            raise UserError(NOT_FINISHED)
        with _tried(request):
            begun = users.sign_in_as(state.store, _provider(request).name_of(asked.code, attempt))
        answer = RedirectResponse("/login?done", status_code=303)
        cookie.keep(request, answer, begun.token)
    except UserError as error:
        answer = _back_to_login(error)
    cookie.drop_attempt(request, answer)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _provider(request: Request) -> Provider:
    provider: Provider | None = request.app.state.provider
    if provider is None:
        raise UserError(Problem("access.no_oidc", "This workspace names no provider.", "Sign in with a password."))
    return provider


def _back_to_login(error: UserError) -> RedirectResponse:
    return RedirectResponse(f"/login?{urlencode({'fault': error.problems[0].code})}", status_code=303)


@router.put("/me/password", response_model=One)
def change_password(asking: MayOwn, asked: PasswordAsked, request: Request, response: Response) -> Any:
    """Change one's own password; every other session ends."""
    with _tried(request, f"user:{asking.caller.id}"):
        begun = users.change_password(asking.state.store, _user(asking), asked.old, asked.new)
    return _begun(request, response, begun)


@router.get("/me/sessions", response_model=Listed)
def list_sessions(asking: MayOwn, request: Request) -> Any:
    """List one's own sessions, the newest first."""
    mine = asking.state.caller_of(request).session_id
    found = users.sessions_of(asking.state.store, _user(asking))
    names = ("session_id", "created_at", "seen_at")
    rows = [{**{name: getattr(one, name) for name in names}, "current": one.session_id == mine} for one in found]
    return {"rows": rows}


@router.delete("/me/sessions/{session_id}", response_model=One)
def end_session(asking: MayOwn, session_id: SessionId) -> Any:
    """End one of one's own sessions."""
    return {"detail": {"ended": users.sign_out(asking.state.store, _user(asking), session_id)}}


def _user(asking: Asking) -> str:
    caller: Caller = asking.caller
    return caller.id if caller.kind == "user" else ""


@contextmanager
def _tried(request: Request, *whom: str) -> Iterator[None]:
    """Count what goes wrong inside against whom was tried and where it came from; refuse who must wait."""
    attempts, places = request.app.state.attempts, request.app.state.places
    address = f"address:{address_of(request)}"
    attempts.check(*whom)
    places.check(address)
    try:
        with _AT_ONCE:
            yield
    except UserError as error:
        if {one.code for one in error.problems} & {"access.login", "access.link", "access.oidc", "access.no_user"}:
            attempts.count(*whom)
            places.count(address)
        raise
    attempts.forgive(*whom)


def _begun(request: Request, response: Response, begun: users.SignIn) -> Any:
    cookie.keep(request, response, begun.token)
    response.headers["Cache-Control"] = "no-store"
    return {"detail": {"user_id": begun.user.user_id, "name": begun.user.name, "csrf": begun.session.csrf}}
