"""The main job: sources → landing → persons → facts → models → metrics → report."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from quanyu.engine import DuckDBEngine
from quanyu.errors import UserError
from quanyu.ingest.drive import Fate, IngestReport, ingest_all
from quanyu.progress import Listener, Progress, silent
from quanyu.report.context import ReportFiles
from quanyu.services.build import BuildReport, BuildRequest, attach_build, make_build
from quanyu.services.project import Project, ensure_key, open_operations, open_warehouse
from quanyu.services.report import write_report
from quanyu.store import Store, hold_lease


class Part(StrEnum):
    """The parts of a run, in their order."""

    INGEST = "ingest"
    BUILD = "build"
    REPORT = "report"


ALL_PARTS: Final = frozenset(Part)


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What to run; a part that is left out takes what the last run left."""

    build: BuildRequest = field(default_factory=BuildRequest)
    parts: frozenset[Part] = ALL_PARTS


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did; a part that was left out is None."""

    ingest: IngestReport | None
    build: BuildReport | None
    report: ReportFiles | None

    @property
    def refused_files(self) -> int:
        """Return how many files could not be read at all."""
        return self.ingest.count(Fate.REFUSED) if self.ingest else 0


def run(project: Project, request: RunRequest, listen: Listener = silent) -> RunReport:
    """Run the main job and return what it did.

    One run per workspace at a time: a second raises UserError `run.busy`.  Killed at any moment, it leaves the last
    published build readable, and the next run completes.
    """
    with (
        open_operations(project.workspace) as store,
        hold_lease(store, "run"),
        open_warehouse(project.workspace) as engine,
    ):
        ensure_key(project.workspace, store)
        ingested = _ingest(project, store, engine, listen) if Part.INGEST in request.parts else None
        built = _build(project, store, engine, request, ingested, listen) if Part.BUILD in request.parts else None
        report = _report(project, store, engine, listen) if Part.REPORT in request.parts else None
    return RunReport(ingested, built, report)


def _ingest(project: Project, store: Store, engine: DuckDBEngine, listen: Listener) -> IngestReport:
    def tell(source: str, file: str, done: int, total: int) -> None:
        listen(Progress("ingest", f"{source}: {Path(file).name}", done, total or None))

    return ingest_all(project.workspace, project.sources, store, engine, tell)


def _build(
    project: Project,
    store: Store,
    engine: DuckDBEngine,
    request: RunRequest,
    ingested: IngestReport | None,
    listen: Listener,
) -> BuildReport:
    try:
        return make_build(project, store, engine, request.build, listen)
    except UserError as error:
        # Often the build fails because files were refused: their problems come first, or nobody sees the cause.
        refused = [one for one in ingested.files if one.fate is Fate.REFUSED] if ingested else []
        raise UserError([*(problem for file in refused for problem in file.problems), *error.problems]) from error


def _report(project: Project, store: Store, engine: DuckDBEngine, listen: Listener) -> ReportFiles:
    build = attach_build(store, engine)
    listen(Progress("report", "", 0, 1, "files"))
    files = write_report(project, store, engine, build)
    listen(Progress("report", files.page(project.workspace.language).name, 1, 1, "files"))
    return files
