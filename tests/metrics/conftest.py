"""The library's metrics, loaded once."""

from pathlib import Path

import pytest

from quanyu.definitions import load_workspace
from quanyu.metrics import Metrics, load_metrics


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Metrics:
    """Every built-in metric and dimension."""
    root: Path = tmp_path_factory.mktemp("workspace")
    (root / "quanyu.yaml").write_text("brand: demo\n", encoding="utf-8")
    workspace, _ = load_workspace(root)
    assert workspace is not None
    metrics, problems = load_metrics(workspace)
    assert metrics is not None, problems
    return metrics
