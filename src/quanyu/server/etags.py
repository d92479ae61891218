"""Routes whose reads carry an ETag, and whose writes are done once; who has the answer already gets 304 and no body.

The tag is a hash of the whole answer and not of the build alone: definitions, decisions and rights change between two
builds, and an answer that was computed for somebody who may see more must never be taken for this one's.
"""

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from quanyu.server.guard import GUARDED
from quanyu.server.idempotency import HEADER, answer_once
from quanyu.services.permissions import Permission

_READS: Final = ("GET", "HEAD")
_OK: Final = 200


class TaggedRoute(APIRoute):
    """A route that answers `If-None-Match` of reads and `Idempotency-Key` of writes."""

    @property
    def is_question(self) -> bool:
        """Return whether the route only asks, whatever its method: it needs no right but to see."""
        return (self.openapi_extra or {}).get(GUARDED) == Permission.SEE

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, with the tag put on what it answers."""
        handle = super().get_route_handler()

        async def tagged(request: Request) -> Response:
            if request.method not in _READS and HEADER in request.headers and not self.is_question:
                return await answer_once(request, handle)
            answer = await handle(request)
            # A stream has no body yet, and nothing to compare.
            body = getattr(answer, "body", None)
            if request.method not in _READS or answer.status_code != _OK or not isinstance(body, bytes):
                return answer
            tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            # Personal answers differ by caller, so no cache between us and them may keep one.
            headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Cookie, Authorization"}
            if is_among(tag, request.headers.get("if-none-match")):
                return Response(status_code=304, headers=headers)
            for name, value in headers.items():
                answer.headers[name] = value
            return answer

        return tagged


def is_among(tag: str, said: str | None) -> bool:
    """Return whether a tag is among those of an `If-None-Match` (weak comparison, RFC 9110 13.1.2)."""
    if said is None:
        return False
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in said.split(","))
