"""The file of a backup: a tar of plain files whose last member, the manifest, names every other with size and SHA-256.

Written beside its place and renamed when it is whole and on the disk; read without trusting a name in it.
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final

from quanyu.errors import Problem, UserError

_MANIFEST: Final = "manifest.json"
_PART: Final = ".part"
_CHUNK: Final = 1024 * 1024


class _Read:
    """A file being packed or unpacked, its bytes hashed on the way."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.bytes, self._hash = file, 0, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes."""
        data = self._file.read(size)
        self.bytes += len(data)
        self._hash.update(data)
        return data

    def as_dict(self) -> dict[str, Any]:
        """Return what the manifest says of it."""
        return {"bytes": self.bytes, "sha256": self._hash.hexdigest()}


def write_archive(file: Path, folder: Path, names: Iterable[str], about: Mapping[str, Any]) -> dict[str, Any]:
    """Write the named files of a folder and return the manifest; an existing file is `backup.exists`.

    The file is there whole or not at all, whenever the process ends, and only its owner may read it.
    """
    if file.exists():
        raise UserError(Problem("backup.exists", f"There is a file already: {file}.", "Choose another name."))
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(file.name + _PART)
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            with tarfile.open(fileobj=out, mode="w") as tar:
                manifest = {**about, "files": {name: _add(tar, folder, name) for name in sorted(names)}}
                _add_text(tar, json.dumps(manifest, ensure_ascii=False, indent=1))
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync_folder(file.parent)
    return manifest


def read_archive(file: Path, into: Path) -> dict[str, Any]:
    """Unpack into a folder and return the manifest.

    UserError `restore.checksum` when a byte differs, a file is missing or too many, or the end is cut off.
    """
    try:
        with tarfile.open(file, mode="r:") as tar:
            manifest, found = _unpack_all(tar, into)
    except FileNotFoundError:
        raise UserError(Problem("restore.missing", f"No file {file}.", "Name the file of a backup.")) from None
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise UserError(_changed(file, str(error) or type(error).__name__)) from None
    if manifest is None or not isinstance(manifest.get("files"), dict):
        raise UserError(_changed(file, "its end is missing"))
    if manifest.get("files") != found:
        wrong = sorted(name for name in {*found, *manifest["files"]} if manifest["files"].get(name) != found.get(name))
        raise UserError(_changed(file, f"{wrong[0]} is not what was packed"))
    return manifest


def _unpack_all(tar: tarfile.TarFile, into: Path) -> tuple[dict[str, Any] | None, dict[str, dict[str, Any]]]:
    """Unpack plain files below the folder; return the manifest, None without one, and what each file is."""
    manifest, found = None, {}
    for member in tar:
        source = tar.extractfile(member) if member.isfile() and _is_plain(member.name) else None
        if source is None:
            raise ValueError(f"it holds {member.name[:80]!r}")
        if member.name == _MANIFEST:
            manifest = json.loads(source.read())
        else:
            found[member.name] = _unpack(source, into / member.name)
    return manifest, found


def _add(tar: tarfile.TarFile, folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    with path.open("rb") as source:
        member = tarfile.TarInfo(name)
        member.size, member.mode = os.fstat(source.fileno()).st_size, 0o600
        read = _Read(source)
        tar.addfile(member, read)
    return read.as_dict()


def _add_text(tar: tarfile.TarFile, text: str) -> None:
    member = tarfile.TarInfo(_MANIFEST)
    data = text.encode()
    member.size, member.mode = len(data), 0o600
    tar.addfile(member, io.BytesIO(data))


def _unpack(source: Any, path: Path) -> dict[str, Any]:
    path.parent.mkdir(parents=True, exist_ok=True)
    read = _Read(source)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
        while data := read.read(_CHUNK):
            out.write(data)
        out.flush()
        os.fsync(out.fileno())
    return read.as_dict()


def _is_plain(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and "\0" not in name


def _changed(file: Path, why: str) -> Problem:
    message = f"{file} is no whole backup: {why}. Nothing was restored."
    return Problem("restore.checksum", message, "Take another copy of it.")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
