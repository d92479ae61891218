"""A collector killed at any moment: what it answered is in the warehouse, once (reliability.md E1, F1)."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.spooled import live_source, load
from ingest.workplace import Workplace, workplace
from quanyu.ingest.landing import prepare_landing

TESTS = Path(__file__).parents[1]
KILLS = 4


def _run_and_kill(place: Workplace, run: str, answers: int, kind: str = "sound") -> set[str]:
    """Start a collector, kill it after so many answers, and return the ids of the answers that came out of it."""
    folder = place.workspace.folder("spool") / "one"
    command = [sys.executable, "-m", "soundness.live_writer", str(folder), str(place.workspace.key_file), run, kind]
    with subprocess.Popen(command, cwd=TESTS, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(answers)]
        process.send_signal(signal.SIGKILL)
        told += process.stdout.readlines()
    # A line without its end was cut by the kill.
    return {line.strip() for line in told if line.endswith("\n")}


def _lost(place: Workplace, answered: set[str]) -> tuple[set[str], int]:
    """Load what the collectors left; return answers that are not stored, and rows stored twice."""
    report = load(place)
    rows = report.rows
    assert rows.received == rows.stored + rows.quarantined + rows.duplicate and rows.quarantined == 0
    prepare_landing(place.engine)  # also when a killed collector left nothing at all
    stored = [row[0] for row in place.rows("event", "source_id")]
    return answered - set(stored), len(stored) - len(set(stored))


def test_no_answer_is_lost_or_doubled_by_kills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANYU_NOW", "2026-06-01T00:00:00+00:00")
    chance = random.Random(20260601)
    answered: set[str] = set()
    with workplace(tmp_path) as place:
        live_source(place)
        for run in range(KILLS):
            answered |= _run_and_kill(place, f"run{run}", chance.randint(1, 400))
            lost, doubled = _lost(place, answered)
            assert (lost, doubled) == (set(), 0)
        stored = place.one("SELECT count(*) FROM landing.event")
    sys.stdout.write(f"kills {KILLS}, answered {len(answered):,}, stored {stored:,}, lost 0, doubled 0\n")
    assert stored >= len(answered) > 100


def test_the_kills_find_a_collector_that_answers_too_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANYU_NOW", "2026-06-01T00:00:00+00:00")
    with workplace(tmp_path) as place:
        live_source(place)
        answered = _run_and_kill(place, "run", 200, "hasty")
        lost, _ = _lost(place, answered)
    assert lost
