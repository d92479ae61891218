"""A workspace folder that tests fill with YAML."""

from collections.abc import Callable
from pathlib import Path

import pytest

from quanyu.config import Workspace
from quanyu.definitions import load_workspace

WriteFile = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> WriteFile:
    """Return a function that writes a file of the workspace."""

    def write_file(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def workspace(tmp_path: Path, write: WriteFile) -> Workspace:
    """Return the smallest workspace."""
    write("quanyu.yaml", "brand: demo\n")
    found, problems = load_workspace(tmp_path)
    assert found is not None, problems
    return found
