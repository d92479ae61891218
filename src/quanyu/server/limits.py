"""What a request may be at most, checked before anything reads it; and how often one caller may ask.

The limits are those of API servers in general (OWASP ASVS 5: 4.2, 15.2), the JSON those that a 64-bit reader and a
browser agree on: no key twice, no NaN, whole numbers within 2^53, no NUL, no half of a surrogate pair.
"""

import asyncio
import json
import math
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from time import monotonic
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quanyu.errors import Problem, UserError, Where
from quanyu.server.problems import REQUEST_ID, refusal, request_id_of

BODY: Final = 1_000_000
URL: Final = 8_192
HEADERS: Final = 100
HEADER_BYTES: Final = 16_384
DEPTH: Final = 32
WHOLE: Final = 2**53 - 1
BODY_S: Final = 10
_WRITES: Final = ("POST", "PUT", "PATCH", "DELETE")
_BOM: Final = b"\xef\xbb\xbf"


class Refused(Exception):
    """A request that goes no further: its status and why."""

    def __init__(self, status: int, code: str, message: str, remedy: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.problem = Problem(code, message, remedy)


class Hardened:
    """Refuses what is too large, too slow or no strict JSON; puts request id and safe headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on when it keeps within the limits."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = request_id_of(scope)

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*_without_id(message["headers"]), *_safe_headers(request_id)]}
            await send(message)

        try:
            _check_head(scope)
            body = await _body(scope, receive)
        except Refused as fault:
            await refusal(scope, fault.status, [fault.problem])(scope, receive, send_safely)
            return
        await self.app(scope, receive if body is None else _again(body, receive), send_safely)


def _without_id(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name.lower() != REQUEST_ID.lower().encode()]


def _safe_headers(request_id: str) -> list[tuple[bytes, bytes]]:
    return [
        (REQUEST_ID.lower().encode(), request_id.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"no-referrer"),
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    ]


def _check_head(scope: Scope) -> None:
    query = scope.get("query_string", b"")
    if len(scope["path"]) + len(query) > URL:
        raise Refused(414, "request.url", f"The address is longer than {URL:,} characters.")
    headers = scope["headers"]
    if len(headers) > HEADERS or sum(len(name) + len(value) for name, value in headers) > HEADER_BYTES:
        raise Refused(431, "request.headers", f"More than {HEADERS} headers, or {HEADER_BYTES:,} bytes of them.")
    try:
        given = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=50, errors="strict")
    except ValueError:
        raise Refused(422, "request.query", "The query of the address cannot be read.") from None
    names = [name for name, _ in given]
    if len(names) != len(set(names)):
        raise Refused(422, "request.query_twice", "A name stands twice in the query.", "Give each once.")
    if "\0" in unquote(scope["path"]) or any("\0" in text for pair in given for text in pair):
        raise Refused(422, "request.nul", "The address holds a NUL character.")


async def _body(scope: Scope, receive: Receive) -> bytes | None:
    """Return the whole body of a write, None for requests that have none to check."""
    if scope["method"] not in _WRITES:
        return None
    try:
        async with asyncio.timeout(BODY_S):
            body = await _read(receive)
    except TimeoutError:
        raise Refused(408, "request.slow", f"The body took longer than {BODY_S} seconds.") from None
    if body:
        headers = dict(scope["headers"])
        kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        if kind != b"application/json":
            raise Refused(415, "request.media_type", "The body is no JSON.", "Send Content-Type: application/json.")
        check_json(body)
    return body


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    is_more = True
    while is_more:
        message = await receive()
        body += message.get("body", b"")
        is_more = message["type"] == "http.request" and message.get("more_body", False)
        if len(body) > BODY:
            raise Refused(413, "request.length", f"The body is longer than {BODY:,} bytes.")
    return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a receiver that gives the body once and then what comes after it (a client that hangs up)."""
    waiting = [body]

    async def give() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return give


def check_json(body: bytes) -> None:
    """Refuse (422) a body that two readers could understand differently, or that no column could hold."""
    if body.startswith(_BOM):
        raise _no_json("It begins with a byte order mark.")
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_once,
            parse_constant=_no_constant,
            parse_int=_whole,
            parse_float=_finite,
        )
    except (ValueError, RecursionError):
        raise _no_json("It cannot be read.") from None
    waiting = [(value, 1)]
    while waiting:
        here, depth = waiting.pop()
        if depth > DEPTH:
            raise _no_json(f"It is nested deeper than {DEPTH}.")
        if isinstance(here, str):
            _check_text(here)
        elif isinstance(here, dict):
            waiting += [(part, depth + 1) for pair in here.items() for part in pair]
        elif isinstance(here, list):
            waiting += [(part, depth + 1) for part in here]


