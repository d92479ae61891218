"""Spark, the engine beyond one machine: SQL text and Parquet files, nothing else, so every kind of session works alike.

PySpark is imported here only, and only when a session is asked for (extra `[spark]`).
"""

import importlib.util
import logging
import os
import shutil
import socket
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from quanyu.engine.adapters.check import check_query, check_result, proves_key
from quanyu.engine.adapters.duckdb import DuckDBEngine
from quanyu.engine.column_types import Value, arrow_schema, data_type, one_shape
from quanyu.engine.plan import finish, finish_twin
from quanyu.engine.protocol import Made
from quanyu.engine.step import Step
from quanyu.errors import ExternalError, InternalError, Problem, UserError
from quanyu.tables.contract import Contracts, Table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DEFAULT_MEMORY: Final = "2g"
DEFAULT_PARTITIONS: Final = 4
_CONNECT_PORT: Final = 15002
_REACH_S: Final = 10
_LOGGING: Final = Path(__file__).with_name("log4j2.properties")
_JVM: Final = "-XX:ReservedCodeCacheSize=512m -Xlog:disable -Xlog:all=warning:stderr"
# What every session must agree on with DuckDB; `${…}` in a text must stay text.
_MEANING: Final = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.variable.substitute": "false",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.compression.codec": "zstd",
}


