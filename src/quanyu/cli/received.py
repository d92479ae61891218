"""How commands that read files tell what became of each."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from quanyu.cli.console import print_problems, print_table
from quanyu.ingest.drive import FileResult

_COUNTS: Final = ("received", "stored", "quarantined", "duplicate")


def print_files(files: Sequence[FileResult]) -> None:
    """Show the rows of each file that was imported, and everything said about any file."""
    rows = [
        (one.source, Path(one.file).name, *(f"{getattr(one.rows, name):,}" for name in _COUNTS))
        for one in files
        if one.rows
    ]
    if rows:
        print_table("", ("source", "file", *_COUNTS), rows, right=_COUNTS)
    for one in files:
        print_problems(one.problems)


def file_json(one: FileResult) -> dict[str, Any]:
    """Return what became of a file as JSON-ready values; counts are null unless it was imported."""
    return {
        "source": one.source,
        "file": one.file,
        "fate": one.fate.value,
        "batch_seq": one.batch_seq,
        **{name: getattr(one.rows, name) if one.rows else None for name in _COUNTS},
        "problems": [problem.as_dict() for problem in one.problems],
    }
