"""How the command line talks: problems, tables and progress for people, JSON for machines."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from quanyu.errors import ExternalError, InternalError, Problem, QuanyuError, Severity, UserError
from quanyu.progress import Listener, Progress

DEBUG: Final = "QUANYU_DEBUG"
LONGEST_NAME: Final = 40

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def say(text: str = "") -> None:
    """Print a line for people."""
    out.print(text, soft_wrap=True)


def print_json(value: Any) -> None:
    """Print a value as JSON on standard output, and nothing else; dates and ids become text."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Sequence[str] = ()
) -> None:
    """Print rows as a table; `right` names the columns of numbers, the first column is not broken over lines."""
    if title:
        say(f"[bold]{escape(title)}[/bold]")
    cells = [[escape("—" if value is None else str(value)) for value in row] for row in rows]
    table = Table(header_style="bold", pad_edge=False)
    for number, column in enumerate(columns):
        longest = max((cell_len(row[number]) for row in cells), default=0)
        table.add_column(
            escape(column),
            justify="right" if column in right else "left",
            overflow="fold",
            min_width=min(longest, LONGEST_NAME) if number == 0 else None,
        )
    for row in cells:
        table.add_row(*row)
    out.print(table)


def print_problems(problems: Iterable[Problem]) -> None:
    """Print problems on standard error: place, what is wrong, what to do."""
    for problem in problems:
        colour = "yellow" if problem.severity is Severity.WARNING else "red"
        place = f"[bold]{escape(str(problem.where))}[/bold]: " if str(problem.where) else ""
        err.print(f"[{colour}]{problem.severity.value}[/{colour}] {place}{escape(problem.message)}", soft_wrap=True)
        hint = f"{problem.remedy} " if problem.remedy else ""
        err.print(f"      {escape(hint)}[dim]\\[{problem.code}][/dim]", soft_wrap=True)


def print_failure(error: QuanyuError, *, as_json: bool) -> None:
    """Print why a command failed; the exit code is the error's own."""
    if as_json:
        print_json({"ok": False, "problems": [problem.as_dict() for problem in _problems(error)]})
        return
    print_problems(_problems(error))
    if isinstance(error, InternalError):
        err.print(f"This is a fault of quanyu, not yours. Set {DEBUG}=1 to see where; your data are safe.")


def _problems(error: QuanyuError) -> Sequence[Problem]:
    if isinstance(error, UserError):
        return error.problems
    code = error.code if isinstance(error, ExternalError) else "internal.error"
    remedy = "Try again." if isinstance(error, ExternalError) and error.retry else ""
    return [Problem(code, str(error), remedy)]


def debugging() -> bool:
    """Return whether tracebacks are wanted."""
    return bool(os.environ.get(DEBUG))


@contextmanager
def progress_bars(*, quiet: bool) -> Iterator[Listener]:
    """Give a listener that draws one bar per stage on standard error; nothing when quiet or not a terminal."""
    if quiet:
        yield lambda progress: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[item]}"),
    )
    with Bars(*columns, console=err, transient=False) as bars:
        tasks: dict[str, TaskID] = {}

        def draw(progress: Progress) -> None:
            if progress.stage not in tasks:
                tasks[progress.stage] = bars.add_task(progress.stage, total=None, unit=progress.unit, item="")
            bars.update(
                tasks[progress.stage],
                completed=progress.done,
                total=progress.total,
                unit=progress.unit,
                item=escape(progress.item[-60:]),
            )

        yield draw
