"""The durable spool: a request is on the disk before its sender is told so.

One thread writes.  It takes everything that waits, writes it as one encrypted frame, brings it to the disk once, and
only then settles the futures (group commit).  Decoding happens when the files are loaded, never here.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import msgspec

from quanyu.clock import now
from quanyu.collect.record import Request
from quanyu.collect.spool_files import OPEN, SEALED, Disk, Torn, frame, read_frames, recover, take_lock
from quanyu.errors import ExternalError, Problem, UserError

_MIB: Final = 1024 * 1024
# Of a position: the file's number above these bits, the request's place in the file in them.
_PLACE_BITS: Final = 20
_LOCK_TRIES: Final = 40
_LOCK_WAIT_S: Final = 0.05


class SpoolFull(ExternalError):
    """The disk is full or failed: the request was not kept; its sender must send it again (503)."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="spool.full", retry=True)


class SpoolBusy(ExternalError):
    """More waits for the disk than may wait, or the spool is closing: the sender must send it again (503)."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="spool.busy", retry=True)


class Cipher(Protocol):
    """Encrypts a frame and reads it again."""

    def seal(self, clear: bytes) -> bytes:
        """Return the bytes encrypted."""
        ...

    def open(self, sealed: bytes) -> bytes:
        """Return the bytes in clear; what is no sealed value, or of another key, raises UserError."""
        ...


@dataclass(frozen=True, slots=True)
class SpoolLimits:
    """When a file is sealed, how much may wait for the disk, how much of the disk is left alone.

    `gather_s` is how long the writer waits for company when several requests wait already; one alone never waits.
    """

    seal_after_s: float = 2.0
    seal_bytes: int = 32 * _MIB
    group_bytes: int = 8 * _MIB
    waiting_bytes: int = 64 * _MIB
    free_bytes: int = 256 * _MIB
    gather_s: float = 0.002


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """One request as the spool keeps it: its position, the live source its key belongs to, the request."""

    position: int
    source: str
    request: Request


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one append ended; `deliver` settles its future, in whatever thread calls it."""

    future: Future[int]
    position: int = 0
    error: ExternalError | None = None

    def deliver(self) -> None:
        """Settle the future; one that was cancelled meanwhile is left alone."""
        if not self.future.set_running_or_notify_cancel():
            return
        if self.error is None:
            self.future.set_result(self.position)
        else:
            self.future.set_exception(self.error)


@dataclass(frozen=True, slots=True)
class _Waiting:
    source: str
    request: Request
    size: int
    future: Future[int]


@dataclass(slots=True)
class _File:
    path: Path
    handle: int
    number: int
    begun_s: float
    length: int = 0
    count: int = 0


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(list[Kept])


def pack(kept: Sequence[Kept], cipher: Cipher) -> bytes:
    """Return requests as one frame of a file."""
    return frame(cipher.seal(_ENCODER.encode(kept)))


def read_kept(data: bytes, cipher: Cipher) -> tuple[list[Kept], int]:
    """Return the requests of a file's bytes in order, and the length of its whole frames."""
    frames = read_frames(data)
    return [kept for payload in frames.payloads for kept in _DECODER.decode(cipher.open(payload))], frames.length


def settle(outcomes: Sequence[Outcome]) -> None:
    """Settle the futures in the calling thread."""
    for outcome in outcomes:
        outcome.deliver()


