"""`quanyu init` and `quanyu ingest …`: from a folder of files to a workspace, and what became of every row."""

from pathlib import Path
from typing import Annotated, Any

import typer

from quanyu.cli.console import print_json, print_problems, print_table, progress_bars, say
from quanyu.cli.options import (
    HERE,
    ActorOption,
    JsonOption,
    QuietOption,
    WorkspaceOption,
    actor_name,
    find_workspace,
)
from quanyu.cli.received import file_json, print_files
from quanyu.config import INDUSTRIES
from quanyu.errors import Problem, Severity, UserError
from quanyu.services import ingest as service
from quanyu.services.ingest import IngestStatus, QuarantinePage, refused_rows
from quanyu.services.init import NewWorkspace, init_workspace
from quanyu.services.project import open_operations, open_project
from quanyu.services.reread import RereadRequest, WhenGone, reread
from quanyu.store import QuarantineRow

ingest = typer.Typer(no_args_is_help=True, help="What was received, what was refused, and how to repair it.")

RowArgument = Annotated[int, typer.Argument(help="Id of a refused row, as `quanyu ingest quarantine` shows it.")]
RowsArgument = Annotated[list[int], typer.Argument(help="Ids of refused rows.")]
SourceOption = Annotated[str | None, typer.Option(help="Only rows of this source.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("init")(init)
    app.add_typer(ingest, name="ingest")


def init(
    folder: Annotated[Path, typer.Argument(help="Folder that holds the exported files.")],
    *,
    brand: Annotated[str, typer.Option(help="Short code of the brand; default: from the folder's name.")] = "",
    name_zh: Annotated[str, typer.Option(help="Chinese name of the brand.")] = "",
    name_en: Annotated[str, typer.Option(help="English name of the brand.")] = "",
    zone: Annotated[str, typer.Option(help="Time zone of business dates; default: Asia/Shanghai.")] = "",
    currency: Annotated[str, typer.Option(help="Currency of the amounts; default: CNY.")] = "",
    industry: Annotated[str, typer.Option(help=f"One of {', '.join(INDUSTRIES)}; default: grocery.")] = "",
    language: Annotated[str, typer.Option(help="Language of reports, zh or en; default: zh.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Make a workspace of a folder of files: look at them, draft settings and mappings, keep what stands."""
    report = init_workspace(folder, NewWorkspace(brand, name_zh, name_en, zone, currency, industry, language))
    errors = [problem for problem in report.problems if problem.severity is Severity.ERROR]
    if as_json:
        print_json(
            {
                "ok": not errors,
                "root": report.root,
                "written": report.written,
                "kept": report.kept,
                "notes": report.notes,
                "problems": [problem.as_dict() for problem in report.problems],
            }
        )
    else:
        say(f"Workspace [bold]{report.root}[/bold]")
        for title, names in (("written", report.written), ("kept as it is", report.kept)):
            for name in names:
                say(f"  {title}: {name}")
        for note in report.notes:
            say(f"  {note}")
        print_problems(report.problems)
        if not any(name.endswith(".yaml") and name.startswith("sources/") for name in (*report.written, *report.kept)):
            say("No source was drafted: write one in sources/ (docs/sources.md), or put exports into the folder.")
        say("Read the mappings in sources/, then `quanyu check` and `quanyu run`.")
    if errors:
        raise typer.Exit(UserError.exit_code)


@ingest.command("status")
def status(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Show per source and day that received = stored + quarantined + duplicate, and files that could not be read."""
    project = open_project(find_workspace(workspace))
    with open_operations(project.workspace) as store:
        told = service.ingest_status(project, store)
    if as_json:
        print_json(_status_json(told))
        return
    _say_status(told)


@ingest.command("quarantine")
def quarantine(
    workspace: WorkspaceOption = HERE,
    *,
    source: SourceOption = None,
    code: Annotated[str | None, typer.Option(help="Only rows refused for this reason, such as phone.length.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="How many rows to list.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Show refused rows: how many for which reason, then each with file, line, field and what is wrong."""
    project = open_project(find_workspace(workspace))
    with open_operations(project.workspace) as store:
        page = refused_rows(store, source=source, code=code, limit=limit)
    if as_json:
        print_json(_quarantine_json(page))
        return
    _say_quarantine(page)


@ingest.command("show")
def show(
    row: RowArgument, workspace: WorkspaceOption = HERE, actor: ActorOption = "", as_json: JsonOption = False
) -> None:
    """Show one refused row: its cells (what may be personal is masked), its repairs, everything wrong with it."""
    project = open_project(find_workspace(workspace))
    with open_operations(project.workspace) as store:
        told = service.show(project, store, row, actor_name(actor))
    if as_json:
        print_json({**_row_json(told.row), "cells": dict(told.cells), "edits": dict(told.edits)})
        return
    place = f"{told.row.file}:{told.row.line or told.row.row_number}"
    say(f"[bold]{row}[/bold] {told.row.source}, {place}, {told.row.state}")
    for problem in told.row.problems:
        field = f'"{problem["field"]}": ' if problem["field"] else ""
        say(f"  {field}{problem['message']} {problem['remedy']} \\[{problem['code']}]")
    cells = [(name, text, told.edits.get(name)) for name, text in told.cells.items()]
    print_table("", ("field", "value", "repaired to"), cells)


@ingest.command("repair")
def repair(
    row: Annotated[int | None, typer.Argument(help="Id of a refused row.")] = None,
    workspace: WorkspaceOption = HERE,
    *,
    edits: Annotated[
        list[str] | None, typer.Option("--set", help="field=value, an empty value empties the cell; may be repeated.")
    ] = None,
    file: Annotated[Path | None, typer.Option(help="A CSV file of edits with the columns id, field, value.")] = None,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Correct cells of refused rows; `quanyu ingest replay` reads them again."""
    given = service.read_edits(file) if file else _edits(row, edits or [])
    project = open_project(find_workspace(workspace))
    with open_operations(project.workspace) as store:
        rows = service.repair(project, store, given, actor_name(actor))
    if as_json:
        print_json({"ok": True, "repaired": [str(one.quarantine_id) for one in rows]})
        return
    say(f"{len(rows)} rows are repaired. Read them again with `quanyu ingest replay`.")


@ingest.command("replay")
def replay(
    workspace: WorkspaceOption = HERE,
    *,
    source: SourceOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Read repaired rows again; those still wrong go back into quarantine."""
    project = open_project(find_workspace(workspace))
    with progress_bars(quiet=quiet or as_json) as listen:
        files = service.replay(project, source, listen)
    if as_json:
        print_json({"ok": True, "batches": [file_json(one) for one in files]})
        return
    if not files:
        say("No repaired row waits. Repair one with `quanyu ingest repair ID --set field=value`.")
        return
    print_files(files)
    say("They are in the figures after the next `quanyu run`.")


@ingest.command("discard")
def discard(
    rows: RowsArgument, workspace: WorkspaceOption = HERE, actor: ActorOption = "", as_json: JsonOption = False
) -> None:
    """Give refused rows up for good; they stay counted as quarantined."""
    project = open_project(find_workspace(workspace))
    with open_operations(project.workspace) as store:
        gone = service.discard(store, rows, actor_name(actor))
    if as_json:
        print_json({"ok": True, "discarded": [str(one.quarantine_id) for one in gone]})
        return
    say(f"{len(gone)} rows are discarded.")


@ingest.command("rebuild")
def rebuild(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Make the landing tables anew from the raw log alone, every sealed file checked against its SHA-256."""
    batches = service.rebuild(open_project(find_workspace(workspace)))
    if as_json:
        print_json({"ok": True, "batches": batches})
        return
    say(f"The landing tables are made anew from {batches} batches of the raw log.")


@ingest.command("reread")
def reread_command(
    source: Annotated[str, typer.Argument(help="Source whose mapping was corrected.")],
    workspace: WorkspaceOption = HERE,
    *,
    reason: Annotated[str, typer.Option(help="Why; it is kept with the withdrawal.")] = "the mapping was corrected",
    keep_gone: Annotated[
        bool, typer.Option("--keep-gone", help="Leave batches up to the last one whose file is gone as they were read.")
    ] = False,
    actor: ActorOption = "",
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Withdraw what a source delivered under an old mapping, on record, and read its files anew."""
    project = open_project(find_workspace(workspace))
    when_gone = WhenGone.KEEP if keep_gone else WhenGone.REFUSE
    with progress_bars(quiet=quiet or as_json) as listen:
        report = reread(project, RereadRequest(source, actor_name(actor), reason, when_gone), listen)
    if as_json:
        print_json(
            {
                "ok": True,
                "withdrawn": list(report.withdrawn),
                "files": [file_json(one) for one in report.files],
                "carried": report.carried,
                "lost": report.lost,
            }
        )
        return
    say(f"{len(report.withdrawn)} batches are withdrawn; their files were read anew.")
    print_files(report.files)
    if report.carried or report.lost:
        say(f"Repairs and discards: {report.carried} made again, {report.lost} have no refused row any more.")
    say("The figures follow with the next `quanyu run`.")


def _edits(row: int | None, given: list[str]) -> dict[int, dict[str, str | None]]:
    if row is None or not given:
        message = "Say which row, and what to set."
        raise UserError(
            Problem("cli.arguments", message, "quanyu ingest repair ID --set field=value, or --file edits.csv")
        )
    cells: dict[str, str | None] = {}
    for text in given:
        field, sign, value = text.partition("=")
        if not sign or not field:
            raise UserError(Problem("repair.set", f'"{field[:40]}" sets nothing.', "Write --set field=value."))
        cells[field] = value or None
    return {row: cells}


def _say_status(told: IngestStatus) -> None:
    if not told.days:
        say("Nothing was received yet. `quanyu run` reads the files of sources/.")
    else:
        columns = ("source", "day", "files", "received", "stored", "quarantined", "duplicate")
        rows = [
            (one.source, one.day, *(f"{getattr(one, name):,}" for name in columns[2:]), "✓" if one.adds_up else "✗")
            for one in told.days
        ]
        print_table("received = stored + quarantined + duplicate", (*columns, "="), rows, right=columns[2:])
    if told.refused:
        refused = [
            (one.source, one.file, problem["code"], f"{problem['message']} {problem['remedy']}".strip())
            for one in told.refused
            for problem in one.problems
            if problem["severity"] == Severity.ERROR.value
        ]
        print_table("files that could not be read", ("source", "file", "reason", "what is wrong"), refused)
    if told.withdrawn:
        say(f"{told.withdrawn} batches were withdrawn and are not counted.")
    print_problems(told.changed)


def _status_json(told: IngestStatus) -> dict[str, Any]:
    return {
        "days": [{**_fields(day), "adds_up": day.adds_up} for day in told.days],
        "refused_files": [
            {"source": one.source, "file": one.file, "refused_at": one.refused_at, "problems": list(one.problems)}
            for one in told.refused
        ],
        "withdrawn_batches": told.withdrawn,
        "problems": [problem.as_dict() for problem in told.changed],
    }


def _say_quarantine(page: QuarantinePage) -> None:
    total = sum(count.rows for count in page.counts)
    if not total:
        say("No row waits in quarantine.")
        return
    counts = [(one.source, one.code, one.field, one.state.value, f"{one.rows:,}") for one in page.counts]
    waits = "row waits" if total == 1 else "rows wait"
    columns = ("source", "reason", "field", "state", "rows")
    print_table(f"{total:,} {waits} in quarantine", columns, counts, right=("rows",))
    rows = [
        (str(row.quarantine_id), f"{row.file}:{row.line or f'row {row.row_number}'}", row.field, row.code, row.message)
        for row in page.rows
    ]
    if rows:
        print_table(f"the first {len(rows)}", ("id", "where", "field", "reason", "what is wrong"), rows)
    say("Repair a row with `quanyu ingest repair ID --set field=value`, then `quanyu ingest replay`.")


def _quarantine_json(page: QuarantinePage) -> dict[str, Any]:
    return {
        "waiting": sum(count.rows for count in page.counts),
        "counts": [{**_fields(count), "state": count.state.value} for count in page.counts],
        "rows": [_row_json(row) for row in page.rows],
    }


def _row_json(row: QuarantineRow) -> dict[str, Any]:
    return {
        "id": str(row.quarantine_id),
        "batch_seq": row.batch_seq,
        "source": row.source,
        "file": row.file,
        "line": row.line,
        "row": row.row_number,
        "state": row.state.value,
        "problems": list(row.problems),
    }


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}
