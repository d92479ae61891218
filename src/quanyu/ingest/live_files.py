"""Spool files on their way through the loader: which wait, which are loaded together, where they are put afterwards.

What is loaded together is written down first (`loading` in the spool's folder).  A loader that dies is followed by one
that takes the very same files together, so that their common SHA-256 says whether a source has them already.  Files are
put away only when every source has them.
"""

import hashlib
import json
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final

import msgspec

from quanyu.clock import now
from quanyu.collect.spool import Cipher, Kept, pack, read_kept
from quanyu.collect.spool_files import SEALED, Disk
from quanyu.errors import Problem, Severity, UserError, Where

DONE: Final = "done"
DAMAGED: Final = "damaged"
UNCLAIMED: Final = "unclaimed"
_LOADING: Final = "loading"
_OF_SOURCE: Final = "+"
_GROUP_BYTES: Final = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Piece:
    """One sealed spool file: requests, SHA-256 (hex), size, and the bytes at its end that are no whole frame."""

    path: Path
    kept: tuple[Kept, ...]
    sha256: str
    size: int
    damaged: int

    @property
    def collector(self) -> Path:
        """Return the collector's folder."""
        folder = self.path.parent
        return folder.parent if folder.name == UNCLAIMED else folder

    @property
    def number(self) -> str:
        """Return the file's number."""
        return self.path.name.removesuffix(SEALED).partition(_OF_SOURCE)[0]

    @property
    def shown(self) -> str:
        """Return the file's name for people, the same wherever it is put."""
        return f"spool/{self.collector.name}/{self.number}"


@dataclass(frozen=True)
class Group:
    """Files that are loaded together."""

    pieces: tuple[Piece, ...]

    @cached_property
    def sha256(self) -> str:
        """Return the SHA-256 (hex) of the file, or of the files' SHA-256s in order."""
        if len(self.pieces) == 1:
            return self.pieces[0].sha256
        return hashlib.sha256("".join(piece.sha256 for piece in self.pieces).encode()).hexdigest()

    @property
    def size(self) -> int:
        """Return the bytes of all files."""
        return sum(piece.size for piece in self.pieces)

    @property
    def shown(self) -> str:
        """Return the name of the first file and how many follow."""
        more = len(self.pieces) - 1
        return self.pieces[0].shown + (f" and {more} more" if more else "")

    def of_sources(self) -> dict[str, list[Kept]]:
        """Return the requests of each source, in order of the files."""
        found: dict[str, list[Kept]] = {}
        for piece in self.pieces:
            for kept in piece.kept:
                found.setdefault(kept.source, []).append(kept)
        return found


def waiting_files(root: Path, live: Container[str]) -> list[Path]:
    """Return the sealed files that can be loaded, oldest first: new ones, and unclaimed ones whose source there is."""
    unclaimed = [path for path in root.glob(f"*/{UNCLAIMED}/*{SEALED}") if _source_of(path) in live]
    return sorted([*root.glob(f"*/*{SEALED}"), *unclaimed], key=lambda path: (path.name, path.parent))


def read_piece(path: Path, cipher: Cipher) -> Piece | Problem:
    """Return the file, or why it cannot be read; then it stays where it is."""
    data = path.read_bytes()
    try:
        kept, length = read_kept(data, cipher)
    except UserError as error:
        problem = error.problems[0]
        return Problem(problem.code, problem.message, problem.remedy, Where(file=path.name))
    except msgspec.MsgspecError:
        message = "The frames of this file are whole, but hold something else than requests."
        return Problem("spool.unreadable", message, "Was another version of quanyu here?", Where(file=path.name))
    return Piece(path, tuple(kept), hashlib.sha256(data).hexdigest(), len(data), len(data) - length)


