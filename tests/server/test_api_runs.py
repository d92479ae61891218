"""A run over HTTP: started once, watched to its end, and what it published is what is answered then."""

import json
import threading
from threading import Event

import pytest

from quanyu.errors import Problem, UserError
from quanyu.progress import Progress
from quanyu.server.runs import Runs, RunState
from quanyu.services.run import Part, RunReport, RunRequest
from server.api_client import Shop


def test_a_run_is_watched_to_its_end_and_its_report_is_written(shop: Shop):
    begun = shop.post("/runs", {"parts": ["report"]})["detail"]
    text = shop.ask("GET", f"/runs/{begun['run_id']}/events", "viewer").text
    events = [dict(line.split(": ", 1) for line in block.splitlines()) for block in text.strip().split("\n\n")]
    assert [one["event"] for one in events] == ["progress", "progress", "end"]
    assert [one["id"] for one in events[:-1]] == ["1", "2"]
    assert json.loads(events[0]["data"])["stage"] == "report"
    assert json.loads(events[-1]["data"])["state"] == "done"
    assert shop.get("/runs")["rows"][0] == shop.get(f"/runs/{begun['run_id']}")["detail"]
    assert shop.problem("GET", f"/runs/{'0' * 16}") == (404, "run.unknown")


def test_only_one_run_goes_on_and_a_failed_one_says_why():
    go, may_end = Event(), Event()

    def runner(request: RunRequest, listen) -> RunReport:
        listen(Progress("ingest"))
        go.set()
        assert may_end.wait(5)
        raise UserError(Problem("build.broken", "The build is broken."))

    runs = Runs(runner)
    one = runs.start(RunRequest(parts=frozenset({Part.BUILD})), "key:1")
    assert go.wait(5)
    with pytest.raises(UserError, match=r"run\.busy"):
        runs.start(RunRequest(), "key:1")
    may_end.set()
    while one.state is RunState.RUNNING:
        one.after(1, 5)
    assert [problem.code for problem in one.problems] == ["build.broken"]
    assert one.after(0, 0) == [(1, Progress("ingest"))]


def test_a_fault_of_ours_ends_the_run_for_who_watches_and_goes_on_to_the_log(monkeypatch: pytest.MonkeyPatch):
    told, is_told = [], Event()
    monkeypatch.setattr(threading, "excepthook", lambda fault: (told.append(fault.exc_type), is_told.set()))

    def runner(request: RunRequest, listen) -> RunReport:
        raise ZeroDivisionError("a private matter")

    one = Runs(runner).start(RunRequest(), "key:1")
    one.after(0, 5)
    assert (one.state, one.problems[0].code) == (RunState.FAILED, "internal.error")
    assert "private" not in json.dumps(one.as_dict(), default=str)
    assert is_told.wait(5)
    assert told == [ZeroDivisionError]
