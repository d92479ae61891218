"""Runs that somebody started over the API: one at a time, in a thread, with progress for all who watch."""

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from secrets import token_hex
from threading import Condition, Lock, Thread
from typing import Any, Final, TypeAlias

from quanyu.clock import now
from quanyu.errors import ExternalError, Problem, UserError
from quanyu.progress import Listener, Progress
from quanyu.services.run import RunReport, RunRequest

Runner: TypeAlias = Callable[[RunRequest, Listener], RunReport]
KEPT: Final = 50
"""Runs that are remembered; the builds they made stand in the store."""
_EVENTS: Final = 2_000


class RunState(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(slots=True)
class Run:
    """One run: who started it and when (UTC), how it stands, what it said, the build it published or why it failed."""

    run_id: str
    actor: str
    started_at: datetime
    state: RunState = RunState.RUNNING
    build_id: int | None = None
    problems: tuple[Problem, ...] = ()
    events: deque[tuple[int, Progress]] = field(default_factory=lambda: deque(maxlen=_EVENTS))
    said: Condition = field(default_factory=Condition)

    def tell(self, progress: Progress) -> None:
        """Keep a progress and wake who waits for it."""
        with self.said:
            number = self.events[-1][0] + 1 if self.events else 1
            self.events.append((number, progress))
            self.said.notify_all()

    def end(self, state: RunState, build_id: int | None = None, problems: tuple[Problem, ...] = ()) -> None:
        """Keep how the run ended and wake who waits for it."""
        with self.said:
            self.state, self.build_id, self.problems = state, build_id, problems
            self.said.notify_all()

    def after(self, number: int, seconds: float) -> list[tuple[int, Progress]]:
        """Return what was said after a number, waiting so long for it while the run goes on."""
        with self.said:
            self.said.wait_for(lambda: self._is_news(number), seconds)
            return [one for one in self.events if one[0] > number]

    def _is_news(self, number: int) -> bool:
        return self.state is not RunState.RUNNING or bool(self.events and self.events[-1][0] > number)

    def as_dict(self) -> dict[str, Any]:
        """Return the run as JSON-ready values."""
        with self.said:
            last = self.events[-1][1] if self.events else None
            return {
                "run_id": self.run_id,
                "actor": self.actor,
                "started_at": self.started_at,
                "state": self.state.value,
                "stage": None if last is None else last.stage,
                "build_id": self.build_id,
                "problems": [one.as_dict() for one in self.problems],
            }


class Runs:
    """The runs of this process."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._lock = Lock()
        self._runs: OrderedDict[str, Run] = OrderedDict()

    def start(self, request: RunRequest, actor: str) -> Run:
        """Start a run and return it; raises UserError `run.busy` while another one goes on."""
        with self._lock:
            if any(one.state is RunState.RUNNING for one in self._runs.values()):
                raise UserError(Problem("run.busy", "A run is going on.", "Wait for its end, or watch it."))
            one = Run(token_hex(8), actor, now())
            self._runs[one.run_id] = one
            while len(self._runs) > KEPT:
                self._runs.popitem(last=False)
        Thread(target=self._go, args=(one, request), name=f"run-{one.run_id}", daemon=True).start()
        return one

    def find(self, run_id: str) -> Run:
        """Return a run; raises UserError `run.unknown`."""
        with self._lock:
            found = self._runs.get(run_id)
        if found is None:
            raise UserError(Problem("run.unknown", "No run of that id was started here.", "See GET /runs."))
        return found

    def all(self) -> list[Run]:
        """Return the runs that are remembered, newest first."""
        with self._lock:
            return list(reversed(self._runs.values()))

    def _go(self, one: Run, request: RunRequest) -> None:
        fault = Problem("internal.error", "This is a fault of quanyu, not yours.", f"Report run {one.run_id}.")
        ended: tuple[RunState, int | None, tuple[Problem, ...]] = (RunState.FAILED, None, (fault,))
        try:
            report = self._runner(request, one.tell)
            ended = (RunState.DONE, None if report.build is None else report.build.build.build_id, ())
        except UserError as error:
            ended = (RunState.FAILED, None, error.problems)
        except ExternalError as error:
            told = Problem(error.code, "A part this needs did not answer.", "Try again." if error.retry else "")
            ended = (RunState.FAILED, None, (told,))
        finally:
            # Whatever else was raised goes on to the log; who watches must not wait for ever.
            one.end(*ended)
