"""The cookie of a browser's session: out of reach of scripts and of other sites; over plain HTTP only at home."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from quanyu.services.users import LONGEST

PLAIN: Final = "quanyu_session"
SECURE: Final = "__Host-quanyu"
"""Browsers take a cookie of such a name only over TLS and from this very host."""


def token_of(request: Request) -> str | None:
    """Return the token that a browser sent."""
    return request.cookies.get(SECURE if _is_secure(request) else PLAIN)


def keep(request: Request, response: Response, token: str) -> None:
    """Let the browser keep a token."""
    secure = _is_secure(request)
    response.set_cookie(
        SECURE if secure else PLAIN,
        token,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def drop(request: Request, response: Response) -> None:
    """Let the browser forget its token."""
    secure = _is_secure(request)
    response.delete_cookie(SECURE if secure else PLAIN, path="/", secure=secure, httponly=True, samesite="lax")


def keep_attempt(request: Request, response: Response, text: str) -> None:
    """Let the browser keep a try to sign in elsewhere until it comes back, ten minutes at most."""
    secure = _is_secure(request)
    response.set_cookie(
        _attempt_name(request), text, max_age=600, path="/", secure=secure, httponly=True, samesite="lax"
    )


def attempt_of(request: Request) -> str:
    """Return the try to sign in elsewhere that a browser keeps."""
    return request.cookies.get(_attempt_name(request), "")


def drop_attempt(request: Request, response: Response) -> None:
    """Let the browser forget its try: it is good for once."""
    response.delete_cookie(
        _attempt_name(request), path="/", secure=_is_secure(request), httponly=True, samesite="lax"
    )


def _attempt_name(request: Request) -> str:
    return "__Host-quanyu_attempt" if _is_secure(request) else "quanyu_attempt"


def _is_secure(request: Request) -> bool:
    """Return whether the browser speaks TLS, to us or to the proxy in front, which says so.

    A header that lies only turns the name of the cookie into one that a browser without TLS refuses to keep.
    """
    return request.url.scheme == "https" or request.headers.get("x-forwarded-proto", "").lower() == "https"
