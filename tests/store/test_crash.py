"""Kills a writer at random moments: what it acknowledged is there, once and whole, whatever the moment was."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

import quanyu
from quanyu.store import SegmentStatus, open_store
from tries import tries

KILLS = tries(10, 30)
SEED = 20251111


def _run_and_kill(state: Path, run: int, mode: str, delay_s: float) -> list[str]:
    """Return what a writer acknowledged before it was killed, `delay_s` after its first acknowledgement."""
    command = [sys.executable, str(Path(__file__).with_name("crash_child.py")), str(state), str(run), mode]
    environment = {**os.environ, "PYTHONPATH": str(Path(quanyu.__file__).parent.parent)}
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert child.stdout is not None
    lines = [child.stdout.readline().strip(), child.stdout.readline().strip()]
    time.sleep(delay_s)
    child.kill()
    lines += child.stdout.read().splitlines()
    child.stdout.close()
    child.wait()
    return [line for line in lines if line and line != "ready"]


def _faults(state: Path, acknowledged: list[str]) -> dict[str, int]:
    """Return how many acknowledged batches are lost or doubled, and how many promises of the store are broken."""
    with open_store(state) as store:
        broken = len(store.verify())
        with store.reading() as work:
            kept = Counter(segment.file for segment in work.segments.find(status=SegmentStatus.SEALED))
    return {
        "lost": len(set(acknowledged) - set(kept)),
        "doubled": sum(1 for count in kept.values() if count > 1),
        "broken": broken,
    }


def _crash(state: Path, mode: str, kills: int) -> tuple[int, dict[str, int]]:
    moment = random.Random(SEED)
    acknowledged = [name for run in range(kills) for name in _run_and_kill(state, run, mode, moment.uniform(0, 0.05))]
    return len(acknowledged), _faults(state, acknowledged)


def test_kills_lose_and_double_nothing(tmp_path: Path):
    acknowledged, faults = _crash(tmp_path, "correct", KILLS)
    assert faults == {"lost": 0, "doubled": 0, "broken": 0}
    assert acknowledged >= KILLS


@pytest.mark.parametrize(("mode", "fault"), [("early", "lost"), ("doubled", "doubled")])
def test_the_checker_finds_a_planted_bug(tmp_path: Path, mode: str, fault: str):
    for attempt in range(3):
        _, faults = _crash(tmp_path / str(attempt), mode, 4)
        if faults[fault]:
            return
    pytest.fail(f"12 kills of the {mode} writer showed no fault, seed {SEED}")
