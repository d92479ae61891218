"""A workspace opened for work: its checked definitions, its store, its warehouse."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from quanyu.config import Workspace
from quanyu.definitions import Parameters, Source, load_parameters, load_sources, load_workspace, read_secret
from quanyu.engine import BorrowedConnection, DuckDBEngine, set_aside
from quanyu.errors import ExternalError, Problem, Severity, UserError, Where, raise_if_errors
from quanyu.services.privacy_audit import keep_head
from quanyu.services.running import find_server
from quanyu.store import Store, create_key, open_store
from quanyu.tables import CONTRACTS


@dataclass(frozen=True, slots=True)
class Project:
    """The checked definitions of one workspace; `warnings` are problems that do not stop work."""

    workspace: Workspace
    sources: tuple[Source, ...]
    parameters: Parameters
    warnings: tuple[Problem, ...] = ()


def check_project(root: Path) -> tuple[Project | None, list[Problem]]:
    """Return the project of a folder, or None when a definition has an error, and every problem of all definitions."""
    workspace, problems = load_workspace(root)
    if workspace is None:
        return None, problems
    sources, found = load_sources(workspace)
    problems += found
    parameters, found = load_parameters(workspace)
    problems += found
    if parameters is None or any(problem.severity is Severity.ERROR for problem in problems):
        return None, problems
    return Project(workspace, tuple(sources), parameters, tuple(problems)), problems


def open_project(root: Path) -> Project:
    """Return the project of a folder; raises UserError with every problem of its definitions."""
    project, problems = check_project(root)
    warnings = raise_if_errors(problems)
    if project is None:
        raise UserError(warnings)
    return project


@contextmanager
def open_operations(workspace: Workspace) -> Iterator[Store]:
    """Give the workspace's operational store, migrated to this version, and close it afterwards.

    In the end the head of the audit log is kept beside it, so that a log cut off later is missed.
    """
    store = open_store(store_place(workspace))
    try:
        yield store
        keep_head(workspace, store)
    finally:
        store.close()


def store_place(workspace: Workspace) -> Path | str:
    """Return where the store is: its file, or the address of its database; a missing secret is a UserError."""
    settings = workspace.store
    if settings.secret is not None:
        where = Where(workspace.relative(workspace.settings_file), field="store.url")
        address, problem = read_secret(settings.secret, workspace.root, os.environ, where)
        if problem is not None:
            raise UserError(problem)
        return address or workspace.store_file
    return settings.url or workspace.store_file


def ensure_key(workspace: Workspace, store: Store) -> None:
    """Make the workspace's key before anything was read with one; afterwards a missing key is for its owner to restore.

    A new key would make every known person a stranger, so none is made once the raw log holds a batch.
    """
    with store.reading() as work:
        is_new = work.segments.watermark() == 0
    if is_new and not workspace.key_file.exists():
        create_key(workspace.key_file)


@contextmanager
def open_warehouse(workspace: Workspace, *, read_only: bool = False, as_holder: bool = False) -> Iterator[DuckDBEngine]:
    """Give the warehouse, and close it afterwards.

    While `quanyu serve` holds it, it is given through that process, unless this one wants to be the holder.
    A file that cannot be opened is set aside (never deleted: the warehouse is rebuilt from the raw log) and a new one
    begun, except when only reading.  Raises UserError `warehouse.locked` while another process holds it and
    `warehouse.missing` when reading before the first run.
    """
    path = workspace.warehouse_file
    if read_only and not path.exists():
        message = "This workspace has no build yet."
        raise UserError(Problem("warehouse.missing", message, "Make one with `quanyu run`."))
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = _open_or_set_aside(workspace, path, read_only, as_holder)
    try:
        yield engine
    finally:
        engine.close()


def _open_or_set_aside(workspace: Workspace, path: Path, read_only: bool, as_holder: bool) -> DuckDBEngine:
    try:
        return _engine(workspace, path, read_only)
    except UserError as error:
        server = find_server(workspace)
        if error.code != "warehouse.locked" or server is None or as_holder:
            raise
        return DuckDBEngine.over(BorrowedConnection(server.lent), path, CONTRACTS, read_only=read_only)
    except ExternalError as error:
        if read_only or error.code != "warehouse.open" or not path.exists():
            raise
        set_aside(path)
        return _engine(workspace, path, read_only)


def _engine(workspace: Workspace, path: Path, read_only: bool) -> DuckDBEngine:
    settings = workspace.engine
    limits = {} if settings.memory_limit is None else {"memory_limit": f"{settings.memory_limit}B"}
    return DuckDBEngine(
        path, CONTRACTS, threads=settings.threads, spill=workspace.folder("tmp"), read_only=read_only, **limits
    )
