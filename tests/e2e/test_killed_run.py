"""`kill -9` at any moment: the last good build stays readable, and the next run completes with the same figures."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from quanyu.store import open_store
from services.shop import ENVIRONMENT, NOW, ORDERS, make_shop, module, told
from tries import tries

KILLS = tries(2, 5)
SEED = 20260301
FIGURES = ("metrics", "query", "net_sales", "orders", "--start", "2026-01-01", "--end", "2026-02-01")


def _start(root: Path) -> subprocess.Popen[bytes]:
    command = module("run", "--quiet", "--workspace", root)
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)


def _killed_after(root: Path, seconds: float) -> bool:
    """Start a run, kill it after so long, and return whether it was still running."""
    run = _start(root)
    time.sleep(seconds)
    is_running = run.poll() is None
    if is_running:
        os.kill(run.pid, signal.SIGKILL)
    run.wait()
    return is_running


def _figures(root: Path) -> tuple[int, dict[str, object]]:
    said = told(*FIGURES, "-w", root)
    return said["build_id"], {name: cell["value"] for name, cell in said["rows"][0]["cells"].items()}


@pytest.mark.timeout(600)
def test_a_killed_run_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QUANYU_NOW", NOW)
    root, other = make_shop(tmp_path / "shop"), make_shop(tmp_path / "other")
    started = time.perf_counter()
    told("run", "-w", root)
    whole_s = time.perf_counter() - started
    first, before = _figures(root)
    late = f"{ORDERS.splitlines()[0]}\nlate,2026-01-30 10:00:00,done,m2,,s1,7.00\n"
    for shop in (root, other):
        (shop / "data" / "orders_late.csv").write_text(late, encoding="utf-8")
    # A process needs a second or two before it touches anything.
    chance = random.Random(SEED)
    moments = [chance.uniform(1.0, whole_s + 2.0) for _ in range(KILLS)]
    killed = 0
    for moment in moments:
        killed += _killed_after(root, moment)
        build_id, figures = _figures(root)
        assert figures["net_sales"] in (23000, 23700), f"seed {SEED}, killed after {moment:.2f} s"
        assert figures == before or build_id > first
    assert killed, f"no run of seed {SEED} was killed; {moments}"
    told("run", "-w", root)
    told("run", "-w", other)
    assert _figures(root)[1] == _figures(other)[1] == {"net_sales": 23700, "orders": 4}
    assert all(day["adds_up"] for day in told("ingest", "status", "-w", root)["days"])
    with open_store(root / ".quanyu") as store:
        assert store.verify() == []
