"""Options that many commands share."""

import getpass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

WorkspaceOption = Annotated[
    Path,
    typer.Option("--workspace", "-w", help="Folder of the workspace (where quanyu.yaml stands).", show_default="."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
ActorOption = Annotated[str, typer.Option("--actor", help="Who decides; default: the name you are logged in by.")]
DayOption = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]

HERE = Path(".")


def find_workspace(folder: Path) -> Path:
    """Return the folder itself, or the nearest one above it that holds a quanyu.yaml."""
    start = folder.resolve()
    return next((one for one in (start, *start.parents) if (one / "quanyu.yaml").is_file()), start)


def actor_name(given: str) -> str:
    """Return who acts: the name given, else that of the login."""
    return given or getpass.getuser()
