"""Writes that are sent again are not done again: a key of the caller's own names the request, its answer is kept a day.

Source: draft-ietf-httpapi-idempotency-key-header-07; `reliability.md` 0.10.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from quanyu.errors import Problem, UserError, Where
from quanyu.server.state import State
from quanyu.store import KeptAnswer, Vault, open_vault

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
MOST_BYTES: Final = 256_000
"""A longer answer is not kept; the request is then done again."""

PARAMETER: Final[dict[str, Any]] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 8, "maxLength": 200},
    "description": "A text of the caller's own for this request; sent again within a day, it gets the first answer.",
}
"""How the header stands in the OpenAPI document."""

_KEY: Final = re.compile(r"[\x21-\x7e]{8,200}")
_OK: Final = range(200, 300)
_AT: Final = Where(field=HEADER)


async def answer_once(request: Request, handle: Callable[[Request], Awaitable[Response]]) -> Response:
    """Return the answer of a write, the first one for a key that the caller sent before.

    Only what was done is kept: a request that is refused may be mended and sent under its key.  Raises UserError
    `request.key`, `request.key_used` for another request under the key, `request.under_way` while the first one runs.
    """
    key = request.headers[HEADER]
    if not _KEY.fullmatch(key):
        message = "An idempotency key has 8 to 200 visible ASCII characters."
        raise UserError(Problem("request.key", message, "Send a random UUID.", _AT))
    state: State = request.app.state.quanyu
    caller = await run_in_threadpool(lambda: state.caller_of(request).caller)
    whose, mark = f"{caller.kind}:{caller.id}", await _fingerprint(request)
    known = await run_in_threadpool(_begin, state, whose, key, mark)
    if known is not None:
        return await run_in_threadpool(_told_again, state, known, mark)
    try:
        answer = await handle(request)
    except Exception:
        await run_in_threadpool(_forget, state, whose, key)
        raise
    body = getattr(answer, "body", None)
    if answer.status_code in _OK and isinstance(body, bytes) and len(body) <= MOST_BYTES:
        await run_in_threadpool(_finish, state, whose, key, answer)
    else:
        await run_in_threadpool(_forget, state, whose, key)
    return answer


async def _fingerprint(request: Request) -> str:
    """Return what tells requests apart: method, address with its query, purpose, body."""
    head = f"{request.method} {request.url.path}?{request.url.query} {request.headers.get('x-purpose', '')}\n"
    return hashlib.sha256(head.encode() + await request.body()).hexdigest()


def _begin(state: State, whose: str, key: str, mark: str) -> KeptAnswer | None:
    with state.store.transaction() as work:
        return work.answers.begin(whose, key, mark)


def _told_again(state: State, known: KeptAnswer, mark: str) -> Response:
    if known.fingerprint != mark:
        message = "This key was sent with another request."
        raise UserError(Problem("request.key_used", message, "Take a new key for a new request.", _AT))
    if known.status is None or known.body_enc is None:
        message = "The request of this key is under way, or was when the server ended."
        remedy = "Send it again in a moment; if that does not help, look whether it was done, then take a new key."
        raise UserError(Problem("request.under_way", message, remedy, _AT))
    body = _vault(state).decrypt_many([known.body_enc])[0]
    return Response(body, known.status, {REPLAYED: "true"}, known.content_type)


def _finish(state: State, whose: str, key: str, answer: Response) -> None:
    sealed = _vault(state).encrypt_many([bytes(answer.body)])[0]
    with state.store.transaction() as work:
        work.answers.finish(whose, key, answer.status_code, answer.headers.get("content-type", ""), sealed)


def _forget(state: State, whose: str, key: str) -> None:
    with state.store.transaction() as work:
        work.answers.forget(whose, key)


def _vault(state: State) -> Vault:
    return open_vault(state.project.workspace.key_file)
