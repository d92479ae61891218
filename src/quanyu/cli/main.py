"""The `quanyu` command: gathers the command groups and turns every failure into words and an exit code.

Exit codes: 0 done; 2 something given is wrong (problems say what); 70 a fault of quanyu; 75 a database, disk or other
system failed; 1 anything else, such as `check` with warnings treated as errors; 130 interrupted.
"""

import sys
from typing import Annotated, Any

import click
import typer
from typer.core import TyperGroup

from quanyu import __version__
from quanyu.cli import bring, build, identity, inspect, workspace
from quanyu.cli.console import debugging, print_failure
from quanyu.errors import InternalError, QuanyuError


class Guarded(TyperGroup):
    """A command group that shows errors as words; with QUANYU_DEBUG=1 it lets them through with their traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a failure of ours ends the process with its exit code."""
        try:
            return super().invoke(ctx)
        except QuanyuError as error:
            if debugging():
                raise
            print_failure(error, as_json="--json" in sys.argv)
            raise typer.Exit(error.exit_code) from error
        except (click.exceptions.ClickException, click.exceptions.Exit, click.exceptions.Abort):
            raise
        except Exception as error:
            if debugging():
                raise
            print_failure(InternalError(f"{type(error).__name__}: {error}"), as_json="--json" in sys.argv)
            raise typer.Exit(InternalError.exit_code) from error


app = typer.Typer(
    cls=Guarded,
    name="quanyu",
    help="quanyu 全域: from a retailer's raw exports to numbers anyone can defend.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"quanyu {__version__}\n")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """quanyu 全域: from a retailer's raw exports to numbers anyone can defend."""


workspace.add_to(app)
build.add_to(app)
bring.add_to(app)
identity.add_to(app)
inspect.add_to(app)

