"""`quanyu doctor`: what is wrong here, and what to do about it."""

from collections import Counter
from dataclasses import asdict
from typing import Annotated, Final

import typer
from rich.markup import escape

from quanyu.cli.console import print_json, say
from quanyu.cli.options import HERE, JsonOption, WorkspaceOption, find_workspace
from quanyu.services.doctor import examine
from quanyu.services.doctor_machine import State

_COLOURS: Final = {State.OK: "green", State.WARNING: "yellow", State.WRONG: "red"}


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("doctor")(doctor)


def doctor(
    workspace: WorkspaceOption = HERE,
    deep: Annotated[bool, typer.Option("--deep", help="Read the whole raw log and compare every hash.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail as well (exit code 1).")] = False,
    as_json: JsonOption = False,
) -> None:
    """Look at machine, workspace, store, warehouse, spool and server; say what is wrong and what to do."""
    found = examine(find_workspace(workspace), deep=deep)
    counts = Counter(one.state for one in found)
    if as_json:
        print_json({"ok": not counts[State.WRONG], "findings": [asdict(one) for one in found]})
    else:
        for one in found:
            colour = _COLOURS[one.state]
            say(f"[{colour}]{one.state.value:<8}[/{colour}] [bold]{one.check:<12}[/bold] {escape(one.message)}")
            if one.remedy:
                say(f"{'':<22}{escape(one.remedy)}")
        say(f"{counts[State.WRONG]} wrong, {counts[State.WARNING]} warnings, {counts[State.OK]} in order.")
    if counts[State.WRONG] or (strict and counts[State.WARNING]):
        raise typer.Exit(1)
