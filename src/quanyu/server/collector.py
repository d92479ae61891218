"""The hot path: a request of an SDK is on the disk before it is answered; what it says is read when it is loaded.

No content is ever refused here: a sender that hears 4xx drops what it holds (`ecosystem`, of each SDK).  A wrong key is
401, a body above every family's limit 413, a spool that cannot take more 503 with Retry-After.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec
from starlette.types import Receive, Scope, Send

from quanyu.clock import now
from quanyu.collect.record import Answer, Family, Request
from quanyu.collect.routes import (
    ANSWERED_HEADERS,
    DECODED_HEADERS,
    MAX_BODY_BYTES,
    cors_headers,
    find,
    preflight_headers,
)
from quanyu.collect.spool import Outcome, Spool, SpoolBusy, SpoolFull, settle
from quanyu.server.metrics import Meters

RETRY_AFTER_S: Final = "2"
BODY_S: Final = 30.0
_WANTED: Final = {name.encode(): name for name in DECODED_HEADERS | ANSWERED_HEADERS}
_NO_KEY: Final = Answer(401, {}, b"unknown write key")
_NOWHERE: Final = Answer(404, {}, b"no tracking SDK sends here")
_TOO_LARGE: Final = Answer(413, {}, b"the body is larger than any SDK sends")
_TOO_SLOW: Final = Answer(408, {}, b"the body did not come")
_LATER: Final = Answer(503, {"retry-after": RETRY_AFTER_S}, b"try again")


@dataclass(frozen=True, slots=True)
class WriteKeys:
    """Which live source a key writes to, by the key's SHA-256 (hex), and where requests without a key go.

    `open_source` is None unless the retailer says that one source needs no key (Snowplow and 易观 send none).
    """

    sources: Mapping[str, str]
    open_source: str | None = None

    def source_of(self, key: str | None) -> str | None:
        """Return the source a key writes to; None when it may write nowhere."""
        if key is None:
            return self.open_source
        return self.sources.get(hashlib.sha256(key.encode()).hexdigest())


def deliver_in(loop: asyncio.AbstractEventLoop, outcomes: Sequence[Outcome]) -> None:
    """Settle a group's futures in the event loop, by one call for all of them."""
    loop.call_soon_threadsafe(settle, outcomes)


class Collector:
    """The ASGI application of all tracking SDKs."""

    def __init__(self, keys: WriteKeys, meters: Meters) -> None:
        self.keys = keys
        self.spool: Spool | None = None
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep one request and answer it as its SDK expects."""
        headers = {_WANTED[name]: value.decode("latin-1") for name, value in scope["headers"] if name in _WANTED}
        origin = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"), None)
        method, path = scope["method"], scope["path"]
        if method == "OPTIONS":
            allowed = preflight_headers(path, origin or "*")
            await _send(send, _NOWHERE if allowed is None else Answer(200, allowed))
            return
        family = find(method, path)
        if family is None:
            await _send(send, _NOWHERE)
            return
        headers.setdefault("x-forwarded-proto", scope.get("scheme", "http"))
        answer = await self._answered(family, scope, headers, receive)
        self._meters.requests.labels(family.name, str(answer.status)).inc()
        await _send(send, answer, cors_headers(origin) if origin else {})

    async def _answered(self, family: Family, scope: Scope, headers: dict[str, str], receive: Receive) -> Answer:
        try:
            body = await asyncio.wait_for(_body(receive), BODY_S)
        except TimeoutError:
            return _TOO_SLOW
        if body is None:
            return _TOO_LARGE
        request = Request(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=body,
            received_at=int(now().timestamp() * 1000),
        )
        key = family.write_key(request)
        source = self.keys.source_of(key)
        if source is None:
            return _NO_KEY
        setting = family.setting(request, key or "")
        if setting is not None:
            return setting
        return await self._keep(family, source, request)

    async def _keep(self, family: Family, source: str, request: Request) -> Answer:
        kept = {name: value for name, value in request.headers.items() if name in DECODED_HEADERS}
        if self.spool is None:
            return _LATER
        try:
            future = self.spool.append(source, msgspec.structs.replace(request, headers=kept))
            await _kept(future)
        except (SpoolBusy, SpoolFull):
            self._meters.refused.inc()
            return _LATER
        return family.answer(request)


async def _kept(future: Future[int]) -> None:
    """Wait until a request is on the disk; its future is settled in this event loop (`deliver_in`)."""
    waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    future.add_done_callback(partial(_pass_on, waiting))
    await waiting


def _pass_on(waiting: asyncio.Future[None], done: Future[int]) -> None:
    if waiting.done():
        return
    error = done.exception()
    if error is None:
        waiting.set_result(None)
    else:
        waiting.set_exception(error)


async def _body(receive: Receive) -> bytes | None:
    """Return the body, None of one that is too large."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise TimeoutError
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY_BYTES:
            return None
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


async def _send(send: Send, answer: Answer, more: Mapping[str, str] | None = None) -> None:
    told = {"content-length": str(len(answer.body)), **answer.headers, **(more or {})}
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in told.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
