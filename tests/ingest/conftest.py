from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.workplace import Workplace, workplace


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    monkeypatch.setenv("QUANYU_NOW", "2026-06-01T00:00:00+00:00")
    with workplace(tmp_path) as opened:
        yield opened
