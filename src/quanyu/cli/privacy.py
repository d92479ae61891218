"""`quanyu privacy`: requests of persons about their data, what answers them, and proof of it."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from quanyu.cli.console import print_json, print_table, progress_bars, say
from quanyu.cli.opened import opened_build
from quanyu.cli.options import (
    HERE,
    ActorOption,
    JsonOption,
    QuietOption,
    WorkspaceOption,
    actor_name,
    find_workspace,
)
from quanyu.ids import PersonId, format_person_id
from quanyu.services import privacy as service
from quanyu.services.exports import Place
from quanyu.services.identity import find_asked
from quanyu.services.privacy_access import write_package
from quanyu.services.privacy_certificate import Certificate, check_certificate
from quanyu.services.privacy_consent import say_consent
from quanyu.services.privacy_deletion import delete_person, resume_deletion
from quanyu.services.privacy_keys import rotate_workspace_key
from quanyu.services.project import open_operations, open_project

WhoArgument = Annotated[str, typer.Argument(help="A person id (P…), or an identifier as type:value.")]
RequestArgument = Annotated[int, typer.Argument(help="Number of the request.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    privacy = typer.Typer(help="Requests of persons about their data, deletion, consent.", no_args_is_help=True)
    privacy.command("requests")(list_requests)
    privacy.command("open")(open_request)
    privacy.command("extend")(extend_request)
    privacy.command("answer")(answer_request)
    privacy.command("refuse")(refuse_request)
    privacy.command("package")(make_package)
    privacy.command("delete")(delete)
    privacy.command("resume")(resume)
    privacy.command("certificate")(check)
    privacy.command("withdraw")(withdraw)
    privacy.command("rotate-key")(rotate)
    app.add_typer(privacy, name="privacy")


def list_requests(
    state: Annotated[str | None, typer.Option("--state", help="open, answered, refused or overdue.")] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """List the requests with the days that are left to answer each, those due first at the head."""
    project = open_project(find_workspace(workspace))
    with open_operations(project.workspace) as store:
        clocks = service.list_requests(project, store, state)
    if as_json:
        print_json([_told(one) for one in clocks])
        return
    rows = [
        (
            one.request.request_id,
            one.request.kind.value,
            one.request.law.value,
            one.request.state.value,
            one.request.due_on,
            one.days_left if one.request.answered_at is None else None,
            one.request.asked_by,
        )
        for one in clocks
    ]
    print_table("", ("request", "kind", "law", "state", "due", "days left", "asked by"), rows)


def open_request(
    kind: Annotated[str, typer.Argument(help="access, export, correction, deletion or withdrawal.")],
    who: WhoArgument,
    asked_by: Annotated[str, typer.Option("--asked-by", help="Who asked, without personal values.")],
    proof: Annotated[str, typer.Option("--proof", help="How their identity was proved, without personal values.")],
    *,
    law: Annotated[str, typer.Option("--law", help="PIPL or GDPR: whose clock runs.")] = "PIPL",
    workspace: WorkspaceOption = HERE,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Record that a person asks something about their data, and say until when it must be answered."""
    with opened_build(workspace) as here:
        asked = find_asked(here.project, here.store, who, actor_name(actor))
        person_id = service.living_person(here.store, here.engine, here.build, asked)
        wanted = service.Wanted(kind, asked_by, proof, law)
        request = service.open_request(here.project, here.store, asked, person_id, wanted)
    if as_json:
        print_json({"request": request.request_id, "due_on": request.due_on})
    else:
        say(f"Request {request.request_id} ({request.kind.value}); answer it until {request.due_on}.")


def extend_request(
    request: RequestArgument,
    reason: Annotated[str, typer.Option("--reason", help="What the person is told.")],
    workspace: WorkspaceOption = HERE,
    actor: ActorOption = "",
) -> None:
    """Give a request of GDPR two months more, once."""
    with open_operations(open_project(find_workspace(workspace)).workspace) as store:
        extended = service.extend_request(store, request, reason, actor_name(actor))
    say(f"Request {request} is due on {extended.due_on}.")


def answer_request(request: RequestArgument, workspace: WorkspaceOption = HERE, actor: ActorOption = "") -> None:
    """Say that a request was answered: the copy handed over, the correction made where the data come from."""
    with open_operations(open_project(find_workspace(workspace)).workspace) as store:
        service.end_request(store, request, actor_name(actor))
    say(f"Request {request} is answered.")


