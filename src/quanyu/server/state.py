"""What every route works with: the workspace, its store, its warehouse for reading, and who is asking."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Final, TypeAlias

from starlette.requests import Request

from quanyu.engine import DuckDBEngine
from quanyu.errors import Problem, UserError
from quanyu.server.runs import Runs
from quanyu.services.build import attach_build
from quanyu.services.permissions import Caller
from quanyu.services.project import Project
from quanyu.services.refresh import attach_fresh
from quanyu.services.roles import Roles
from quanyu.store import Build, Store

SIGNED_OUT: Final = Problem(
    "access.signed_out", "Nobody is signed in.", "Sign in, or send `Authorization: Bearer` with an API key."
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is asking; `csrf` is the token that writes of a browser session must repeat, None for an API key.

    `session_id` is of that session.
    """

    caller: Caller
    csrf: str | None = None
    session_id: str | None = None


Reading: TypeAlias = Callable[[], AbstractContextManager[DuckDBEngine]]
SignIn: TypeAlias = Callable[[Request], SignedIn | None]


@dataclass(frozen=True, slots=True)
class Here:
    """A published build to read: the engine is the caller's own and sees the tables of the build.

    `fresh_at` (UTC) is when persons, tags and segments were last brought up to date over it; None: as the build has it.
    """

    project: Project
    store: Store
    engine: DuckDBEngine
    build: Build
    fresh_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What the process holds for all requests.

    `reading` gives an engine on a cursor of its own, `sign_in` who asks by session cookie or key, None for nobody;
    `runs` starts the main job; `roles` are those of the start, a changed one holds from the next start on.
    """

    project: Project
    store: Store
    reading: Reading
    sign_in: SignIn
    runs: Runs
    roles: Roles
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

    @contextmanager
    def opened_fresh(self) -> Iterator[Here]:
        """Give the newest published build with what became of persons since; raises UserError `build.none`."""
        with self.reading() as engine:
            fresh = attach_fresh(self.store, engine)
            has_news = fresh.state is not None and fresh.state.watermark > fresh.build.watermark
            at = fresh.state.refreshed_at.replace(tzinfo=UTC) if fresh.state is not None and has_news else None
            yield Here(self.project, self.store, engine, fresh.build, at)
