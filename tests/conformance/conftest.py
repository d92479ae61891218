"""The engines every conformance test runs on: DuckDB always, Spark when QUANYU_TEST_SPARK=1."""

from collections.abc import Iterator

import pyarrow as pa
import pytest

from quanyu.engine import DuckDBEngine, Engine
from quanyu.engine.adapters.spark import SparkEngine
from quanyu.tables.contract import Column, Contracts, Table, Type

PROBE = Contracts(
    [Table("probe", "one row", ("id",), (Column("id", Type.INT, "", "", null=False),), "ingest", "探针", "Probe")]
)


@pytest.fixture(scope="session")
def spark_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkEngine]:
    """Start the one Spark of the test session; every other Spark engine shares its process."""
    engine = SparkEngine("local[2]", PROBE, tmp_path_factory.mktemp("spark"))
    yield engine
    engine.close()


@pytest.fixture(
    scope="session", params=["duckdb", pytest.param("spark", marks=pytest.mark.spark)], ids=["duckdb", "spark"]
)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Give an engine that holds the table `probe` with one row, so that literals can be hidden from its optimiser."""
    if request.param == "duckdb":
        made: Engine = DuckDBEngine(None, PROBE)
    else:
        made = request.getfixturevalue("spark_home")
    made.register("probe", pa.table({"id": [1]}))
    yield made