def refuse_request(
    request: RequestArgument,
    reason: Annotated[str, typer.Option("--reason", help="What the person is told.")],
    workspace: WorkspaceOption = HERE,
    actor: ActorOption = "",
) -> None:
    """Refuse a request, with the reason that the law asks for."""
    with open_operations(open_project(find_workspace(workspace)).workspace) as store:
        service.end_request(store, request, actor_name(actor), refused_because=reason)
    say(f"Request {request} is refused.")


def make_package(
    request: RequestArgument,
    path: Annotated[Path, typer.Argument(help="The .zip to write.")],
    in_clear: Annotated[
        bool, typer.Option("--in-clear", help="With identifiers as the person gave them, for their own copy.")
    ] = False,
    workspace: WorkspaceOption = HERE,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Write everything held on the person of a request: JSON, CSV, and a page to read in 中文 and English."""
    with opened_build(workspace) as here:
        with here.store.reading() as work:
            found = work.privacy.get(request)
        place = Place(here.project, here.store, here.engine, here.build, actor_name(actor))
        made = write_package(place, found, path, in_clear=in_clear)
    if as_json:
        print_json({"file": str(made.path), "tables": dict(made.tables), "audit_id": made.audit_id})
    else:
        say(
            f"{made.path}: {len(made.tables)} tables, {sum(made.tables.values()):,} rows. Audit record {made.audit_id}."
        )


def delete(
    request: RequestArgument,
    workspace: WorkspaceOption = HERE,
    actor: ActorOption = "",
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Delete the person of a request everywhere, and certify that nothing is left."""
    project = open_project(find_workspace(workspace))
    with progress_bars(quiet=quiet or as_json) as listen:
        certificate = delete_person(project, request, actor_name(actor), listen)
    _show(certificate, project.workspace.folder("privacy"), as_json)


def resume(workspace: WorkspaceOption = HERE, quiet: QuietOption = False, as_json: JsonOption = False) -> None:
    """Go on with a deletion that was cut off."""
    project = open_project(find_workspace(workspace))
    with progress_bars(quiet=quiet or as_json) as listen:
        certificate = resume_deletion(project, listen)
    if certificate is None:
        say("No deletion is under way.")
    else:
        _show(certificate, project.workspace.folder("privacy"), as_json)


def check(
    path: Annotated[Path, typer.Argument(help="The .json of a certificate.")], as_json: JsonOption = False
) -> None:
    """Say whether a certificate is as it was written."""
    said = check_certificate(path)
    if as_json:
        print_json(said)
    else:
        say(f"Certificate of request {said['request_id']}, {len(said['tables'])} tables and files: as it was written.")


def withdraw(
    who: WhoArgument,
    evidence: Annotated[str, typer.Option("--evidence", help="Where the person said so, without personal values.")],
    purpose: Annotated[list[str] | None, typer.Option("--purpose", help="A purpose; none given: all.")] = None,
    workspace: WorkspaceOption = HERE,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Record that a person withdraws consent; it holds from this moment on in every audience and export."""
    project = open_project(find_workspace(workspace))
    with open_operations(project.workspace) as store:
        asked = find_asked(project, store, who, actor_name(actor))
        words = say_consent(store, asked.identifier_id, tuple(purpose or ()), asked.actor, evidence, granted=False)
    if as_json:
        print_json([{"purpose": word.purpose, "at": word.occurred_at} for word in words])
    else:
        say(f"Withdrawn: {', '.join(word.purpose for word in words)}.")


def rotate(workspace: WorkspaceOption = HERE, actor: ActorOption = "") -> None:
    """Encrypt every original and refused row by a new key and forget the old one; persons keep their ids."""
    key_id = rotate_workspace_key(open_project(find_workspace(workspace)), actor_name(actor))
    say(f"Encrypted by key {key_id} from now on. Keep a copy of the key file, and destroy the copies before it.")


def _told(clock: service.Clock) -> dict[str, Any]:
    said = asdict(clock.request)
    person = said.pop("person_id")
    said["person"] = None if person is None else format_person_id(PersonId(person))
    return {**said, "days_left": clock.days_left, "is_overdue": clock.is_overdue}


def _show(certificate: Certificate, folder: Path, as_json: bool) -> None:
    path = folder / f"certificate-{certificate.request_id:06d}.json"
    if as_json:
        print_json({**certificate.body, "sha256": certificate.sha256, "file": str(path)})
        return
    rows = sum(one.rows_before for one in certificate.tables)
    say(f"Deleted: {rows:,} rows in {len(certificate.tables)} tables and files; a search of all of them finds none.")
    say(f"Certificate {path}, and .html beside it; SHA-256 {certificate.sha256}.")
