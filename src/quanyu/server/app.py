"""The one application of the server process: `/api/v1`, the collector of SDKs, health, what the process counts."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from quanyu.collect.spool import Outcome, Spool, SpoolLimits, settle
from quanyu.engine import DuckDBEngine
from quanyu.errors import ExternalError, QuanyuError
from quanyu.progress import Listener
from quanyu.server.api import api
from quanyu.server.collector import Collector, WriteKeys, deliver_in
from quanyu.server.cookie import token_of
from quanyu.server.metrics import Meters
from quanyu.server.owner import Owner, Pace
from quanyu.server.pages import PAGES
from quanyu.server.runs import Runs
from quanyu.server.state import SignedIn, State
from quanyu.services.access import caller_of_key, write_keys
from quanyu.services.live import spool_status
from quanyu.services.project import Project, open_project, open_warehouse
from quanyu.services.roles import open_roles
from quanyu.services.run import RunReport, RunRequest, run
from quanyu.services.users import caller_of_session
from quanyu.store import Store, open_vault
from quanyu.store.cipher import SpoolCipher

KEYS_EVERY_S = 2.0
"""How soon a key that was made or revoked by another process is known here."""
QUIET_S = 30.0
"""The owner may be silent for so long before the process says that it is not ready: a load or build takes its time."""
LAST_LOAD_BYTES = 4 * 1024 * 1024
"""A server that is stopped loads so much at the end; what is more is safe in the spool and loaded by the next start."""
_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """How to serve: the collector's name (its spool folder), the source of requests without a key, pace, limits."""

    collector: str = "main"
    open_source: str | None = None
    pace: Pace = field(default_factory=Pace)
    limits: SpoolLimits = field(default_factory=SpoolLimits)


class Service:
    """Everything of one server process over one workspace, from start to graceful end.

    Without a `warehouse` it only collects: another process owns the warehouse, loads and answers the API.
    """

    def __init__(self, project: Project, store: Store, warehouse: DuckDBEngine | None, settings: Settings) -> None:
        self.project, self.store, self.settings = project, store, settings
        # Held open: each request then opens a connection and not the file, and no other process takes the file.
        self._warehouse = warehouse
        self.meters = Meters()
        self.runs = Runs(self._run)
        self.roles = open_roles(project.workspace)
        self.owner = None if warehouse is None else Owner(project, self.runs, self.meters, settings.pace)
        self.collector = Collector(self._keys(), self.meters)
        self._keys_at = time.monotonic()
        self._loop: asyncio.AbstractEventLoop | None = None

    def app(self) -> Starlette:
        """Return the ASGI application; raises UserError `spool.held` while another process collects by this name."""
        routes: list[BaseRoute] = [
            Route("/healthz", self._health),
            Route("/readyz", self._ready),
            Route("/metrics", self._metrics),
        ]
        if self._warehouse is not None:
            reading = partial(open_warehouse, self.project.workspace)
            state = State(self.project, self.store, reading, self._sign_in, self.runs, self.roles)
            routes += [Mount("/api/v1", api(state)), *PAGES]
        life = partial(self._life, self._open_spool())
        return Starlette(routes=[*routes, Mount("/", self.collector)], lifespan=life)

    def _run(self, request: RunRequest, listen: Listener) -> RunReport:
        """Run the main job by the definitions as they stand now, not as they stood when the server started."""
        return run(open_project(self.project.workspace.root), request, listen)

    def _open_spool(self) -> Spool:
        """Open the spool before anything listens, so that what is wrong with it is told as a problem."""
        cipher = SpoolCipher(open_vault(self.project.workspace.key_file))
        folder = self.project.workspace.folder("spool") / self.settings.collector
        return Spool(folder, cipher, self.settings.limits, on_commit=self._deliver)

    def _deliver(self, outcomes: Sequence[Outcome]) -> None:
        if self._loop is None:
            settle(outcomes)
        else:
            deliver_in(self._loop, outcomes)

    @asynccontextmanager
    async def _life(self, spool: Spool, _: Starlette) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        self.collector.spool = spool
        if self.owner is not None:
            self.owner.start()
        renewing = asyncio.create_task(self._renew_keys())
        _LOG.info("server.started", collector=self.settings.collector)
        try:
            yield
        finally:
            renewing.cancel()
            self.collector.spool = None
            await asyncio.to_thread(self._end, spool)
            _LOG.info("server.ended")

    def _end(self, spool: Spool) -> None:
        """Seal what was answered and load it, so that a stopped server leaves nothing behind."""
        spool.close()
        if self.owner is None:
            return
        self.owner.stop()
        if spool_status(self.project).bytes > LAST_LOAD_BYTES:
            _LOG.info("server.left_in_spool")
            return
        try:
            self.owner.load()
        except QuanyuError as error:
            # A run goes on, say: what is sealed is loaded at the next start.
            _LOG.warning("server.unloaded", fault=type(error).__name__, code=getattr(error, "code", ""))

    async def _renew_keys(self) -> None:
        while True:
            await asyncio.sleep(KEYS_EVERY_S)
            try:
                self.collector.keys = await asyncio.to_thread(self._keys)
                self._keys_at = time.monotonic()
            except ExternalError as error:
                # The next turn tries again; keys too old to be trusted make the process not ready.
                _LOG.warning("server.keys_not_read", code=error.code)

    def _keys(self) -> WriteKeys:
        return WriteKeys(write_keys(self.store), self.settings.open_source)

    def _sign_in(self, request: Request) -> SignedIn | None:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if not scheme:
            token = token_of(request)
            known = None if token is None else caller_of_session(self.store, self.roles, token)
            return None if known is None else SignedIn(known[0], known[1].csrf, known[1].session_id)
        if scheme.lower() != "bearer":
            return None
        caller = caller_of_key(self.store, self.roles, secret.strip())
        return None if caller is None else SignedIn(caller)

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def _ready(self, _: Request) -> Response:
        faults = await asyncio.to_thread(self._faults)
        return JSONResponse({"ready": not faults, "faults": faults}, 503 if faults else 200)

    def _faults(self) -> list[str]:
        found = []
        if self.collector.spool is None:
            found.append("the spool is closed")
        if shutil.disk_usage(self.project.workspace.state).free < self.settings.limits.free_bytes:
            found.append("the disk is full")
        if time.monotonic() - self._keys_at > QUIET_S:
            found.append("the keys were not read")
        if self.owner is not None and self.owner.silent_s > QUIET_S:
            found.append("the spool was not looked at")
        return found

    async def _metrics(self, _: Request) -> Response:
        return Response(self.meters.text(), media_type=self.meters.content_type)
