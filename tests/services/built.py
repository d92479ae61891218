"""A shop that was run once, copied for each test."""

import shutil
from functools import cache
from pathlib import Path

import pytest

from services.shop import NOW, built_shop


@cache
def _run_once(base: Path) -> Path:
    # Returned, not yielded: the frozen clock must not outlive the run, other tests have dates after it.
    with built_shop(base / "shop-run-once") as root:
        return root


@pytest.fixture(scope="session")
def run_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Every folder that takes this fixture has one of its own: the shop behind them is one.
    return _run_once(tmp_path_factory.getbasetemp())


@pytest.fixture
def shop(run_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QUANYU_NOW", NOW)
    monkeypatch.delenv("QUANYU_DEBUG", raising=False)
    return Path(shutil.copytree(run_once, tmp_path / "shop"))
