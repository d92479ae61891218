"""The owner of the warehouse: loads what the collectors sealed, every second, and builds anew when something came."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog
from prometheus_client import Counter

from quanyu.errors import ExternalError, UserError
from quanyu.server.metrics import Meters
from quanyu.server.runs import Runs, RunState
from quanyu.services.ingest import at_work
from quanyu.services.live import has_sealed, load_live, spool_status
from quanyu.services.project import Project
from quanyu.services.run import Part, RunRequest

LOAD_EVERY_S: Final = 1.0
_LOG: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the spool is loaded, and how long after new rows a build begins; None: only when somebody asks."""

    load_s: float = LOAD_EVERY_S
    build_s: float | None = None


class Owner:
    """A thread that loads and builds until it is stopped; what it fails at it tries again at the next turn."""

    def __init__(self, project: Project, runs: Runs, meters: Meters, pace: Pace) -> None:
        self._project, self._runs, self._meters, self._pace = project, runs, meters, pace
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._go, name="owner", daemon=True)
        self._waiting_since: float | None = None
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
        if report.rows.stored and self._waiting_since is None:
            self._waiting_since = time.monotonic()
        return report.files

    def _go(self) -> None:
        while not self._stopping.wait(self._pace.load_s):
            self._try("live", self._load_and_tell, self._meters.loads)
            self._looked_at = time.monotonic()
            self._build_when_due()

    def _load_and_tell(self) -> None:
        self.load()
        status = spool_status(self._project)
        self._meters.spool_bytes.set(status.bytes)
        self._meters.spool_age.set(status.oldest_s or 0)
        self._meters.loaded_at.set_to_current_time()

    def _build_when_due(self) -> None:
        if self._pace.build_s is None or self._waiting_since is None:
            return
        if time.monotonic() - self._waiting_since >= self._pace.build_s:
            self._try("build", self._build, self._meters.builds)

    def _build(self) -> None:
        one = self._runs.start(RunRequest(parts=frozenset({Part.BUILD, Part.REPORT})), "system:schedule")
        self._waiting_since = None
        while one.state is RunState.RUNNING:
            one.after(0 if not one.events else one.events[-1][0], LOAD_EVERY_S)
        if one.state is RunState.FAILED:
            raise UserError(one.problems)

    def _try(self, what: str, work: Callable[[], None], counter: Counter) -> None:
        try:
            work()
        except UserError as error:
            codes = [problem.code for problem in error.problems]
            ended = "busy" if codes == ["run.busy"] else "failed"
            if ended == "failed":
                _LOG.error(f"{what}.failed", codes=codes)
        except ExternalError as error:
            ended = "failed"
            _LOG.error(f"{what}.failed", codes=[error.code])
        else:
            ended = "done"
        counter.labels(ended).inc()
