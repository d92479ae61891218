"""`quanyu export …`: lists of persons as files, hashed lists for advertising, and what was exported."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from quanyu.cli.console import print_json, print_table, say
from quanyu.cli.opened import Opened, opened_build
from quanyu.cli.options import HERE, ActorOption, JsonOption, WorkspaceOption, actor_name, find_workspace
from quanyu.errors import Problem, UserError
from quanyu.exports.lists import read_list
from quanyu.exports.platforms import PLATFORMS
from quanyu.services import exports as service
from quanyu.services.project import open_operations, open_project
from quanyu.store import AuditRecord

export = typer.Typer(no_args_is_help=True, help="Write lists of persons to files, with consent, masks and a record.")

FileArgument = Annotated[Path, typer.Argument(help="The file to write: .csv, .xlsx or .parquet.")]
SegmentOption = Annotated[
    str | None, typer.Option("--segment", help="Persons of a segment, by its name or a YAML file with a rule.")
]
PeopleOption = Annotated[
    Path | None, typer.Option("--people", help="Persons of a list: .csv or .parquet with a column person_id.")
]
EveryoneOption = Annotated[bool, typer.Option("--everyone", help="Every person of the build.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace the file when it exists.")]


class Headings(StrEnum):
    """In which words the first line names the columns."""

    CODE = "code"
    ZH = "zh"
    EN = "en"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(export, name="export")


@export.command("persons")
def persons(
    file: FileArgument,
    workspace: WorkspaceOption = HERE,
    *,
    purpose: Annotated[str, typer.Option(help="What the list is for: marketing_sms, …, service, or analysis.")],
    columns: Annotated[
        str, typer.Option(help="Columns by name, with commas; `quanyu export columns` lists them.")
    ] = "",
    segment: SegmentOption = None,
    people: PeopleOption = None,
    everyone: EveryoneOption = False,
    may_see: Annotated[
        list[str] | None,
        typer.Option(help="A class of personal data that you may see: personal, sensitive, direct. It is recorded."),
    ] = None,
    headings: Annotated[Headings, typer.Option(help="Column names as codes, or in a language.")] = Headings.CODE,
    overwrite: OverwriteOption = False,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Write one row per person; without consent for the purpose a person is left out, what is personal is masked."""
    names = tuple(name.strip() for name in columns.split(",") if name.strip())
    request = service.Request(
        file, names, purpose, service.check_classes(may_see or ()), overwrite=overwrite, headings=headings.value
    )
    with opened_build(workspace) as here:
        place = _place(here, actor)
        done = service.export_persons(place, _choice(place, segment, people, everyone=everyone), request)
    _say_done(done, as_json=as_json)


@export.command("ads")
def ads(
    file: Annotated[Path, typer.Argument(help="The file to write, one hash a line.")],
    workspace: WorkspaceOption = HERE,
    *,
    platform: Annotated[str, typer.Option(help=f"Where it is uploaded: {', '.join(PLATFORMS)}.")],
    hash_name: Annotated[str | None, typer.Option("--hash", help="sha256 or md5; else the platform's own.")] = None,
    segment: SegmentOption = None,
    people: PeopleOption = None,
    everyone: EveryoneOption = False,
    overwrite: OverwriteOption = False,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Write the hashed mobiles of persons who consented to advertising matches, as a platform wants them."""
    with opened_build(workspace) as here:
        place = _place(here, actor)
        chosen = _choice(place, segment, people, everyone=everyone)
        done = service.export_hashed(place, chosen, file, platform, hash_name, overwrite=overwrite)
    _say_done(done, as_json=as_json)


@export.command("columns")
def columns_(workspace: WorkspaceOption = HERE, *, as_json: JsonOption = False) -> None:
    """List the columns that can be exported: attributes, features, tags, stages, contacts."""
    with opened_build(workspace) as here:
        fields = service.columns_known(here.engine)
    if as_json:
        print_json(
            [
                {
                    "name": one.name,
                    "block": one.block,
                    "zh": one.zh,
                    "en": one.en,
                    "unit": one.unit,
                    "privacy": one.privacy,
                }
                for one in fields
            ]
        )
        return
    rows = [(one.name, one.block, one.zh, one.en, one.unit, one.privacy) for one in fields]
    print_table("", ("name", "block", "中文", "English", "unit", "privacy"), rows)


@export.command("log")
def log(workspace: WorkspaceOption = HERE, *, as_json: JsonOption = False) -> None:
    """List what was exported: when, by whom, for what, how many persons, which file."""
    project = open_project(find_workspace(workspace))
    with open_operations(project.workspace) as store:
        records = service.export_log(store)
    if as_json:
        print_json(
            [
                {
                    "audit_id": one.audit_id,
                    "at": one.at.isoformat(),
                    "actor": one.actor,
                    "action": one.action,
                    "persons": one.subject_count,
                    "purpose": one.purpose,
                    **one.detail,
                }
                for one in records
            ]
        )
        return
    rows = [_log_row(one) for one in records]
    heads = ("at (UTC)", "actor", "purpose", "persons", "form", "file", "sha256", "may see")
    print_table("", heads, rows, right=("persons",))


def _log_row(one: AuditRecord) -> tuple[Any, ...]:
    seen = " ".join(one.detail["may_see"]) or None
    what = (one.detail["form"], one.detail["file"], one.detail["sha256"][:12], seen)
    return (f"{one.at:%Y-%m-%d %H:%M}", one.actor, one.purpose, f"{one.subject_count:,}", *what)


def _place(here: Opened, actor: str) -> service.Place:
    return service.Place(here.project, here.store, here.engine, here.build, actor_name(actor))


def _choice(place: service.Place, segment: str | None, people: Path | None, *, everyone: bool) -> service.Choice:
    if (segment is not None) + (people is not None) + everyone != 1:
        message = "Say who is exported, in one way."
        raise UserError(Problem("cli.arguments", message, "Give one of --segment, --people, --everyone."))
    if segment is not None:
        return service.by_segment(place, segment)
    return service.everybody() if people is None else read_list(people)


def _say_done(done: service.Exported, *, as_json: bool) -> None:
    if as_json:
        print_json(_done_json(done))
        return
    say(f"{done.path}: {done.persons:,} persons, {done.rows:,} rows, {done.bytes:,} bytes")
    for reason, number in done.left_out.items():
        say(f"  left out, {reason}: {number:,}")
    if done.masked:
        say(f"  masked: {', '.join(done.masked)} (--may-see shows what your role may see)")
    say(f"  SHA-256 {done.sha256}, audit record {done.audit_id}")


def _done_json(done: service.Exported) -> dict[str, Any]:
    return {
        "file": str(done.path),
        "form": done.form,
        "persons": done.persons,
        "rows": done.rows,
        "left_out": dict(done.left_out),
        "columns": done.columns,
        "masked": done.masked,
        "purpose": done.purpose,
        "sha256": done.sha256,
        "bytes": done.bytes,
        "audit_id": done.audit_id,
    }
