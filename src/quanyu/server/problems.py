"""Errors as `application/problem+json` (RFC 9457): every problem at once, in the caller's language, never a traceback.

`code` is stable; `detail` says what is wrong, `remedy` what to do.  Values that somebody sent are never repeated.
"""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Scope

from quanyu.errors import ExternalError, Problem, UserError, Where

MEDIA_TYPE: Final = "application/problem+json"
REQUEST_ID: Final = "X-Request-Id"
UNPROCESSABLE: Final = 422

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9_.-]{8,64}")
TITLES: Final[Mapping[int, tuple[str, str]]] = {
    400: ("请求无法读取", "The request cannot be read"),
    401: ("尚未登录", "Nobody is signed in"),
    403: ("没有权限", "Not allowed"),
    404: ("不存在", "There is no such thing"),
    405: ("此地址不支持该方法", "This address has no such method"),
    408: ("请求发送过慢", "The request came too slowly"),
    409: ("与当前状态冲突", "In conflict with how things stand"),
    412: ("前提已不成立", "A condition no longer holds"),
    413: ("请求体过大", "The body is too large"),
    414: ("地址过长", "The address is too long"),
    415: ("请求体不是 JSON", "The body is no JSON"),
    422: ("内容有误", "Something in the request is wrong"),
    428: ("缺少前提", "A condition is missing"),
    429: ("请求过于频繁", "Too many requests"),
    431: ("请求头过大", "The headers are too large"),
    500: ("系统内部错误", "A fault of quanyu"),
    503: ("暂时不可用", "Not available now"),
}
_STATUS: Final[Mapping[str, int]] = {
    "access.signed_out": 401,
    "access.rate": 429,
    "access.attempts": 429,
    "access.login": 401,
    "access.link": 404,
    "user.exists": 409,
    "user.last_admin": 409,
    "build.none": 409,
    "warehouse.missing": 409,
    "warehouse.locked": 409,
    "run.busy": 409,
    "quarantine.ended": 409,
    "identity.not_undoable": 409,
    "identity.same_person": 409,
    "identity.two_persons": 409,
    "identity.nobody": 404,
    "request.length": 413,
    "request.under_way": 409,
    "definitions.stale": 412,
    "definitions.unplanned": 428,
}
_NOT_BUILT: Final = "not_built"
_READS: Final = ("GET", "HEAD")


def request_id_of(scope: Scope) -> str:
    """Return the id of a request: the caller's own when it is harmless, else a new one, the same for all who ask."""
    state = scope.setdefault("state", {})
    if "request_id" not in state:
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"").decode("latin-1")
        state["request_id"] = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    found: str = state["request_id"]
    return found


def language_of(scope: Scope) -> str:
    """Return zh or en, whichever `Accept-Language` prefers; en when it names neither."""
    said = next((value for name, value in scope["headers"] if name == b"accept-language"), b"").decode("latin-1")
    best, language = 0.0, "en"
    for part in said[:200].split(","):
        name, _, weight = part.strip().lower().partition(";q=")
        known = name.split("-")[0]
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if known in ("zh", "en") and quality > best:
            best, language = quality, known
    return language


def refusal(scope: Scope, status: int, problems: Sequence[Problem], headers: Mapping[str, str] | None = None) -> Any:
    """Return the answer to a request that is refused, with all problems of it."""
    zh, en = TITLES.get(status, TITLES[500])
    first = problems[0] if problems else Problem("request.refused", en)
    request_id = request_id_of(scope)
    said = {
        "type": f"urn:quanyu:problem:{first.code}",
        "title": zh if language_of(scope) == "zh" else en,
        "status": status,
        "code": first.code,
        "detail": first.message,
        "remedy": first.remedy,
        "request_id": request_id,
        "problems": [one.as_dict() for one in problems],
    }
    return JSONResponse(said, status, {REQUEST_ID: request_id, **(headers or {})}, MEDIA_TYPE)


def status_of(problems: Iterable[Problem], method: str) -> int:
    """Return the status that problems of a request have: of a read that names what is not there 404."""
    codes = [one.code for one in problems]
    first = codes[0] if codes else ""
    if first in _STATUS:
        return _STATUS[first]
    if first.startswith("access."):
        return 403
    if first.endswith(_NOT_BUILT):
        return 409
    is_unknown = first.rpartition(".")[2].startswith("unknown")
    return 404 if is_unknown and method in _READS else UNPROCESSABLE


async def user_error(request: Request, error: Exception) -> Any:
    """Answer a UserError, with the header that its status asks for."""
    problems = error.problems if isinstance(error, UserError) else ()
    status = status_of(problems, request.method)
    headers = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": "1"}}.get(status)
    return refusal(request.scope, status, problems, headers)


async def external_error(request: Request, error: Exception) -> Any:
    """Answer a failure of the world around: 503, and when to try again."""
    code = error.code if isinstance(error, ExternalError) else "external.failed"
    told = Problem(code, "A part this needs does not answer now.", "Try again in a moment.")
    structlog.get_logger().error("external_error", code=code, request_id=request_id_of(request.scope))
    return refusal(request.scope, 503, [told], {"Retry-After": "5"})


async def http_error(request: Request, error: Exception) -> Any:
    """Answer what the router refuses: no such address, no such method."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    _, en = TITLES.get(status, TITLES[500])
    told = Problem(f"http.{status}", f"{en}.", "The addresses stand in openapi.json.")
    return refusal(request.scope, status, [told], headers)


async def invalid(request: Request, error: Exception) -> Any:
    """Answer a request of the wrong shape, each fault with its place and without what was sent."""
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    return refusal(request.scope, UNPROCESSABLE, [_shape_problem(one) for one in found])


def _shape_problem(fault: Mapping[str, Any]) -> Problem:
    place = [str(part)[:60] for part in fault.get("loc", ())]
    kind = str(fault.get("type", "value_error"))
    remedy = "Leave it out." if kind == "extra_forbidden" else "The shapes stand in openapi.json."
    return Problem(f"request.{kind}", f"{fault.get('msg', 'Not valid')}.", remedy, Where(field=".".join(place)))


async def our_fault(request: Request, error: Exception) -> Any:
    """Answer a bug of ours: an id to tell us, and in the log the place, never a value."""
    request_id = request_id_of(request.scope)
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    place = f"{at.tb_frame.f_code.co_name}:{at.tb_lineno}" if at is not None else ""
    structlog.get_logger().error("fault", kind=type(error).__name__, place=place, request_id=request_id)
    told = Problem("internal.error", "This is a fault of quanyu, not yours.", f"Report request {request_id}.")
    return refusal(request.scope, 500, [told])
