"""`quanyu check`, `demo`, `requirements`: the workspace's definitions, a sample workspace, the register's score."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from quanyu.cli.build import run_and_tell
from quanyu.cli.console import print_json, print_problems, progress_bars, say
from quanyu.cli.options import HERE, JsonOption, QuietOption, WorkspaceOption, find_workspace
from quanyu.demo.brand.workspace import BrandWish
from quanyu.demo.samples import BRAND, SAMPLES, make_sample_workspace
from quanyu.errors import Severity, UserError
from quanyu.services.check import check_workspace
from quanyu.services.project import open_project
from quanyu.services.requirements import load_requirements, score, score_table
from quanyu.services.run import RunRequest


class Planted(StrEnum):
    """Which problems an invented brand has."""

    ALL = "all"
    NONE = "none"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("check")(check)
    app.command("demo")(demo)
    app.command("requirements")(requirements)


def check(
    workspace: WorkspaceOption = HERE,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail as well (exit code 1).")] = False,
    as_json: JsonOption = False,
) -> None:
    """Say everything that is wrong with the definitions, with file, line and what to do."""
    problems = check_workspace(find_workspace(workspace))
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    if as_json:
        print_json({"ok": not errors, "problems": [problem.as_dict() for problem in problems]})
    else:
        print_problems(problems)
        say(f"{errors} errors, {len(problems) - errors} warnings" if problems else "Everything is in order.")
    if errors:
        raise typer.Exit(UserError.exit_code)
    if problems and strict:
        raise typer.Exit(1)


def demo(
    folder: Annotated[Path, typer.Argument(help="Folder of the new workspace.")] = Path("demo-workspace"),
    *,
    data: Annotated[str, typer.Option(help=f"Data set: {', '.join(SAMPLES)}.")] = "complete_journey",
    origin: Annotated[
        Path | None, typer.Option("--from", help="Folder of the files, for data sets that no package carries.")
    ] = None,
    persons: Annotated[int, typer.Option(help=f"How many persons to invent ({BRAND}).")] = 20_000,
    seed: Annotated[int, typer.Option(help=f"Which retailer to invent ({BRAND}).")] = 7,
    flavour: Annotated[str, typer.Option(help=f"beauty, apparel or grocery ({BRAND}).")] = "beauty",
    problems: Annotated[Planted, typer.Option(help=f"What goes wrong in the last month ({BRAND}).")] = Planted.ALL,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make a workspace with real data, or an invented brand, and run the main job on it."""
    wish = BrandWish(persons, seed, flavour, problems is Planted.ALL)
    with progress_bars(quiet=quiet or as_json) as listen:
        root = make_sample_workspace(data, folder, origin, wish, listen)
    if not as_json:
        say(f"Workspace [bold]{root}[/bold]: {SAMPLES[data].says}")
    run_and_tell(open_project(root), RunRequest(), quiet=quiet, as_json=as_json)


def requirements(
    register: Annotated[Path, typer.Argument(help="The register.")] = Path("docs/requirements.yaml"),
) -> None:
    """Print how many requirements are done, partly done and planned, per group."""
    found, problems = load_requirements(register)
    print_problems(problems)
    if problems:
        raise typer.Exit(UserError.exit_code)
    say(score_table(score(found)))
