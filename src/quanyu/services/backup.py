"""Backups: everything of a workspace that cannot be computed again, of one moment, in one file; and back from it.

In it: the store, the sealed batches of the raw log, what waits in the spool, the definitions, certificates, heads of
the audit log; the key only under a passphrase.  Not in it: the warehouse and reports, which are rebuilt, and the files
of the sources.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from quanyu import __version__
from quanyu.clock import now
from quanyu.collect.spool_files import OPEN, SEALED
from quanyu.config import Workspace
from quanyu.definitions import load_workspace
from quanyu.errors import Problem, UserError
from quanyu.progress import Listener, silent
from quanyu.services.archive import read_archive, write_archive
from quanyu.services.build import BuildRequest, make_build
from quanyu.services.ingest import at_work, rebuild
from quanyu.services.project import Project, open_operations, open_project, store_place
from quanyu.store import AuditEntry, Build, SegmentStatus, Store, hold_lease, open_store
from quanyu.store.copy import copy_store, put_store
from quanyu.store.lease import process_exists
from quanyu.store.locked_key import lock_key, unlock_key

FORMAT: Final = 1
_STATE: Final = ".quanyu"
_STORE: Final = "store.sqlite"
_KEY: Final = "key.locked"
_DEFINITIONS: Final = ("quanyu.yaml", "sources", "library")
_RECORDS: Final = ("audit.heads", "privacy")


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made: its file, when it was taken (UTC), how many files and bytes it holds, whether the key."""

    file: Path
    taken_at: datetime
    revision: str
    files: int
    bytes: int
    has_key: bool


@dataclass(frozen=True, slots=True)
class Restored:
    """A workspace made of a backup.

    `build_id` is the build made anew of the newest published one, None when there was none or no key to make it with;
    `compared` tables of it have as many rows as then, `different` names those that have not.
    """

    root: Path
    taken_at: datetime
    files: int
    batches: int
    has_key: bool
    build_id: int | None
    compared: int
    different: tuple[str, ...]


def make_backup(project: Project, file: Path, passphrase: str | None = None, actor: str = "system") -> Backup:
    """Write a backup of the workspace into a new file; with a passphrase the key goes in under it.

    Holds the run lease while the moment is taken (a copy of the store, links to sealed files), not while the file is
    written; a server beside it goes on collecting.  Killed at any moment it leaves no half file under that name.
    UserError `backup.exists`, `backup.passphrase`, `run.busy`.
    """
    workspace = project.workspace
    key = None if passphrase is None else lock_key(workspace.key_file.read_bytes(), passphrase)
    with _staging(workspace.folder("tmp")) as staging:
        with open_operations(workspace) as store, hold_lease(store, "backup"):
            taken_at = now()
            _record(store, actor, file)
            revision = _take(workspace, store, staging)
        if key is not None:
            _write(staging / _STATE / _KEY, key)
        about = {
            "format": FORMAT,
            "quanyu": __version__,
            "brand": workspace.brand.code,
            "taken_at": taken_at.isoformat(),
            "revision": revision,
            "has_key": key is not None,
        }
        names = [path.relative_to(staging).as_posix() for path in staging.rglob("*") if path.is_file()]
        manifest = write_archive(file, staging, names, about)
    total = sum(one["bytes"] for one in manifest["files"].values())
    return Backup(file, taken_at, revision, len(names), total, key is not None)


def restore_backup(
    file: Path, root: Path, passphrase: str | None = None, *, builds: bool = True, listen: Listener = silent
) -> Restored:
    """Make a workspace of a backup in an empty or new folder, then make its landing tables and newest build anew.

    Every byte is compared with the manifest before anything is placed.  UserError `restore.not_empty`,
    `restore.checksum`, `restore.newer`, `restore.passphrase`, `store.newer`.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        message = f"{root} is not empty."
        raise UserError(Problem("restore.not_empty", message, "Restore into a new folder, then put it in the place."))
    root.parent.mkdir(parents=True, exist_ok=True)
    with _staging(root.parent, f".{root.name}.restoring") as staging:
        manifest = read_archive(file, staging)
        _check(manifest, passphrase)
        if manifest["has_key"] and passphrase is not None:
            locked = staging / _STATE / _KEY
            _write(staging / _STATE / "key", unlock_key(locked.read_bytes(), passphrase))
            locked.unlink()
        _open_copy(staging)
        if root.exists():
            root.rmdir()
        staging.rename(root)
    project = open_project(root)
    batches = rebuild(project)
    built = _build_again(project, listen) if builds and project.workspace.key_file.exists() else None
    return Restored(
        root=root,
        taken_at=datetime.fromisoformat(manifest["taken_at"]),
        files=len(manifest["files"]),
        batches=batches,
        has_key=project.workspace.key_file.exists(),
        build_id=None if built is None else built[0],
        compared=0 if built is None else built[1],
        different=() if built is None else built[2],
    )


def _take(workspace: Workspace, store: Store, staging: Path) -> str:
    """Copy or link everything of this moment into the staging folder and return the store's revision."""
    # The spool first: what is loaded meanwhile is then in both, and the same event twice is one event.
    _take_spool(workspace.folder("spool"), staging / _STATE / "spool")
    target = staging / _STATE / _STORE
    _write(target, b"")
    revision = copy_store(store, target)
    with store.reading() as work:
        batches = work.segments.find(status=SegmentStatus.SEALED)
    for path in sorted({one.path for batch in batches for one in batch.segment_files}):
        _link(workspace.state / path, staging / _STATE / path)
    for name in _RECORDS:
        _take_tree(workspace.state / name, staging / _STATE / name)
    for name in _DEFINITIONS:
        _take_tree(workspace.root / name, staging / name)
    return revision