class SparkEngine:
    """A Spark session and the contract tables it sees, each a folder of Parquet files under `directory`.

    `url` is a master (`local[2]`, `spark://host:7077`, `yarn`) or a Spark Connect server (`sc://host:15002`); the
    directory must be seen by driver and executors alike.  `memory` bounds the driver where this process starts it;
    `partitions` is how many pieces a shuffle makes before Spark joins small ones again.
    Raises UserError `engine.spark_missing` without PySpark or Java, `engine.spark_busy` when this process already
    runs another Spark, ExternalError `engine.spark_start` when the session does not come up.
    """

    name = "spark"

    def __init__(
        self,
        url: str,
        contracts: Contracts,
        directory: Path,
        *,
        memory: str = DEFAULT_MEMORY,
        partitions: int = DEFAULT_PARTITIONS,
    ) -> None:
        self.url = url
        self.contracts = contracts
        self.directory = directory.resolve()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.catalog: dict[str, str] = {}
        self.made: list[str] = []
        settings = {**_MEANING, "spark.sql.shuffle.partitions": str(partitions)}
        self.session, self._owner = _open(url, self.directory, memory, settings)

    @property
    def tables(self) -> frozenset[str]:
        """Return the contract names of the tables that exist."""
        return frozenset(self.catalog)

    def make(self, step: Step, parameters: Mapping[str, Value]) -> Made:
        """Make the step's table as Parquet, cast to its contract, its key checked; the twin stands in where it exists.

        Raises InternalError when the key repeats or a not-null column is null, ExternalError when Spark fails.
        """
        wanted = {name: parameters[name] for name, _ in step.parameters}
        if step.twin is None:
            return self.make_query(step.tree, step.name, wanted)
        contract = self.contracts[step.name]
        query = finish_twin(step.twin, wanted, self.catalog, self.name, contract)
        return self._write(query, contract, proven=proves_key(step.twin, contract.key))

    def make_query(self, tree: exp.Query, table: str, parameters: Mapping[str, Value]) -> Made:
        """Make a contract table from a checked query; as `make`."""
        contract = self.contracts[table]
        query = finish(tree, parameters, self.catalog, self.name, contract)
        return self._write(query, contract, proven=proves_key(tree, contract.key))

    def register(self, table: str, rows: pa.Table) -> Made:
        """Make a contract table from Arrow rows, by a Parquet file; raises InternalError for a wrong column set."""
        started = time.perf_counter()
        contract = self.contracts[table]
        if set(rows.column_names) != set(contract.column_names):
            raise InternalError(f"{table}: rows have columns {sorted(rows.column_names)}")
        folder = self._empty_folder(table)
        pq.write_table(rows.select(contract.column_names).cast(arrow_schema(contract)), folder / "part-0.parquet")
        self._view(contract, folder)
        return Made(table, self._check(contract), time.perf_counter() - started, "")

    def import_parquet(self, table: str, pattern: str) -> Made:
        """Make a contract table a view of Parquet files that stand elsewhere (a path or glob); nothing is copied."""
        started = time.perf_counter()
        contract = self.contracts[table]
        self._view(contract, Path(pattern))
        return Made(table, self._check(contract), time.perf_counter() - started, "")

    def take_tables(self, source: DuckDBEngine, tables: Iterable[str]) -> list[Made]:
        """Make contract tables of the embedded engine readable here, through Parquet files."""
        taken: list[Made] = []
        for table in tables:
            folder = self._empty_folder(table)
            source.export_parquet(table, folder / "part-0.parquet")
            taken.append(self.import_parquet(table, str(folder)))
        return taken

    def import_tables(self, target: DuckDBEngine) -> list[Made]:
        """Copy every table made here into the current schema of the embedded engine, which serves results."""
        return [target.import_parquet(table, str(self.directory / table / "*.parquet")) for table in self.made]

    def query(self, tree: exp.Query, parameters: Mapping[str, Value] | None = None) -> pa.Table:
        """Return the answer of a checked query over contract tables as Arrow, typed as the embedded engine types it."""
        return self._answer(finish(tree, parameters or {}, self.catalog, self.name).sql(self.name))

    def sql_of(self, tree: exp.Query, parameters: Mapping[str, Value] | None = None) -> str:
        """Return the SQL text this engine runs for a query, formatted."""
        return finish(tree, parameters or {}, self.catalog, self.name).sql(self.name, pretty=True)

    def rows_of(self, table: str) -> pa.Table:
        """Return a whole contract table, columns in contract order; for small tables and tests."""
        columns = [exp.column(name, quoted=True) for name in self.contracts[table].column_names]
        rows = self.query(exp.select(*columns).from_(exp.table_(table, quoted=True)))
        return rows.cast(arrow_schema(self.contracts[table]))

    def explain(self, tree: exp.Query, parameters: Mapping[str, Value] | None = None) -> None:
        """Have Spark's analyser read a query without running it; raises ExternalError when it refuses."""
        sql = finish(tree, parameters or {}, self.catalog, self.name).sql(self.name)
        with _failing(sql):
            _ = self.session.sql(sql).schema

    def close(self) -> None:
        """Forget the views; stop Spark when this engine started it.  The Parquet files stay."""
        for view in self.catalog:
            self.session.catalog.dropTempView(view)
        self.catalog.clear()
        if self._owner:
            self.session.stop()

    def _write(self, query: exp.Query, contract: Table, *, proven: bool) -> Made:
        started = time.perf_counter()
        folder = self.directory / contract.name
        sql = query.sql(self.name)
        with _failing(sql, contract.name):
            self.session.sql(sql).write.mode("overwrite").parquet(folder.as_uri())
        self._view(contract, folder)
        if contract.name not in self.made:
            self.made.append(contract.name)
        rows = self._check(contract, proven=proven)
        return Made(contract.name, rows, time.perf_counter() - started, query.sql(self.name, pretty=True))

    def _view(self, contract: Table, place: Path) -> None:
        fields = [
            exp.ColumnDef(this=exp.to_identifier(column.name, quoted=True), kind=data_type(column.type, self.name))
            for column in contract.columns
        ]
        schema = exp.Tuple(expressions=fields).sql(self.name)[1:-1]
        name = exp.to_identifier(contract.name, quoted=True).sql(self.name)
        with _failing(f"read {place}", contract.name):
            self.session.read.schema(schema).parquet(f"file://{place}").createOrReplaceTempView(name)
        self.catalog[contract.name] = contract.name

    def _check(self, contract: Table, *, proven: bool = False) -> int:
        source = exp.table_(contract.name, quoted=True)
        row = self._answer(check_query(contract, source, key_proven=proven).sql(self.name)).to_pylist()[0]
        return check_result(contract, row)

    def _answer(self, sql: str) -> pa.Table:
        with _failing(sql), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rows = self.session.sql(sql).toArrow()
        return one_shape(rows)

    def _empty_folder(self, table: str) -> Path:
        folder = self.directory / table
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder


