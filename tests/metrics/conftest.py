"""The library's metrics, loaded once."""

import pytest

from metrics.shop import library_metrics
from quanyu.metrics import Metrics


@pytest.fixture(scope="session")
def library() -> Metrics:
    """Every built-in metric and dimension."""
    return library_metrics()
