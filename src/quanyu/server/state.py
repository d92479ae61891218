"""What every route works with: the workspace, its store, its warehouse for reading, and who is asking."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, TypeAlias

from starlette.requests import Request

from quanyu.engine import DuckDBEngine
from quanyu.errors import Problem, UserError
from quanyu.server.runs import Runs
from quanyu.services.build import attach_build
from quanyu.services.permissions import Caller
from quanyu.services.project import Project
from quanyu.store import Build, Store

SIGNED_OUT: Final = Problem(
    "access.signed_out", "Nobody is signed in.", "Sign in, or send `Authorization: Bearer` with an API key."
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is asking; `csrf` is the token that writes of a browser session must repeat, None for an API key."""

    caller: Caller
    csrf: str | None = None


Reading: TypeAlias = Callable[[], AbstractContextManager[DuckDBEngine]]
SignIn: TypeAlias = Callable[[Request], SignedIn | None]


@dataclass(frozen=True, slots=True)
class Here:
    """A published build to read: the engine is the caller's own and sees the tables of the build."""

    project: Project
    store: Store
    engine: DuckDBEngine
    build: Build


@dataclass(frozen=True, slots=True)
class State:
    """What the process holds for all requests.

    `reading` gives an engine on a cursor of its own, `sign_in` who asks by session cookie or key, None for nobody;
    `runs` starts the main job.
    """

    project: Project
    store: Store
    reading: Reading
    sign_in: SignIn
    runs: Runs
    scratch: Lock = field(default_factory=Lock)
    """Held while a question is computed in the scratch schema, of which there is one."""

    def caller_of(self, request: Request) -> SignedIn:
        """Return who asks; raises UserError `access.signed_out`."""
        found = self.sign_in(request)
        if found is None:
            raise UserError(SIGNED_OUT)
        return found

    @contextmanager
    def opened(self, build_id: int | None = None) -> Iterator[Here]:
        """Give a published build, the newest without a number; raises UserError `build.none`."""
        with self.reading() as engine:
            yield Here(self.project, self.store, engine, attach_build(self.store, engine, build_id))
