"""A shop that was run once, copied for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.shop import NOW, built_shop


@pytest.fixture(scope="session")
def run_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with built_shop(tmp_path_factory.mktemp("once") / "shop") as root:
        yield root


@pytest.fixture
def shop(run_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QUANYU_NOW", NOW)
    monkeypatch.delenv("QUANYU_DEBUG", raising=False)
    return Path(shutil.copytree(run_once, tmp_path / "shop"))
