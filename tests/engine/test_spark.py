"""Spark is asked for in words a person can act on, runs on a cluster, and hands its results to the embedded engine."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from engine.shop import CONTRACTS
from quanyu.engine.adapters import spark
from quanyu.errors import ExternalError, UserError

START_S = 60
STOP_S = 20


def test_missing_pyspark_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'quanyu\[spark\]'") as caught:
        spark.SparkEngine("local[2]", CONTRACTS, tmp_path)
    assert caught.value.code == "engine.spark_missing"


@pytest.mark.skipif(shutil.which("env") is None, reason="needs a POSIX path")
def test_missing_java_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setattr(spark.importlib.util, "find_spec", lambda name: object())
    with pytest.raises(UserError, match="Java 17") as caught:
        spark.SparkEngine("local[2]", CONTRACTS, tmp_path)
    assert caught.value.code == "engine.spark_missing"


def test_missing_parts_of_connect_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark.importlib.util, "find_spec", lambda name: None if name == "grpc" else object())
    with pytest.raises(UserError, match=r"grpc \(pip install 'pyspark\[connect\]'\)"):
        spark.SparkEngine("sc://127.0.0.1:15002", CONTRACTS, tmp_path)


RUN = """
import sys
from pathlib import Path
from engine.shop import CONTRACTS, orders
from engine.test_duckdb import GOOD, SUMS, parsed
from quanyu.engine import DuckDBEngine
from quanyu.engine.adapters.spark import SparkEngine

url, folder = sys.argv[1], Path(sys.argv[2])
here = DuckDBEngine(None, CONTRACTS)
here.register("order", GOOD)
there = SparkEngine(url, CONTRACTS, folder, memory="1g")
there.take_tables(here, ["order"])
there.make_query(parsed(SUMS), "person_sum", {})
here.make_query(parsed(SUMS), "person_sum", {})
wanted = here.rows_of("person_sum").sort_by("person_id")
assert there.rows_of("person_sum").sort_by("person_id").equals(wanted)
here.use_schema("from_spark")
assert [made.rows for made in there.import_tables(here)] == [2]
assert here.rows_of("person_sum").sort_by("person_id").equals(wanted)
there.close()
print("equal")
"""


@pytest.mark.spark
def test_standalone_cluster_gives_the_same_table(tmp_path: Path) -> None:
    with cluster(tmp_path) as url:
        done = run_program(url, tmp_path)
    assert done.stdout.endswith("equal\n"), done.stderr[-2000:]


@pytest.mark.spark
def test_connect_server_gives_the_same_table(tmp_path: Path) -> None:
    pytest.importorskip("grpc", reason="Spark Connect needs pyspark[connect]")
    port = free_port()
    server = ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"]
    settings = ["--conf", f"spark.connect.grpc.binding.port={port}", "--conf", "spark.ui.enabled=false"]
    submit = [
        "org.apache.spark.deploy.SparkSubmit",
        "--master",
        "local[1]",
        "--driver-memory",
        "1g",
        *settings,
        *server,
    ]
    with running(submit, tmp_path / "connect.log", port):
        done = run_program(f"sc://127.0.0.1:{port}", tmp_path)
    assert done.stdout.endswith("equal\n"), done.stderr[-2000:]


@pytest.mark.spark
def test_spark_that_is_not_there_is_an_external_error(tmp_path: Path) -> None:
    pytest.importorskip("grpc")
    with pytest.raises(ExternalError, match="did not start") as caught:
        spark.SparkEngine(f"sc://127.0.0.1:{free_port()}", CONTRACTS, tmp_path)
    assert caught.value.code == "engine.spark_start"
    assert caught.value.retry


def run_program(url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parents[2]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(root / "src"), *sys.path]),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    command = [sys.executable, "-c", RUN, url, str(folder / "tables")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """Run a standalone master and one worker on loopback; both are stopped within bounded time, whatever happens."""
    port = free_port()
    master = ["org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(port)]
    worker = ["org.apache.spark.deploy.worker.Worker", f"spark://127.0.0.1:{port}", "--host", "127.0.0.1"]
    with ExitStack() as stack:
        stack.enter_context(running([*master, "--webui-port", str(free_port())], folder / "master.log", port))
        ui = free_port()
        limits = ["--cores", "1", "--memory", "1g", "--webui-port", str(ui), "--work-dir", str(folder / "work")]
        stack.enter_context(running([*worker, *limits], folder / "worker.log", ui))
        yield f"spark://127.0.0.1:{port}"


@contextmanager
def running(command: list[str], log: Path, port: int) -> Iterator[None]:
    # The wheel has no start scripts; spark-class is in it.
    launcher = Path(sys.executable).with_name("spark-class")
    environment = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_HOME": str(spark_home())}
    with log.open("wb") as out:
        process = subprocess.Popen([str(launcher), *command], env=environment, stdout=out, stderr=out)
        try:
            wait_for(port, process, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=STOP_S)


def spark_home() -> Path:
    import pyspark

    return Path(pyspark.__file__).parent


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.3)
    raise AssertionError(f"nothing listens on {port}: {log.read_text(encoding='utf-8')[-2000:]}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
