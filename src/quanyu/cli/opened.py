"""Opens a workspace for commands that read its published build."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from quanyu.cli.options import find_workspace
from quanyu.engine import DuckDBEngine
from quanyu.services.build import attach_build
from quanyu.services.project import Project, open_operations, open_project, open_warehouse
from quanyu.store import Build, Store


@dataclass(frozen=True, slots=True)
class Opened:
    """A workspace with store, warehouse and published build; the engine sees the tables of the build."""

    project: Project
    store: Store
    engine: DuckDBEngine
    build: Build


@contextmanager
def opened_build(folder: Path, *, read_only: bool = True) -> Iterator[Opened]:
    """Give the workspace of a folder with its published build; closed afterwards."""
    project = open_project(find_workspace(folder))
    with open_operations(project.workspace) as store, open_warehouse(project.workspace, read_only=read_only) as engine:
        yield Opened(project, store, engine, attach_build(store, engine))
