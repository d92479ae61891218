"""Options that many commands share."""

from pathlib import Path
from typing import Annotated

import typer

WorkspaceOption = Annotated[
    Path,
    typer.Option("--workspace", "-w", help="Folder of the workspace (where quanyu.yaml stands).", show_default="."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]

HERE = Path(".")


def find_workspace(folder: Path) -> Path:
    """Return the folder itself, or the nearest one above it that holds a quanyu.yaml."""
    start = folder.resolve()
    return next((one for one in (start, *start.parents) if (one / "quanyu.yaml").is_file()), start)