def _check_text(text: str) -> None:
    if "\0" in text:
        raise _no_json("A text holds a NUL character.")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise _no_json("A text holds half of a surrogate pair.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _no_json("A key stands twice.")
    return found


def _no_constant(_: str) -> None:
    raise _no_json("It holds NaN or Infinity.")


def _whole(text: str) -> int:
    number = int(text) if len(text) <= 17 else WHOLE + 1
    if abs(number) > WHOLE:
        raise _no_json("A whole number is beyond 2^53.")
    return number


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _no_json("A number is too large.")
    return number


def _no_json(why: str) -> Refused:
    return Refused(422, "request.json", f"The body is no JSON that is taken here. {why}", "Send plain JSON in UTF-8.")


class Rate:
    """A token bucket per caller, in memory: `burst` requests at once, then `per_s` a second."""

    _CALLERS: Final = 10_000

    def __init__(self, per_s: float = 20, burst: int = 120) -> None:
        self.per_s = per_s
        self.burst = burst
        self._lock = Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Take one request of a caller's; raises UserError `access.rate` when none is left."""
        at = monotonic()
        with self._lock:
            left, before = self._left.pop(caller, (float(self.burst), at))
            left = min(self.burst, left + (at - before) * self.per_s)
            self._left[caller] = (max(0.0, left - 1) if left >= 1 else left, at)
            if len(self._left) > self._CALLERS:
                self._left.popitem(last=False)
        if left < 1:
            message = f"More than {self.per_s:g} requests a second."
            raise UserError(Problem("access.rate", message, "Wait a second.", Where(field="Authorization")))


class Attempts:
    """Wrong names, passwords, links and keys, counted by who was tried and from where, in memory of bounded size.

    After `free` of them each further one has to wait: a second, then twice as long each time, a quarter of an hour at
    most.  An hour without one, or a right one, and counting begins anew.
    """

    _LONGEST_S: Final = 900.0
    _FORGOTTEN_S: Final = 3600.0
    _KEPT: Final = 10_000

    def __init__(self, free: int = 5) -> None:
        self.free = free
        self._lock = Lock()
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def check(self, *tried: str) -> None:
        """Raise UserError `access.attempts` while one of them has to wait."""
        at = monotonic()
        with self._lock:
            left = max((self._left(one, at) for one in tried), default=0.0)
        if left > 0:
            message = f"Too many wrong attempts; the next one in {math.ceil(left)} seconds."
            raise UserError(Problem("access.attempts", message, "Wait, or ask an administrator for a link."))

    def count(self, *tried: str) -> None:
        """Count a wrong attempt against each."""
        at = monotonic()
        with self._lock:
            for one in tried:
                wrong, before = self._wrong.pop(one, (0, at))
                self._wrong[one] = (1 if at - before > self._FORGOTTEN_S else wrong + 1, at)
            while len(self._wrong) > self._KEPT:
                self._wrong.popitem(last=False)

    def forgive(self, *tried: str) -> None:
        """Begin counting anew."""
        with self._lock:
            for one in tried:
                self._wrong.pop(one, None)

    def _left(self, one: str, at: float) -> float:
        wrong, before = self._wrong.get(one, (0, at))
        if wrong < self.free:
            return 0.0
        return before + min(self._LONGEST_S, 2.0 ** min(wrong - self.free, 20)) - at
