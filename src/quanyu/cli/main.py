"""The `quanyu` command: names the commands (`commands.py`) and turns every failure into words and an exit code.

Exit codes: 0 done; 2 something given is wrong (problems say what); 70 a fault of quanyu; 75 a database, disk or other
system failed; 1 anything else, such as `check` with warnings treated as errors; 130 interrupted.
"""

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from quanyu import __version__
from quanyu.cli.commands import Deferred
from quanyu.cli.console import debugging, print_failure
from quanyu.errors import ExternalError, InternalError, QuanyuError


class Guarded(Deferred):
    """A command group that shows errors as words; with QUANYU_DEBUG=1 it lets them through with their traceback."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> Any:
        """Run the command of these arguments; a failure ends the process with its exit code."""
        try:
            return super().main(args, *rest, **options)
        except Exception as error:
            if debugging():
                raise
            failure = _failure(error)
            print_failure(failure, as_json="--json" in (sys.argv if args is None else args))
            sys.exit(failure.exit_code)


def _failure(error: Exception) -> QuanyuError:
    """Return what to tell of an exception: ours as it is, the system's as such, any other as a fault of quanyu."""
    if isinstance(error, QuanyuError):
        return error
    if isinstance(error, OSError):
        return ExternalError(str(error), code="system.failed")
    return InternalError(f"{type(error).__name__}: {error}")


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
    """Take the options that stand before any command."""
