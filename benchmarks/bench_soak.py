"""Memory of `quanyu serve` while events come and are loaded, and how soon it answers meanwhile; see docs/benchmarks.md.

`python -m benchmarks.bench_soak [--events 300000]` sends batches of a hundred events, every event another one, as fast
as the server loads them, and asks once a second whether it is ready.  Memory should stand still once everything was
touched: the figure is that of the last quarter over that of the second.  `--events 5000000` is the run of the issue.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.bench_collector import basic, body_of, make_root, rss_mb, wait_for
from quanyu.services.live import spool_status
from quanyu.services.project import Project, open_project

BATCH = 100
PORT = 8793
BACKLOG_BYTES = 16 * 1024 * 1024
"""The sender waits while so much waits in the spool: it is the loading that is measured as well."""


@dataclass
class Seen:
    """Memory in MB by events acknowledged, milliseconds of answers, how often it was not ready."""

    memory: list[tuple[int, float]] = field(default_factory=list)
    reads_ms: list[float] = field(default_factory=list)
    not_ready: int = 0
    sent: int = 0


def send(key: str, events: int, project: Project, seen: Seen) -> None:
    """Send so many events, none twice."""
    headers = {"Authorization": f"Basic {basic(key)}", "Content-Type": "application/json"}
    while seen.sent < events:
        if spool_status(project).bytes > BACKLOG_BYTES:
            time.sleep(0.5)
            continue
        for _ in range(20):
            request = urllib.request.Request(f"http://127.0.0.1:{PORT}/v1/batch", body_of(BATCH), headers)
            with urllib.request.urlopen(request, timeout=30):
                seen.sent += BATCH


def watch(process: int, seen: Seen, ended: threading.Event) -> None:
    """Note memory and the time of an answer every second."""
    while not ended.wait(1.0):
        seen.memory.append((seen.sent, rss_mb(process)))
        started = time.perf_counter()
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/readyz", timeout=30).close()
        except urllib.error.HTTPError:
            seen.not_ready += 1
        seen.reads_ms.append((time.perf_counter() - started) * 1000)


def main() -> None:
    """Send, watch, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=300_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "soak"
        key = make_root(root)
        command = [sys.executable, "-m", "quanyu", "serve", "-w", str(root), "--port", str(PORT), "--build-after", "0"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                report(*soak(server.pid, open_project(root), key, asked.events))
            finally:
                server.terminate()


def soak(process: int, project: Project, key: str, events: int) -> tuple[Seen, float]:
    """Send until all is loaded; return what was seen and the seconds."""
    wait_for(PORT)
    seen, ended = Seen(), threading.Event()
    watching = threading.Thread(target=watch, args=(process, seen, ended))
    watching.start()
    started = time.perf_counter()
    try:
        send(key, events, project, seen)
        while spool_status(project).bytes > 1024:
            time.sleep(0.5)
    finally:
        ended.set()
        watching.join()
    return seen, time.perf_counter() - started


def report(seen: Seen, took: float) -> None:
    """Print the figures."""
    memory = [one for _, one in seen.memory]
    quarters = [statistics.median(memory[n * len(memory) // 4 : (n + 1) * len(memory) // 4]) for n in range(4)]
    reads = sorted(seen.reads_ms)
    print(
        f"{seen.sent:,} events in {took:.0f} s ({seen.sent / took:,.0f}/s, loaded);"
        f" memory by quarter {', '.join(f'{one:.0f}' for one in quarters)} MB, last/second"
        f" {quarters[3] / quarters[1]:.2f}; {len(reads)} answers, p50 {reads[len(reads) // 2]:.0f} ms,"
        f" slowest {reads[-1]:.0f} ms, not ready {seen.not_ready}"
    )


if __name__ == "__main__":
    main()
