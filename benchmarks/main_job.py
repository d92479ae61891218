"""The whole main job on the exports of a synthetic retailer: files → landing → persons → facts → models → report.

    python -m benchmarks.main_job S [--folder …] [--keep]

Every run makes the workspace's state anew; `--keep` leaves the exported files of the last run as they are.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.build import peak_mb
from benchmarks.exports import export
from benchmarks.maker import SIZES, World
from quanyu.progress import Progress
from quanyu.services.project import open_project
from quanyu.services.run import RunRequest, run


def main() -> None:
    """Write the exports when they are not there, then run the main job in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.main_job", description=__doc__)
    parser.add_argument("size", choices=sorted(SIZES))
    parser.add_argument("--folder", default=str(Path(tempfile.gettempdir()) / "quanyu-bench"))
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--run-only", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    folder = Path(asked.folder) / f"{asked.size}-main"
    if asked.run_only:
        _run(folder)
        return
    if not (asked.keep and (folder / "data").exists()):
        export(World(SIZES[asked.size]), folder, print)
    shutil.rmtree(folder / ".quanyu", ignore_errors=True)
    command = [sys.executable, "-m", "benchmarks.main_job", asked.size, "--folder", asked.folder, "--run-only"]
    raise SystemExit(subprocess.run(command).returncode)


def _run(folder: Path) -> None:
    started = time.perf_counter()
    stage = ""

    def tell(progress: Progress) -> None:
        nonlocal stage
        if progress.stage != stage:
            stage = progress.stage
            print(f"  {time.perf_counter() - started:7.1f} s  {stage} (peak {peak_mb():,} MB)", flush=True)

    report = run(open_project(folder), RunRequest(), tell)
    seconds = time.perf_counter() - started
    if report.ingest is not None:
        print(report.ingest)
    for made in report.build.made if report.build else ():
        print(f"  {made.seconds:8.2f} s {made.rows:12,}  {made.table}")
    print(f"whole main job: {seconds:.1f} s, peak {peak_mb():,} MB")


if __name__ == "__main__":
    main()
