"""The whole main job gives the same tables on DuckDB and on a Spark cluster."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from e2e.shop import make_shop
from engine.test_spark import cluster
from quanyu.services.build import attach_build, house_steps
from quanyu.services.project import open_operations, open_project, open_warehouse


def run(root: Path, *options: str) -> dict[str, Any]:
    parts = ["--only", "ingest", "--only", "build"]
    command = [sys.executable, "-m", "quanyu", "run", "--workspace", str(root), "--json", *parts, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=850, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def tables(root: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return every result table of the published build as sorted rows; no tolerance, doubles are compared exactly."""
    workspace = open_project(root).workspace
    with open_operations(workspace) as store, open_warehouse(workspace, read_only=True) as engine:
        attach_build(store, engine)
        found = {step.name: engine.rows_of(step.name).to_pylist() for step in house_steps()}
    return {name: sorted(tuple(map(str, row.values())) for row in rows) for name, rows in found.items()}


# On a cluster, of minutes; in local mode tests/conformance runs every step, and engine/test_spark.py a cluster.
@pytest.mark.timeout(900)
@pytest.mark.long
@pytest.mark.spark
def test_every_result_table_of_a_spark_cluster_equals_the_embedded_engines(tmp_path: Path) -> None:
    root = make_shop(tmp_path / "shop")
    assert run(root)["build"]["engine"] == "duckdb"
    wanted = tables(root)
    place = tmp_path / "cluster"
    place.mkdir()
    with cluster(place) as url:
        told = run_on(url, root)
    assert told["build"]["engine"] == "spark"
    found = tables(root)
    assert {name: len(rows) for name, rows in found.items()} == {name: len(rows) for name, rows in wanted.items()}
    assert [name for name in wanted if found[name] != wanted[name]] == []
    assert wanted["order_fact"] and wanted["rfm"] and wanted["lifecycle"] and wanted["nine_indicator"]


def run_on(url: str, root: Path) -> dict[str, Any]:
    settings = root / "quanyu.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + f'engine: {{spark_url: "{url}"}}\n', encoding="utf-8")
    return run(root, "--engine", "spark")
