"""The files of the spool: frames on disk, what recovery keeps of them, and the system calls that make them durable.

A file is frames one after another: length and CRC-32 of the payload (4 bytes each, little-endian), then the payload.
`<seq>.open` is being written, `<seq>.log` is sealed and never changes, `<seq>.torn` is what a dead writer left of a
frame it had not finished (nobody was told it is safe), `lock` is held by the living collector of the folder.
"""

import fcntl
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from typing import Final

HEAD: Final = Struct("<II")
OPEN: Final = ".open"
SEALED: Final = ".log"
TORN: Final = ".torn"
_LOCK: Final = "lock"


class Disk:
    """The system calls of the spool, each raising OSError; a test puts its own in its place."""

    def create(self, path: Path) -> int:
        """Return the handle of a new file; an existing one is an error."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)

    def write(self, handle: int, data: bytes, offset: int) -> None:
        """Write all the bytes at the offset."""
        view = memoryview(data)
        while view:
            written = os.pwrite(handle, view, offset)
            view, offset = view[written:], offset + written

    def truncate(self, handle: int, length: int) -> None:
        """Cut the file to the length."""
        os.ftruncate(handle, length)

    def sync(self, handle: int) -> None:
        """Return once the file's bytes and length are on the disk."""
        os.fdatasync(handle)

    def sync_folder(self, folder: Path) -> None:
        """Return once the names in the folder are on the disk."""
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def rename(self, path: Path, target: Path) -> None:
        """Give the file another name."""
        path.rename(target)

    def close(self, handle: int) -> None:
        """Close the handle."""
        os.close(handle)

    def put(self, path: Path, data: bytes) -> None:
        """Write a file whole or not at all, over an earlier one of the name; it is on the disk afterwards."""
        draft = path.with_name(f"{path.name}.writing")
        draft.unlink(missing_ok=True)
        handle = self.create(draft)
        try:
            self.write(handle, data, 0)
            self.sync(handle)
        finally:
            self.close(handle)
        self.rename(draft, path)
        self.sync_folder(path.parent)

    def free_bytes(self, folder: Path) -> int:
        """Return how many bytes the disk of the folder still has for us."""
        facts = os.statvfs(folder)
        return facts.f_bavail * facts.f_frsize


@dataclass(frozen=True, slots=True)
class Torn:
    """The unfinished end of a file: the file's name, where the end began, its bytes."""

    file: str
    offset: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Frames:
    """The whole frames of a file, and the length they take; more than that is a damaged or unfinished end."""

    payloads: tuple[bytes, ...]
    length: int


def frame(payload: bytes) -> bytes:
    """Return the payload as it stands in a file."""
    return HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def read_frames(data: bytes) -> Frames:
    """Return the whole frames from the beginning of a file's bytes up to the first that is not whole."""
    payloads: list[bytes] = []
    offset = 0
    while len(data) - offset >= HEAD.size:
        length, check = HEAD.unpack_from(data, offset)
        payload = data[offset + HEAD.size : offset + HEAD.size + length]
        # An empty frame is never written; zeros are what a disk leaves where it had no time to write.
        if length == 0 or len(payload) < length or zlib.crc32(payload) != check:
            break
        payloads.append(payload)
        offset += HEAD.size + length
    return Frames(tuple(payloads), offset)


def take_lock(folder: Path) -> int | None:
    """Return a handle that holds the folder until it is closed, or None when a living process holds it."""
    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


@contextmanager
def lock_of(folder: Path) -> Iterator[bool]:
    """Hold the folder for the block and give True, or give False when a living process holds it."""
    handle = take_lock(folder)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            os.close(handle)


def recover(folder: Path, disk: Disk) -> tuple[Torn, ...]:
    """Seal what a dead collector left open and return the unfinished ends; call it holding the folder's lock.

    An unfinished end is kept as `<seq>.torn`; killed at any moment, the next call does what is left.
    """
    torn: list[Torn] = []
    for path in sorted(folder.glob(f"*{OPEN}")):
        data = path.read_bytes()
        length = read_frames(data).length
        if length < len(data):
            torn.append(Torn(path.name, length, len(data) - length))
            disk.put(path.with_suffix(TORN), data[length:])
            _cut(path, length, disk)
        if length:
            disk.rename(path, path.with_suffix(SEALED))
        else:
            path.unlink()
    disk.sync_folder(folder)
    return tuple(torn)


def recover_dead(root: Path, disk: Disk) -> tuple[Torn, ...]:
    """Recover every collector's folder under the root whose collector is not alive; return the unfinished ends."""
    torn: list[Torn] = []
    for folder in sorted({path.parent for path in root.glob(f"*/*{OPEN}")}):
        with lock_of(folder) as is_ours:
            torn += recover(folder, disk) if is_ours else ()
    return tuple(torn)


def _cut(path: Path, length: int, disk: Disk) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        disk.truncate(handle, length)
        disk.sync(handle)
    finally:
        disk.close(handle)
