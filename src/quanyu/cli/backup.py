"""`quanyu backup` and `quanyu restore`: what cannot be computed again, in one file and back."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from quanyu.cli.console import print_json, progress_bars, say
from quanyu.cli.options import (
    HERE,
    ActorOption,
    JsonOption,
    QuietOption,
    WorkspaceOption,
    actor_name,
    find_workspace,
)
from quanyu.services import backup as service
from quanyu.services.project import open_project

PASSPHRASE: Final = "QUANYU_PASSPHRASE"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("backup")(make_backup)
    app.command("restore")(restore_backup)


def make_backup(
    file: Annotated[Path, typer.Argument(help="New file to write, outside the workspace's own disk at best.")],
    with_key: Annotated[
        bool, typer.Option("--with-key", help=f"Put the key in, under a passphrase ({PASSPHRASE}, or asked for).")
    ] = False,
    workspace: WorkspaceOption = HERE,
    actor: ActorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Write everything that cannot be computed again into one file, also while the server runs."""
    project = open_project(find_workspace(workspace))
    made = service.make_backup(project, file, _passphrase(confirms=True) if with_key else None, actor_name(actor))
    if as_json:
        print_json(asdict(made))
        return
    say(f"{made.file}: {made.files} files, {made.bytes / 1e6:,.1f} MB, taken {made.taken_at:%Y-%m-%d %H:%M:%S} UTC.")
    if not made.has_key:
        say(f"The key is not in it. Keep a copy of {project.workspace.key_file} elsewhere: without it nobody is known.")


def restore_backup(
    file: Annotated[Path, typer.Argument(help="File of a backup.")],
    folder: Annotated[Path, typer.Argument(help="New or empty folder for the workspace.")],
    with_key: Annotated[
        bool, typer.Option("--with-key", help=f"Take the key out of the backup ({PASSPHRASE}, or asked for).")
    ] = False,
    builds: Annotated[
        bool, typer.Option("--build/--no-build", help="Make the newest build anew and compare it.")
    ] = True,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make a workspace of a backup, every byte checked, and make its newest build anew."""
    passphrase = _passphrase(confirms=False) if with_key else None
    with progress_bars(quiet=quiet or as_json) as listen:
        done = service.restore_backup(file, folder.absolute(), passphrase, builds=builds, listen=listen)
    if as_json:
        print_json(asdict(done))
    else:
        _say(done)
    if done.different:
        raise typer.Exit(1)


def _say(done: service.Restored) -> None:
    say(f"{done.root}: as of {done.taken_at:%Y-%m-%d %H:%M:%S} UTC, {done.files} files, {done.batches} batches.")
    if not done.has_key:
        say(f"Put the key in place as {done.root / '.quanyu' / 'key'}, then `quanyu run`.")
    elif done.build_id is None:
        say("No build was made; `quanyu run` makes one.")
    elif done.different:
        say(f"[red]Build {done.build_id} differs from the one before in rows of {', '.join(done.different)}.[/red]")
    else:
        say(f"Build {done.build_id} has as many rows in each of {done.compared} tables as the one before.")


def _passphrase(*, confirms: bool) -> str:
    given = os.environ.get(PASSPHRASE)
    if given is not None:
        return given
    asked: str = typer.prompt("Passphrase of the key", hide_input=True, confirmation_prompt=confirms)
    return asked
