"""`quanyu run` and `quanyu report`: the main job and its report."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from quanyu.cli.console import print_json, print_problems, progress_bars, say
from quanyu.cli.options import HERE, JsonOption, QuietOption, WorkspaceOption, find_workspace
from quanyu.cli.received import file_json, print_files
from quanyu.config import EngineName, Language
from quanyu.display import format_count
from quanyu.errors import Problem
from quanyu.ingest.drive import Fate, FileResult
from quanyu.services.build import BuildRequest
from quanyu.services.estimate import Estimate, estimate_run
from quanyu.services.ingest import changed_mappings
from quanyu.services.project import Project, open_operations, open_project
from quanyu.services.run import ALL_PARTS, Part, RunReport, RunRequest, run


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("run")(run_command)
    app.command("report")(report_command)


def run_command(
    workspace: WorkspaceOption = HERE,
    *,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last business date inside; default: that of the last order."),
    ] = None,
    watermark: Annotated[int | None, typer.Option(min=1, help="Know the raw log up to this batch only.")] = None,
    only: Annotated[list[Part] | None, typer.Option(help="Run only these parts; may be repeated.")] = None,
    engine: Annotated[EngineName | None, typer.Option(help="Compute with this engine.")] = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Read new files, resolve persons, compute every model and metric, write the report."""
    project = open_project(find_workspace(workspace))
    request = RunRequest(
        BuildRequest(as_of.date() if as_of else None, watermark, engine), frozenset(only) if only else ALL_PARTS
    )
    run_and_tell(project, request, quiet=quiet, as_json=as_json)


def report_command(workspace: WorkspaceOption = HERE, quiet: QuietOption = False, as_json: JsonOption = False) -> None:
    """Write the report of the published build again."""
    project = open_project(find_workspace(workspace))
    run_and_tell(project, RunRequest(parts=frozenset({Part.REPORT})), quiet=quiet, as_json=as_json)


def run_and_tell(project: Project, request: RunRequest, *, quiet: bool, as_json: bool) -> None:
    """Run, show progress, and say what was done and where the report lies."""
    if not as_json:
        print_problems(project.warnings)
    if not (quiet or as_json):
        with open_operations(project.workspace) as store:
            _say_estimate(estimate_run(project, store))
    with progress_bars(quiet=quiet or as_json) as listen:
        report = run(project, request, listen)
    with open_operations(project.workspace) as store:
        changed = tuple(changed_mappings(project, store))
    if as_json:
        found = report.ingest.problems if report.ingest else ()
        print_json(_as_json(report, (*project.warnings, *found, *changed)))
        return
    _say_report(project, report)
    print_problems(changed)


def _say_estimate(estimate: Estimate) -> None:
    minutes, seconds = divmod(round(estimate.seconds), 60)
    time = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    basis = "" if estimate.measured else " (a first guess)"
    rows = format_count(estimate.rows, Language.EN)
    say(
        f"{estimate.files} new files, {estimate.file_bytes / 1e6:,.1f} MB, about {rows} rows; "
        f"about {time}{basis}, memory at most {estimate.memory_bytes / 1e9:.1f} GB"
    )


def _say_report(project: Project, report: RunReport) -> None:
    if report.ingest:
        _say_files(report.ingest.files)
        print_problems(report.ingest.problems)
    if report.build:
        build = report.build.build
        seconds = build.timings.get("total", 0.0)
        tables = len(report.build.made)
        say(
            f"Build {build.build_id}: as of {build.as_of} ({build.zone}), watermark {build.watermark}, "
            f"{tables} tables on {build.engine} in {seconds:.1f} s"
        )
    if report.report:
        page = report.report.page(project.workspace.language)
        say(f"\nReport: [bold]{page}[/bold]")
        say(f"Open it in any browser: [bold]{page.resolve().as_uri()}[/bold]")
        say(f"The same numbers as data: {report.report.json}")


def _say_files(files: tuple[FileResult, ...]) -> None:
    print_files(files)
    known = sum(result.fate is Fate.KNOWN for result in files)
    if known:
        say(f"{known} files were imported before.")
    if any(result.rows and result.rows.quarantined for result in files):
        say("Rejected rows keep their reason: `quanyu ingest quarantine`.")


def _as_json(report: RunReport, problems: Sequence[Problem]) -> dict[str, Any]:
    return {
        "ok": True,
        "files": [file_json(result) for result in (report.ingest.files if report.ingest else ())],
        "problems": [problem.as_dict() for problem in problems],
        "build": _build_json(report),
        "report": {"zh": report.report.zh, "en": report.report.en, "json": report.report.json}
        if report.report
        else None,
    }


def _build_json(report: RunReport) -> dict[str, Any] | None:
    if report.build is None:
        return None
    build = report.build.build
    return {
        "build_id": build.build_id,
        "as_of": build.as_of,
        "watermark": build.watermark,
        "zone": build.zone,
        "engine": build.engine,
        "seconds": build.timings.get("total"),
        "tables": {made.table: made.rows for made in report.build.made},
    }
