"""Which files a source has, in a fixed order, and what the bytes of one are: size, hash, line ends, odd characters."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from quanyu.config import Workspace
from quanyu.definitions.source import Source
from quanyu.errors import Problem, Where

UNFINISHED: Final = (".part", ".tmp", ".crdownload", ".download", ".partial")
_CHUNK: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file of a source as it stood when it was found; `shown` is its path as problems name it."""

    path: Path
    shown: str
    size: int
    modified_ns: int

    @property
    def modified_at(self) -> datetime:
        """Return the time of the last change, UTC."""
        return datetime.fromtimestamp(self.modified_ns / 1e9, UTC)

    def is_unchanged(self) -> bool:
        """Return whether the file still has the size and time of change it was found with."""
        try:
            now = self.path.stat()
        except OSError:
            return False
        return now.st_size == self.size and now.st_mtime_ns == self.modified_ns


@dataclass(frozen=True, slots=True)
class ByteFacts:
    """What one pass over a file's bytes tells: sha256 (hex) and counts.

    `line_feeds` counts LF, `returns` CR, `return_feeds` CR LF; `ends_with_feed` says that the last line is ended.
    """

    sha256: str
    size: int
    line_feeds: int
    returns: int
    return_feeds: int
    has_nul: bool
    ends_with_feed: bool

    @property
    def lines(self) -> int:
        """Return the number of physical lines, a last one without line end among them."""
        return self.line_feeds + (0 if self.ends_with_feed or not self.size else 1)


def find_files(source: Source, workspace: Workspace) -> tuple[list[DataFile], list[Problem]]:
    """Return the files of a source by path, each once, and a problem for every path that names none or a broken one.

    Files still being written (`.part`, `.tmp` …) and hidden files are refused and passed over; the order is that of
    the paths, so that it is the same on every machine.
    """
    found: dict[Path, DataFile] = {}
    problems: list[Problem] = []
    for number, pattern in enumerate(source.paths):
        matches = sorted(path for path in _expand(workspace.root, pattern) if path.is_file())
        if not matches:
            where = source.place("path", number)
            problems.append(Problem("import.no_files", f'No file matches "{pattern}".', "Check the path.", where))
        for path in matches:
            problem = _refusal(path, workspace)
            if problem:
                problems.append(problem)
            elif path.name[:1] not in (".", "~"):
                state = path.stat()
                found[path] = DataFile(path, workspace.relative(path), state.st_size, state.st_mtime_ns)
    return [found[path] for path in sorted(found)], problems


def read_facts(file: DataFile) -> ByteFacts:
    """Return the facts of a file's bytes, read in chunks of a fixed size."""
    digest = hashlib.sha256()
    line_feeds = returns = return_feeds = 0
    has_nul = False
    last = b""
    for chunk in _chunks(file.path):
        digest.update(chunk)
        line_feeds += chunk.count(b"\n")
        if b"\r" in chunk or last == b"\r":
            returns += chunk.count(b"\r")
            return_feeds += chunk.count(b"\r\n") + (last == b"\r" and chunk[:1] == b"\n")
        has_nul = has_nul or b"\0" in chunk
        last = chunk[-1:]
    return ByteFacts(digest.hexdigest(), file.size, line_feeds, returns, return_feeds, has_nul, last == b"\n")


def unfinished(file: DataFile) -> Problem:
    """Return the problem of a file that changed while it was read."""
    message = "The file changed while it was being read; nothing of it was imported."
    return Problem("upload.incomplete", message, "Run again when it is complete.", Where(file=file.shown))


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _expand(root: Path, pattern: str) -> Iterator[Path]:
    path = Path(pattern)
    anchor, inner = (Path(path.anchor), path.relative_to(path.anchor)) if path.is_absolute() else (root, path)
    if not any(sign in pattern for sign in "*?["):
        whole = anchor / inner
        return iter(whole.rglob("*") if whole.is_dir() else [whole])
    return anchor.glob(str(inner))


def _refusal(path: Path, workspace: Workspace) -> Problem | None:
    where = Where(file=workspace.relative(path))
    if not workspace.allows(path):
        remedy = "Copy the file into the workspace, or name its folder in data_dirs of quanyu.yaml."
        return Problem("config.path", "The file leaves the workspace and its data folders.", remedy, where)
    if path.suffix.lower() in UNFINISHED:
        remedy = "Wait until it is complete and has its final name."
        return Problem("upload.incomplete", "The file is still being written.", remedy, where)
    size = path.stat().st_size
    limit = workspace.limits.file_bytes
    if size > limit:
        message = f"File is {size / 1e9:.1f} GB; the limit is {limit / 1e9:.1f} GB."
        return Problem("upload.too_large", message, "Split it, or raise limits.file_bytes.", where)
    return None
