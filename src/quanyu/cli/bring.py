"""`quanyu init` and `quanyu ingest …`: from a folder of files to a workspace, and what became of every row."""

from typing import Annotated, Any

import typer

from quanyu.cli.console import print_json, print_table, say
from quanyu.cli.options import HERE, JsonOption, WorkspaceOption, find_workspace
from quanyu.services.ingest import QuarantinePage, received_days, refused_rows
from quanyu.services.project import open_operations, open_project

ingest = typer.Typer(no_args_is_help=True, help="What was received, what was refused, and how to repair it.")


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(ingest, name="ingest")


@ingest.command("status")
def status(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Show per source and day that received = stored + quarantined + duplicate."""
    project = open_project(find_workspace(workspace))
    with open_operations(project.workspace) as store:
        days = received_days(store)
    if as_json:
        print_json([{**_fields(day), "adds_up": day.adds_up} for day in days])
        return
    if not days:
        say("Nothing was received yet. `quanyu run` reads the files of sources/.")
        return
    columns = ("source", "day", "files", "received", "stored", "quarantined", "duplicate")
    rows = [
        (one.source, one.day, *(f"{getattr(one, name):,}" for name in columns[2:]), "✓" if one.adds_up else "✗")
        for one in days
    ]
    print_table("received = stored + quarantined + duplicate", (*columns, "="), rows, right=columns[2:])


@ingest.command("quarantine")
def quarantine(
    workspace: WorkspaceOption = HERE,
    source: Annotated[str | None, typer.Option(help="Only rows of this source.")] = None,
    code: Annotated[str | None, typer.Option(help="Only rows refused for this reason, such as `phone.length`.")] = None,
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


def _say_quarantine(page: QuarantinePage) -> None:
    total = sum(count.rows for count in page.counts)
    if not total:
        say("No row waits in quarantine.")
        return
    counts = [(one.source, one.code, one.field, one.state.value, f"{one.rows:,}") for one in page.counts]
    print_table(f"{total:,} rows wait in quarantine", ("source", "reason", "field", "state", "rows"), counts,
                right=("rows",))  # fmt: skip
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
        "rows": [
            {
                "id": str(row.quarantine_id),
                "batch_seq": row.batch_seq,
                "source": row.source,
                "file": row.file,
                "line": row.line,
                "row": row.row_number,
                "state": row.state.value,
                "problems": list(row.problems),
            }
            for row in page.rows
        ],
    }


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}
