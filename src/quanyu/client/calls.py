"""One request after another to a server: kept connection, retries that double nothing, errors as values."""

import json
import random
import re
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, Final, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

Json: TypeAlias = dict[str, Any]
"""A JSON object as the API documents it; money is whole fen, dates are ISO texts, null is unknown."""

_AGAIN: Final = (429, 502, 503, 504)
_LONGEST_WAIT_S: Final = 60.0
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")


class ApiError(Exception):
    """What the server refused or could not do.

    `status` is that of HTTP, 0 when no answer came; `code` is stable; `problems` tells each with message and remedy.
    """

    def __init__(self, status: int, told: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(told.get("code", ""))
        self.detail = str(told.get("detail", ""))
        self.remedy = str(told.get("remedy", ""))
        self.request_id = str(told.get("request_id", ""))
        self.problems: list[Json] = list(told.get("problems", []))
        super().__init__(" ".join(part for part in (f"{status} {self.code}:", self.detail, self.remedy) if part))


class Calls:
    """The requests of one caller; not for several threads at once.  The key is in no text of it."""

    def __init__(self, address: str, key: str, *, language: str = "en", timeout_s: float = 60, tries: int = 4) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("address is written https://host or http://127.0.0.1:8700")
        if parts.scheme == "http" and parts.hostname not in _LOCAL:
            raise ValueError("a key goes to another machine over https only")
        if not _KEY.fullmatch(key.strip()):
            raise ValueError("a key is letters, digits and _ only")
        if tries < 1:
            raise ValueError("tries is at least 1")
        self.address = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self.tries, self._timeout_s = tries, timeout_s
        self._base = parts.path.rstrip("/") + "/api/v1"
        self._is_secure, self._host = parts.scheme == "https", parts.netloc
        bearer = {"Authorization": f"Bearer {key.strip()}"}
        self._head = {**bearer, "Accept-Language": language, "Accept": "application/json"}
        self._connection: HTTPConnection | None = None

    def __repr__(self) -> str:
        return f"Calls({self.address!r})"

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def say_tool(self, name: str) -> None:
        """Name the assistant's tool that asks from now on: the server keeps it on its audit record."""
        self._head["X-Assistant-Tool"] = name

    def get(self, path: str, **query: object) -> Json:
        """Return the answer to a read; parameters that are None are left out."""
        return self.json("GET", path, query)

    def post(self, path: str, body: Mapping[str, object] | None = None, **more: str | None) -> Json:
        """Return the answer to a write or a question; parts of the body that are None are left out.

        `key` names the request, so that a repetition is not done again; without one a new one is made, which only the
        retries of this call share.  `purpose` is what personal fields are opened for.
        """
        return self.json("POST", path, {}, body or {}, **more)

    def json(
        self,
        method: str,
        path: str,
        query: Mapping[str, object],
        body: Mapping[str, object] | None = None,
        *,
        key: str | None = None,
        purpose: str | None = None,
    ) -> Json:
        """Return the JSON of an answer; raises ApiError for every other one."""
        head = {} if purpose is None else {"X-Purpose": purpose}
        if method != "GET":
            head |= {"Idempotency-Key": key or uuid.uuid4().hex, "Content-Type": "application/json"}
        for left in reversed(range(self.tries)):
            answer = self.answer(method, path, query, body, head)
            try:
                found: Json = json.loads(answer.read())
            except (OSError, HTTPException) as error:
                self.close()
                if left == 0:
                    raise _unreachable(self.address) from error
                continue
            return found
        raise _unreachable(self.address)

    def answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, object],
        body: Mapping[str, object] | None,
        head: Mapping[str, str],
    ) -> HTTPResponse:
        """Return an answer that is well, its body not read yet; asks again when the server is busy or gone.

        Every write has an idempotency key, so a repetition after a broken connection is done once.
        """
        said = None if body is None else json.dumps(_plain(body)).encode()
        asked = urlencode([(name, _text(value)) for name, value in query.items() if value is not None])
        place = f"{self._base}{path}{'?' if asked else ''}{asked}"
        for left in reversed(range(self.tries)):
            try:
                answer = self._send(method, place, said, {**self._head, **head})
            except (OSError, HTTPException) as error:
                self.close()
                if left == 0:
                    raise _unreachable(self.address) from error
                _wait(self.tries - left, None)
                continue
            if answer.status < 400:
                return answer
            problem = _problem(answer)
            if answer.status not in _AGAIN or left == 0:
                raise ApiError(answer.status, problem)
            _wait(self.tries - left, answer.getheader("Retry-After"))
        raise _unreachable(self.address)

    def pages(self, path: str, rows: str, **query: object) -> Iterator[Any]:
        """Yield the rows of every page, one by one."""
        cursor = None
        while True:
            page = self.get(path, cursor=cursor, **query)
            yield from page[rows]
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    def events(self, path: str) -> Iterator[tuple[str, Json]]:
        """Yield name and data of server-sent events until the stream ends."""
        answer = self.answer("GET", path, {}, None, {"Accept": "text/event-stream"})
        name = ""
        try:
            for line in answer:
                field, _, value = line.decode().rstrip("\n").partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    yield name, json.loads(value)
        finally:
            self.close()

    def _send(self, method: str, place: str, body: bytes | None, head: Mapping[str, str]) -> HTTPResponse:
        if self._connection is None:
            kind = HTTPSConnection if self._is_secure else HTTPConnection
            self._connection = kind(self._host, timeout=self._timeout_s)
        self._connection.request(method, place, body=body, headers=dict(head))
        return self._connection.getresponse()


def _unreachable(address: str) -> ApiError:
    return ApiError(0, {"code": "client.unreachable", "detail": f"{address} does not answer."})


def part(text: str) -> str:
    """Return a text as one part of a path, whatever it holds."""
    return quote(text, safe="")


def _problem(answer: HTTPResponse) -> Json:
    try:
        told = json.loads(answer.read())
    except ValueError:
        told = None
    return told if isinstance(told, dict) else {"code": "client.no_problem", "detail": "The server told no reason."}


def _wait(turn: int, said: str | None) -> None:
    """Wait as long as the server says, else longer each time; some chance lets callers not come together."""
    least = float(said) if said is not None and said.isdigit() else 0.2 * 2.0**turn
    time.sleep(min(_LONGEST_WAIT_S, least) * random.uniform(1.0, 1.25))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)


def _plain(value: object) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items() if one is not None}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value
