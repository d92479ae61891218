"""A shop that was run once, copied for each test."""

import shutil
from pathlib import Path

import pytest

from services.shop import NOW, built_shop


@pytest.fixture(scope="session")
def run_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Returned, not yielded: the frozen clock must not outlive the run, other tests have dates after it.
    with built_shop(tmp_path_factory.mktemp("once") / "shop") as root:
        return root


@pytest.fixture
def shop(run_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QUANYU_NOW", NOW)
    monkeypatch.delenv("QUANYU_DEBUG", raising=False)
    return Path(shutil.copytree(run_once, tmp_path / "shop"))