@contextmanager
def _failing(sql: str, table: str = "") -> Iterator[None]:
    from pyspark.errors import PySparkException

    at = f" while making {table}" if table else ""
    try:
        yield
    except PySparkException as error:
        raise ExternalError(f"Spark failed{at}: {_first_lines(error)}\n{sql}", code="engine.failed") from error


def _open(url: str, directory: Path, memory: str, settings: Mapping[str, str]) -> tuple["SparkSession", bool]:
    """Return a session of our own and whether this call started Spark for it."""
    with warnings.catch_warnings():
        # Spark warns of pandas and Java details on import; warnings are errors in our tests.
        warnings.simplefilter("ignore")
        _require(url)
        try:
            return _session(url, directory, memory, settings)
        except (RuntimeError, OSError) as error:
            message = f"Spark at {url} did not start: {_first_lines(error)}"
            raise ExternalError(message, code="engine.spark_start", retry=True) from error


def _require(url: str) -> None:
    missing = []
    if importlib.util.find_spec("pyspark") is None:
        missing.append("PySpark (pip install 'quanyu[spark]')")
    elif _is_remote(url):
        absent = [name for name in ("pandas", "grpc", "grpc_status", "zstandard") if not importlib.util.find_spec(name)]
        if absent:
            missing.append(f"what Spark Connect needs, {', '.join(absent)} (pip install 'pyspark[connect]')")
    if not _is_remote(url) and not _java():
        missing.append("Java 17 or newer (apt install openjdk-17-jre-headless, or brew install openjdk@17)")
    if missing:
        message = f"The Spark engine at {url} cannot run here."
        raise UserError(Problem("engine.spark_missing", message, f"Install {' and '.join(missing)}."))


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")


def _session(url: str, directory: Path, memory: str, settings: Mapping[str, str]) -> tuple["SparkSession", bool]:
    from pyspark.sql import SparkSession

    # PySpark logs every refused query with its Java stack beside raising it; the error we raise says enough.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    if _is_remote(url):
        _reach(url)
        session = SparkSession.builder.remote(url).create()
        for key, value in settings.items():
            session.conf.set(key, value)
        return session, True
    active = SparkSession.getActiveSession()
    if active is not None:
        running = active.sparkContext.master
        if running != url:
            message = f"This process already runs Spark at {running}; it cannot also run it at {url}."
            raise UserError(Problem("engine.spark_busy", message, "Close the first engine, or use another process."))
        session = active.newSession()
        for key, value in settings.items():
            session.conf.set(key, value)
        return session, False
    return _start(url, directory, memory, settings), True


def _reach(url: str) -> None:
    """Raise OSError when nothing listens at a Connect address: its client would go on trying for ten minutes."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname or "", place.port or _CONNECT_PORT), timeout=_REACH_S):
        return


def _start(url: str, directory: Path, memory: str, settings: Mapping[str, str]) -> "SparkSession":
    from pyspark.sql import SparkSession

    if url.startswith("local") or "//127.0.0.1" in url or "//localhost" in url:
        # Without it Spark binds to whatever the host name resolves to, and results get lost on the way back.
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    start = {
        **settings,
        "spark.driver.memory": memory,
        # Thousands of generated classes fill the default code cache, after which the JVM compiles no more, and says so
        # on standard output, which is ours.
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={_LOGGING.as_uri()} {_JVM}",
        "spark.log.level": "ERROR",
        "spark.local.dir": str(directory / ".spill"),
        "spark.sql.warehouse.dir": (directory / ".warehouse").as_uri(),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.master(url).appName("quanyu")
    for key, value in start.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def _is_remote(url: str) -> bool:
    return url.startswith("sc://")


def _first_lines(error: Exception) -> str:
    return " ".join(str(error).split("JVM stacktrace")[0].splitlines()[:3])
