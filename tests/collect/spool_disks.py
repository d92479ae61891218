"""Disks that fail, and a disk that remembers what a power cut would leave."""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from quanyu.collect.record import Request
from quanyu.collect.spool import Kept, read_kept
from quanyu.collect.spool_files import Disk, recover


class Clear:
    """A cipher that encrypts nothing: these tests are about the disk."""

    def seal(self, clear: bytes) -> bytes:
        return clear

    def open(self, sealed: bytes) -> bytes:
        return sealed


def request(number: int, size: int = 20) -> Request:
    body = f"{number}:".encode().ljust(size, b".")
    return Request(method="POST", path="/v1/track", body=body, received_at=1_780_000_000_000 + number)


def number_of(kept: Kept) -> int:
    return int(kept.request.body.partition(b":")[0])


def stored_in(folder: Path) -> list[int]:
    """Recover a folder as the next start does and return the numbers of its requests in order."""
    recover(folder, Disk())
    files = sorted(folder.glob("*.log"))
    return [number_of(kept) for path in files for kept in read_kept(path.read_bytes(), Clear())[0]]


class FailingDisk(Disk):
    """Fails the n-th call that can fail, once or from then on; a failing write leaves half of its bytes."""

    def __init__(self, at: int, code: int, *, calls: int = 1) -> None:
        self.at, self.code, self.calls, self.done = at, code, calls, 0

    def _count(self) -> None:
        self.done += 1
        if self.at <= self.done < self.at + self.calls:
            raise OSError(self.code, os.strerror(self.code))

    def create(self, path: Path) -> int:
        self._count()
        return super().create(path)

    def write(self, handle: int, data: bytes, offset: int) -> None:
        try:
            self._count()
        except OSError:
            os.pwrite(handle, data[: len(data) // 2], offset)
            raise
        super().write(handle, data, offset)

    def truncate(self, handle: int, length: int) -> None:
        self._count()
        super().truncate(handle, length)

    def sync(self, handle: int) -> None:
        self._count()
        super().sync(handle)

    def sync_folder(self, folder: Path) -> None:
        self._count()
        super().sync_folder(folder)

    def rename(self, path: Path, target: Path) -> None:
        self._count()
        super().rename(path, target)


@dataclass
class _Inode:
    synced: bytes = b""
    now: bytearray = field(default_factory=bytearray)


class RecordingDisk(Disk):
    """Remembers what is safe: bytes since the file's sync, names since the folder's; `look` is called at every call."""

    def __init__(self, *, forgets_sync: bool = False) -> None:
        self.forgets_sync = forgets_sync
        self.look: Callable[[], None] = lambda: None
        self.inodes: dict[int, _Inode] = {}
        self.names: dict[str, int] = {}
        self.safe_names: dict[str, int] = {}

    def create(self, path: Path) -> int:
        handle = super().create(path)
        self.inodes[handle] = _Inode()
        self.names[path.name] = handle
        self.look()
        return handle

    def write(self, handle: int, data: bytes, offset: int) -> None:
        super().write(handle, data, offset)
        now = self.inodes[handle].now
        now[offset : offset + len(data)] = data
        self.look()

    def sync(self, handle: int) -> None:
        super().sync(handle)
        if not self.forgets_sync:
            self.inodes[handle].synced = bytes(self.inodes[handle].now)
        self.look()

    def sync_folder(self, folder: Path) -> None:
        super().sync_folder(folder)
        self.safe_names = dict(self.names)
        self.look()

    def rename(self, path: Path, target: Path) -> None:
        super().rename(path, target)
        self.names[target.name] = self.names.pop(path.name)
        self.look()

    def close(self, handle: int) -> None:
        # Kept open: a handle of the system must not be given to another file while it names this one's bytes.
        if handle not in self.inodes:
            super().close(handle)

    def finish(self) -> None:
        for handle in self.inodes:
            super().close(handle)

    def cut(self, folder: Path, chance: random.Random) -> None:
        """Write what one power cut may leave into a new folder."""
        folder.mkdir()
        names = self.names if chance.random() < 0.5 else self.safe_names
        for name, handle in names.items():
            inode = self.inodes[handle]
            loose = bytes(inode.now[len(inode.synced) :])
            kept = bytearray(loose[: chance.randrange(len(loose) + 1)])
            if kept and chance.random() < 0.5:
                # A page that was not written in time reads as zeros.
                kept[: chance.randrange(len(kept) + 1)] = bytes(len(kept))[: chance.randrange(len(kept) + 1)]
            (folder / name).write_bytes(inode.synced + bytes(kept))
