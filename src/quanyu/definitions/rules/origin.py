"""Where a source's rows come from must fit its format and stay inside the workspace (`reliability.md` Y54)."""

from collections.abc import Iterator
from pathlib import Path

from quanyu.config import Workspace
from quanyu.definitions.source import Source
from quanyu.errors import Problem

_GLOB = frozenset("*?[")
_DELIMITER_NAMES = ("auto", "whitespace")


def check_origin(source: Source, workspace: Workspace) -> Iterator[Problem]:
    """Yield the problems of format, path and options."""
    yield from _check_format(source)
    for number, path in enumerate(source.paths):
        if not workspace.allows(fixed_part(workspace.root, path)):
            remedy = "Copy the files into the workspace, or name their folder in data_dirs of quanyu.yaml."
            where = source.place("path", number)
            yield Problem("config.path", "The path leaves the workspace and its data folders.", remedy, where)
    yield from _check_csv(source)


def fixed_part(root: Path, path: str) -> Path:
    """Return the part of a path before its first wildcard, from the workspace's root."""
    fixed = root
    for part in Path(path).parts:
        if _GLOB & set(part):
            break
        fixed = fixed / part
    return fixed


def _check_format(source: Source) -> Iterator[Problem]:
    if source.format == "sql":
        if source.sql is None:
            yield Problem("config.required", '"sql" is required for format sql.', "Add url and query.", source.place())
        if source.paths:
            yield Problem("config.exclusive", "A database has no path.", 'Remove "path".', source.place("path"))
        return
    if source.format == "live":
        if source.paths:
            yield Problem("config.exclusive", "Live events have no path.", 'Remove "path".', source.place("path"))
    elif not source.paths:
        yield Problem("config.required", '"path" is required.', "Name files or a glob.", source.place("path"))
    if source.sql is not None:
        message = f'"sql" does not go with format {source.format}.'
        yield Problem("config.exclusive", message, 'Remove it, or write "format: sql".', source.place("sql"))


def _check_csv(source: Source) -> Iterator[Problem]:
    delimiter = source.csv.delimiter
    if len(delimiter) != 1 and delimiter not in _DELIMITER_NAMES:
        remedy = r'Write one character ("," ";" "\t"), whitespace or auto.'
        yield Problem("config.value", "The delimiter is not one character.", remedy, source.place("csv", "delimiter"))
    if source.csv.header_row == 0 and not source.csv.names:
        yield Problem(
            "config.required",
            "A file without header needs the names of its columns.",
            'Add "names" with one name per column, in order.',
            source.place("csv", "header_row"),
        )