def next_group(root: Path, paths: Sequence[Path], cipher: Cipher) -> tuple[Group, list[Path], list[Problem]]:
    """Return the files to load together next, the paths left for later, and the problems of files passed over.

    After a dead loader these are its files; if it had begun to put them away, the rest of them is put away.
    """
    begun = [path for path in _begun(root) if path in paths or not path.exists()]
    if begun and all(path.exists() for path in begun):
        pieces, problems = _read(begun, cipher)
        return Group(tuple(pieces)), [path for path in paths if path not in begun], problems
    pieces, problems = _read([path for path in begun if path.exists()], cipher)
    put_away(root, Group(tuple(pieces)))
    chosen: list[Path] = []
    size = 0
    for path in (path for path in paths if path not in begun):
        size += path.stat().st_size
        if chosen and size > _GROUP_BYTES:
            break
        chosen.append(path)
    read, found = _read(chosen, cipher)
    _note(root, read)
    taken = {*begun, *chosen}
    return Group(tuple(read)), [path for path in paths if path not in taken], [*problems, *found]


def set_aside(group: Group, live: Container[str], cipher: Cipher) -> list[Problem]:
    """Keep the requests of sources that the workspace does not have in files of their own, and tell of them.

    Done again after a crash it writes the same files.  Files loaded from there are not set aside once more.
    """
    problems: list[Problem] = []
    disk = Disk()
    for piece in (piece for piece in group.pieces if piece.path.parent == piece.collector):
        for name in sorted({kept.source for kept in piece.kept if kept.source not in live}):
            own = [kept for kept in piece.kept if kept.source == name]
            folder = piece.collector / UNCLAIMED
            folder.mkdir(exist_ok=True)
            disk.put(folder / f"{piece.number}{_OF_SOURCE}{name}{SEALED}", pack(own, cipher))
            problems.append(_unclaimed(piece.shown, name, len(own)))
    return problems


def put_away(root: Path, group: Group) -> list[Problem]:
    """Move loaded files to `done/`, damaged ones to `damaged/`, and forget that they were being loaded."""
    problems: list[Problem] = []
    for piece in group.pieces:
        folder = piece.collector / (DAMAGED if piece.damaged else DONE)
        folder.mkdir(exist_ok=True)
        piece.path.rename(folder / piece.path.name)
        if piece.damaged:
            problems.append(_damaged(piece))
    (root / _LOADING).unlink(missing_ok=True)
    return problems


def remove_old(root: Path, keep: timedelta) -> None:
    """Remove loaded files that were written longer ago than `keep`."""
    for path in root.glob(f"*/{DONE}/*{SEALED}"):
        if datetime.fromtimestamp(path.stat().st_mtime, UTC) < now() - keep:
            path.unlink(missing_ok=True)


def _read(paths: Sequence[Path], cipher: Cipher) -> tuple[list[Piece], list[Problem]]:
    pieces: list[Piece] = []
    problems: list[Problem] = []
    for path in paths:
        piece = read_piece(path, cipher)
        if isinstance(piece, Piece):
            pieces.append(piece)
        else:
            problems.append(piece)
    return pieces, problems


def _begun(root: Path) -> list[Path]:
    path = root / _LOADING
    return [root / name for name in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []


def _note(root: Path, pieces: Sequence[Piece]) -> None:
    names = [piece.path.relative_to(root).as_posix() for piece in pieces]
    if names:
        Disk().put(root / _LOADING, json.dumps(names).encode())


def _source_of(path: Path) -> str:
    return path.name.removesuffix(SEALED).partition(_OF_SOURCE)[2]


def _unclaimed(file: str, name: str, count: int) -> Problem:
    message = f'{count:,} requests of "{name}", which is no live source, are kept in {UNCLAIMED}/.'
    remedy = "Declare the source (format: live), and they are loaded."
    return Problem("live.unknown_source", message, remedy, Where(file=file), Severity.WARNING)


def _damaged(piece: Piece) -> Problem:
    message = f"The last {piece.damaged:,} bytes of this file are no whole frame; it is kept in {DAMAGED}/."
    return Problem("spool.damaged", message, "What stood before them is loaded. Check the disk.", Where(piece.shown))
