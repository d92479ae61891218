"""The owner of the warehouse: loads what the collectors sealed, brings persons up to date, builds anew when it is time.

A load and a refresh take seconds and go on while readers read; what only a build finds out waits for the next build.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog
from prometheus_client import Counter

from quanyu.engine import DuckDBEngine
from quanyu.errors import ExternalError, UserError
from quanyu.server.metrics import Meters
from quanyu.server.runs import Runs, RunState
from quanyu.services.ingest import at_work
from quanyu.services.live import has_sealed, load_live, spool_status
from quanyu.services.project import Project, open_project
from quanyu.services.refresh import Refresher
from quanyu.services.run import Part, RunRequest
from quanyu.store import Store

LOAD_EVERY_S: Final = 1.0
REFRESH_EVERY_S: Final = 1.0
UNTIL_BUILT_S: Final = 30.0
_LOG: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the spool is loaded, and how long after new rows a build begins; None: only when somebody asks.

    `refresh_s` is the rest between two refreshes of persons; None: persons follow with the builds only.
    """

    load_s: float = LOAD_EVERY_S
    build_s: float | None = None
    refresh_s: float | None = REFRESH_EVERY_S


class Owner:
    """A thread that loads, refreshes and builds until it is stopped; what it fails at it tries again later."""

    def __init__(self, project: Project, runs: Runs, meters: Meters, pace: Pace) -> None:
        self._project, self._runs, self._meters, self._pace = project, runs, meters, pace
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._go, name="owner", daemon=True)
        self._refresher = Refresher(project)
        self._is_behind = True
        self._rests_until = 0.0
        self._waiting_since: float | None = None
        self._is_due = False
        self._looked_at = time.monotonic()

    @property
    def silent_s(self) -> float:
        """Return for how many seconds the spool was not looked at."""
        return time.monotonic() - self._looked_at

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the load that is going on and end; what is sealed afterwards is loaded by `load`."""
        self._stopping.set()
        self._thread.join()

    def load(self) -> int:
        """Load what is sealed and return how many files that were; raises UserError `run.busy` while a run goes on."""
        if not has_sealed(self._project):
            return 0
        with at_work(self._project, "live") as (store, engine):
            report = load_live(self._project, store, engine)
        for fate in ("stored", "quarantined", "duplicate"):
            self._meters.rows.labels(fate).inc(getattr(report.rows, fate))
        if report.rows.stored:
            self._is_behind = True
            self._waiting_since = self._waiting_since or time.monotonic()
        return report.files

    def refresh(self) -> None:
        """Bring persons up to date with what was loaded; raises UserError `build.none` without a build to lie on."""
        with at_work(self._project, "live") as (store, engine):
            self._refresh(store, engine)

    def _refresh(self, store: Store, engine: DuckDBEngine) -> None:
        started = time.monotonic()
        done = self._refresher.refresh(store, engine)
        self._is_behind = self._is_due = bool(done.why_not)
        self._meters.refreshed_persons.inc(done.persons)
        if done.why_not:
            _LOG.info("refresh.needs_build", why=done.why_not)
            # What the build was made of may be newer than what this process read.
            self._refresher = Refresher(open_project(self._project.workspace.root))
        else:
            self._meters.fresh_at.set_to_current_time()
            self._meters.refresh_s.set(time.monotonic() - started)

    def _go(self) -> None:
        while not self._stopping.wait(self._pace.load_s):
            self._try("live", self._load_and_tell, self._meters.loads)
            self._looked_at = time.monotonic()
            self._refresh_when_due()
            self._build_when_due()

    def _load_and_tell(self) -> None:
        self.load()
        status = spool_status(self._project)
        self._meters.spool_bytes.set(status.bytes)
        self._meters.spool_age.set(status.oldest_s or 0)
        self._meters.loaded_at.set_to_current_time()

    def _refresh_when_due(self) -> None:
        if self._pace.refresh_s is None or not self._is_behind or time.monotonic() < self._rests_until:
            return
        self._try("refresh", self.refresh, self._meters.refreshes)
        self._looked_at = time.monotonic()
        # What only a build can bring is not looked for each second.
        self._rests_until = self._looked_at + (UNTIL_BUILT_S if self._is_due else self._pace.refresh_s)

    def _build_when_due(self) -> None:
        if self._pace.build_s is None or self._waiting_since is None:
            return
        if self._is_due or time.monotonic() - self._waiting_since >= self._pace.build_s:
            self._try("build", self._build, self._meters.builds)

    def _build(self) -> None:
        one = self._runs.start(RunRequest(parts=frozenset({Part.BUILD, Part.REPORT})), "system:schedule")
        self._waiting_since, self._is_due = None, False
        while one.state is RunState.RUNNING:
            one.after(0 if not one.events else one.events[-1][0], LOAD_EVERY_S)
        self._rests_until, self._is_behind = 0.0, True
        if one.state is RunState.FAILED:
            raise UserError(one.problems)

    def _try(self, what: str, work: Callable[[], None], counter: Counter) -> None:
        try:
            work()
        except UserError as error:
            codes = [problem.code for problem in error.problems]
            ended = "busy" if codes == ["run.busy"] else "failed"
            if codes == ["build.none"]:
                self._is_due = True
            elif ended == "failed":
                _LOG.error(f"{what}.failed", codes=codes)
        except ExternalError as error:
            ended = "failed"
            _LOG.error(f"{what}.failed", codes=[error.code])
        else:
            ended = "done"
        counter.labels(ended).inc()