class Spool:
    """The spool of one collector process; it holds its folder until `close`.

    `recovered` tells what a dead collector left unfinished.  `on_commit` gets the outcomes of a group in the writer's
    thread and must see to it that each is delivered (an event loop: one `call_soon_threadsafe(settle, outcomes)`).
    A folder held by another living collector raises UserError `spool.held`.
    """

    def __init__(
        self,
        folder: Path,
        cipher: Cipher,
        limits: SpoolLimits | None = None,
        *,
        on_commit: Callable[[Sequence[Outcome]], None] = settle,
        disk: Disk | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._cipher, self._disk = folder, cipher, disk or Disk()
        self._limits, self._on_commit = limits or SpoolLimits(), on_commit
        self._lock = _hold(folder)
        try:
            self.recovered: tuple[Torn, ...] = recover(folder, self._disk)
        except BaseException:
            self._disk.close(self._lock)
            raise
        self._file: _File | None = None
        self._unsealed: list[Path] = []
        self._next = max([0, *(int(path.stem) for path in folder.rglob("*.*") if path.stem.isdecimal())]) + 1
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._is_closing = False
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)
        self._thread.start()

    @property
    def waiting_bytes(self) -> int:
        """Return about how many bytes wait for the disk."""
        return self._waiting_bytes

    def append(self, source: str, request: Request) -> Future[int]:
        """Return the future of the request's position, settled once it is on the disk.

        The future's error is `SpoolFull` when the disk did not take it.  Raises `SpoolBusy` at once when too much waits
        already, or the spool is closing.
        """
        size = len(request.body) + len(request.path) + len(request.query) + 200 + 40 * len(request.headers)
        waiting = _Waiting(source, request, size, Future())
        with self._changed:
            if self._is_closing or self._waiting_bytes + size > self._limits.waiting_bytes:
                raise SpoolBusy("The spool is closing." if self._is_closing else "Too much waits for the disk.")
            self._waiting.append(waiting)
            self._waiting_bytes += size
            self._changed.notify()
        return waiting.future

    def close(self) -> None:
        """Write what waits, seal the file and let the folder go."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._closing.set()
        self._thread.join()

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        try:
            while group := self._take():
                self._tell(self._write(group))
                self._seal_when_due()
        finally:
            self._end()

    def _end(self) -> None:
        """Let nobody wait for a writer that is gone, seal what there is, let the folder go."""
        with self._changed:
            self._is_closing = True
            left = list(self._waiting)
            self._waiting.clear()
        if left:
            self._tell([Outcome(one.future, error=SpoolBusy("The spool is closing.")) for one in left])
        self._seal()
        self._disk.close(self._lock)

    def _tell(self, outcomes: Sequence[Outcome]) -> None:
        try:
            self._on_commit(outcomes)
        except RuntimeError:
            # The event loop that should deliver is closed: nobody may wait for ever because of it.
            settle(outcomes)

    def _take(self) -> list[_Waiting]:
        """Return what waits, up to a group's size; seal while nothing does; empty when the spool is closed."""
        while not self._wait():
            self._seal_when_due()
        if len(self._waiting) > 1:
            self._closing.wait(self._limits.gather_s)
        group: list[_Waiting] = []
        size = 0
        with self._changed:
            while self._waiting and (not group or size + self._waiting[0].size <= self._limits.group_bytes):
                group.append(self._waiting.popleft())
                size += group[-1].size
        return group

    def _wait(self) -> bool:
        """Return True once something waits or the spool is closing, False when the file is to be sealed first."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._waiting) or self._is_closing, self._until_seal())

    def _write(self, group: Sequence[_Waiting]) -> list[Outcome]:
        """Bring a group to the disk and return its outcomes; a file always ends with its last whole group."""
        try:
            first = self._commit(group)
            outcomes = [Outcome(one.future, first + place) for place, one in enumerate(group)]
        except OSError as error:
            # The text of an OSError may name a path, never what a person sent.
            full = SpoolFull(f"The spool's disk did not take the request: {error.strerror or 'no room'}.")
            outcomes = [Outcome(one.future, error=full) for one in group]
        with self._changed:
            self._waiting_bytes -= sum(one.size for one in group)
        return outcomes

    def _commit(self, group: Sequence[_Waiting]) -> int:
        if self._disk.free_bytes(self._folder) < self._limits.free_bytes:
            raise OSError(None, "less room is left than must stay free")
        file = self._file or self._begin()
        first = (file.number << _PLACE_BITS) + file.count
        kept = [Kept(first + place, one.source, one.request) for place, one in enumerate(group)]
        data = pack(kept, self._cipher)
        try:
            self._disk.write(file.handle, data, file.length)
        except OSError:
            self._cut_or_leave(file)
            raise
        try:
            self._disk.sync(file.handle)
        except OSError:
            # After a failed sync nobody knows what of the file's pages is on the disk, and asking again would say
            # "done" for pages the system has given up: the file ends here.
            self._cut_or_leave(file)
            self._leave()
            raise
        file.length += len(data)
        file.count += len(group)
        return first

    def _begin(self) -> _File:
        number = self._number()
        path = self._folder / f"{number:016d}{OPEN}"
        self._next = number + 1
        handle = self._disk.create(path)
        try:
            self._disk.sync_folder(self._folder)
        except OSError:
            self._disk.close(handle)
            path.unlink(missing_ok=True)
            raise
        self._file = _File(path, handle, number, time.monotonic())
        return self._file

    def _number(self) -> int:
        # Beyond every file there ever was, also when all of them are loaded and removed.
        return max(self._next, int(now().timestamp() * 1000))

    def _cut_or_leave(self, file: _File) -> None:
        """Cut the file to its last whole group, or begin another file when not even that can be done."""
        try:
            self._disk.truncate(file.handle, file.length)
        except OSError:
            self._leave()

    def _leave(self) -> None:
        """Write no more to the file; it is sealed as it is, and a reader stops at its last whole group."""
        if self._file is not None:
            file, self._file = self._file, None
            self._unsealed.append(file.path)
            # What was answered is synced; a handle is gone whatever its closing says.
            with suppress(OSError):
                self._disk.close(file.handle)

    def _until_seal(self) -> float | None:
        if self._unsealed:
            return self._limits.seal_after_s
        file = self._file
        if file is None or not file.count:
            return None
        return max(file.begun_s + self._limits.seal_after_s - time.monotonic(), 0.0)

    def _seal_when_due(self) -> None:
        file = self._file
        is_old = file is not None and time.monotonic() - file.begun_s >= self._limits.seal_after_s
        is_large = file is not None and (
            file.length >= self._limits.seal_bytes or file.count >= (1 << _PLACE_BITS) // 2
        )
        if is_large or is_old or self._unsealed:
            self._seal(is_due=is_large or is_old)

    def _seal(self, *, is_due: bool = True) -> None:
        """Give finished files their last name; one that cannot have it now gets it at the next sealing."""
        if is_due:
            self._leave()
        paths, self._unsealed = self._unsealed, []
        for path in paths:
            try:
                self._name_sealed(path)
            except OSError:
                self._unsealed.append(path)

    def _name_sealed(self, path: Path) -> None:
        # It is there no more when an earlier try renamed it and could not bring the name to the disk.
        if path.exists():
            if path.stat().st_size:
                self._disk.rename(path, path.with_suffix(SEALED))
            else:
                path.unlink()
        self._disk.sync_folder(self._folder)


def _hold(folder: Path) -> int:
    """Return the held lock of the folder; a recovery by the loader may hold it for a moment."""
    for _ in range(_LOCK_TRIES):
        handle = take_lock(folder)
        if handle is not None:
            return handle
        time.sleep(_LOCK_WAIT_S)
    message = f'Another collector writes to the spool folder "{folder.name}".'
    raise UserError(Problem("spool.held", message, "Stop it, or give this collector a name of its own."))
