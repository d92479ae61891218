"""How long a run will take and how much it may use, before it begins."""

from dataclasses import dataclass
from typing import Final

from quanyu.ingest.files import find_files
from quanyu.services.project import Project
from quanyu.store import BuildStatus, Store

# Measured on two cores; replaced by the workspace's own figures after its first run.
ROWS_PER_SECOND: Final = 250_000
BYTES_PER_ROW: Final = {"csv": 90, "tsv": 90, "excel": 40, "jsonl": 250, "parquet": 12, "sql": 100, "live": 400}
FIRST_BUILD_S: Final = 8.0
OVERHEAD_BYTES: Final = 1_000_000_000
DEFAULT_MEMORY_BYTES: Final = 3_000_000_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run will roughly cost.

    `files` and `file_bytes` count files not imported before (by path and size), `rows` is guessed from bytes per row of
    the format, `seconds` from this workspace's last build or from measured defaults (`measured` says which), and
    `memory_bytes` is the bound the engine keeps plus what the process needs besides.
    """

    files: int
    file_bytes: int
    rows: int
    seconds: float
    memory_bytes: int
    measured: bool


def estimate_run(project: Project, store: Store) -> Estimate:
    """Return the estimate of a run of the workspace; reads file sizes and records, no data."""
    with store.reading() as work:
        known = {(segment.file, segment.file_bytes) for segment in work.segments.find()}
        builds = [build for build in work.builds.find(BuildStatus.PUBLISHED)]
    files = file_bytes = rows = 0
    for source in project.sources:
        found, _ = find_files(source, project.workspace)
        new = [file for file in found if (file.shown, file.size) not in known]
        files += len(new)
        file_bytes += sum(file.size for file in new)
        rows += sum(file.size // BYTES_PER_ROW[source.format] for file in new)
    build_s = builds[-1].timings.get("total", FIRST_BUILD_S) if builds else FIRST_BUILD_S
    memory = (project.workspace.engine.memory_limit or DEFAULT_MEMORY_BYTES) + OVERHEAD_BYTES
    return Estimate(files, file_bytes, rows, rows / ROWS_PER_SECOND + build_s, memory, bool(builds))