def _take_spool(spool: Path, target: Path) -> None:
    for path in sorted(spool.glob("*/*")):
        place = target / path.parent.name / path.name
        # A file may be sealed (or loaded) while it is looked for; loaded it is in the raw log.
        with suppress(FileNotFoundError):
            if path.suffix == SEALED:
                _link(path, place)
            elif path.suffix == OPEN:
                _write(place, path.read_bytes())
            elif path.is_dir():
                _take_tree(path, place)
            continue
        with suppress(FileNotFoundError):
            _link(path.with_suffix(SEALED), place.with_suffix(SEALED))


def _take_tree(path: Path, target: Path) -> None:
    """Copy a file or the plain files of a folder; links and hidden files stay out."""
    if path.is_symlink() or path.name.startswith("."):
        return
    if path.is_dir():
        for one in sorted(path.iterdir()):
            _take_tree(one, target / one.name)
    elif path.is_file():
        _write(target, path.read_bytes())


def _link(path: Path, target: Path) -> None:
    """Give a file that never changes a second name, so that it costs no time and stays though the first goes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except FileNotFoundError:
        raise
    except OSError:
        # Another disk, or one that knows no links.
        shutil.copyfile(path, target)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
        out.write(data)


def _record(store: Store, actor: str, file: Path) -> None:
    with store.transaction() as work:
        work.audit.add(AuditEntry(actor, "backup.made", file.name, 1, "backup", {}))


def _check(manifest: Mapping[str, Any], passphrase: str | None) -> None:
    if manifest["format"] > FORMAT:
        message = f"The backup was made by quanyu {manifest['quanyu']}, which writes another form."
        raise UserError(Problem("restore.newer", message, "Restore it with that version or a newer one."))
    if passphrase is not None and not manifest["has_key"]:
        message = "The backup holds no key, so there is nothing a passphrase opens."
        raise UserError(Problem("restore.no_key", message, "Leave the passphrase out; put the key in place yourself."))


def _open_copy(staging: Path) -> None:
    """Bring the store to this version's schema and to where the settings keep it, and prove that it is whole."""
    workspace, problems = load_workspace(staging)
    if workspace is None:
        raise UserError(problems)
    place = store_place(workspace)
    copy = staging / _STATE / _STORE
    if place != workspace.store_file:
        put_store(copy, place)
        copy.unlink()
    with open_store(place) as store:
        faults = store.verify()
    for left in copy.parent.glob(f"{_STORE}.revision-*"):
        left.unlink()
    if faults:
        raise UserError(faults)


def _build_again(project: Project, listen: Listener) -> tuple[int, int, tuple[str, ...]] | None:
    """Make the newest published build anew; return its number, how many tables were compared, which differ in rows."""
    with at_work(project, "restore") as (store, engine):
        with store.reading() as work:
            then = work.builds.published()
            before = {} if then is None else {step.table_name: step.rows for step in work.builds.steps(then.build_id)}
        if then is None:
            return None
        report = make_build(project, store, engine, _as_then(then), listen)
    rows = {made.table: made.rows for made in report.made}
    shared = before.keys() & rows.keys()
    return report.build.build_id, len(shared), tuple(sorted(name for name in shared if before[name] != rows[name]))


def _as_then(build: Build) -> BuildRequest:
    return BuildRequest(as_of=build.as_of, watermark=build.watermark)


@contextmanager
def _staging(folder: Path, name: str = "backup") -> Iterator[Path]:
    """Give an empty folder that only its owner may read; removed afterwards, as are those of processes that died."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{name}-*"):
        process_id = left.name.rpartition("-")[2]
        if process_id.isdecimal() and not process_exists(int(process_id)):
            shutil.rmtree(left)
    staging = folder / f"{name}-{os.getpid()}"
    staging.mkdir(mode=0o700)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)
