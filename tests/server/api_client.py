"""Clients of the API over a shop that was built once: one per set of permissions, no socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from quanyu.server.api import api
from quanyu.server.limits import Rate
from quanyu.server.runs import Runs
from quanyu.server.state import SignedIn, State
from quanyu.services.permissions import Caller, Permission, Scope
from quanyu.services.project import open_operations, open_project, open_warehouse
from quanyu.services.roles import open_roles
from quanyu.services.run import run
from services.shop import NOW, built_shop

ROLES = {
    "viewer": {Permission.SEE},
    "analyst": {Permission.SEE, Permission.EXPORT},
    "editor": {Permission.SEE, Permission.EDIT},
    "privacy": {Permission.SEE, Permission.UNMASK},
    "owner": set(Permission),
    "nobody": set(),
}
PARTS = {
    "store": Scope(stores=frozenset({"till:S1"})),
    "region": Scope(regions=frozenset({"east"})),
    "brand": Scope(brands=frozenset({"b1"})),
}
"""Callers with every permission who reach a part of the brand only."""

TOKEN = "token-of-the-session"


def sign_in(request: Request) -> SignedIn | None:
    """Sign in by `Bearer role`, by a cookie with a CSRF token, or as somebody who reaches one store only."""
    scheme, _, name = request.headers.get("authorization", "").partition(" ")
    cookie = request.cookies.get("session")
    if cookie in ROLES:
        return SignedIn(Caller("1", cookie, "user", frozenset(ROLES[cookie]), Scope(), cookie), TOKEN)
    if scheme != "Bearer":
        return None
    if name in PARTS:
        return SignedIn(Caller("2", name, "user", frozenset(Permission), PARTS[name], name))
    return SignedIn(Caller(name, name, "key", frozenset(ROLES[name]), Scope(), name)) if name in ROLES else None


@contextmanager
def served(root: Path, rate: Rate | None = None) -> Iterator[TestClient]:
    """Give a client of the API over a workspace; nobody is signed in."""
    project = open_project(root)
    # Held open, so that each request opens a connection and not the file.
    with open_operations(project.workspace) as store, open_warehouse(project.workspace):
        state = State(
            project,
            store,
            lambda: open_warehouse(project.workspace),
            sign_in,
            Runs(partial(run, project)),
            open_roles(project.workspace),
        )
        app = api(state, rate or Rate(per_s=10_000, burst=100_000))
        with TestClient(app, raise_server_exceptions=False) as client:
            yield client


class Shop:
    """What tests ask of: `get` and `post` as a role, the JSON back."""

    def __init__(self, client: TestClient, root: Path) -> None:
        self.client = client
        self.root = root

    def ask(self, method: str, path: str, role: str | None = "owner", **more: Any) -> Any:
        """Return the answer to a request of a role's, of nobody's for None."""
        headers = {"Authorization": f"Bearer {role}"} if role else {}
        return self.client.request(method, path, headers={**headers, **more.pop("headers", {})}, **more)

    def get(self, path: str, role: str | None = "owner", **more: Any) -> Any:
        """Return the JSON of a read that must succeed."""
        answer = self.ask("GET", path, role, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any, role: str | None = "owner") -> Any:
        """Return the JSON of a POST that must succeed."""
        answer = self.ask("POST", path, role, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def problem(self, method: str, path: str, role: str | None = "owner", **more: Any) -> tuple[int, str]:
        """Return status and code of a request that must be refused, as a problem and without a traceback."""
        answer = self.ask(method, path, role, **more)
        assert answer.status_code >= 400, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Traceback" not in answer.text
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        return answer.status_code, answer.json()["code"]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with built_shop(tmp_path_factory.mktemp("api") / "shop") as root, served(root) as client:
        yield Shop(client, root)


__all__ = ["NOW", "PARTS", "ROLES", "TOKEN", "Shop", "served", "shop"]
