"""The engine a case runs on: DuckDB, or Spark when QUANYU_TEST_SPARK=1."""

from collections.abc import Iterator

import pytest

from conformance.conftest import spark_home
from quanyu.engine import DuckDBEngine, Engine
from quanyu.engine.adapters.spark import SparkEngine
from quanyu.tables import CONTRACTS

__all__ = ["spark_home"]


@pytest.fixture
def case_engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Give an empty engine of the name in the parameter, that knows all contracts."""
    if request.param == "duckdb":
        yield DuckDBEngine(None, CONTRACTS, threads=1)
        return
    home = request.getfixturevalue("spark_home")
    engine = SparkEngine(home.url, CONTRACTS, tmp_path_factory.mktemp("case"))
    yield engine
    engine.close()
