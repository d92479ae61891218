"""Small warehouses for metric tests: rows as dicts, gaps filled, in memory; the library's metrics."""

import datetime as dt
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from cases.rows import table_of
from quanyu.definitions import load_workspace
from quanyu.engine import DuckDBEngine
from quanyu.metrics import BuiltTable, MetricContext, Metrics, load_metrics
from quanyu.tables import CONTRACTS


def day(text: str) -> dt.date:
    """A date of ISO text."""
    return dt.date.fromisoformat(text)


def order(number: int, date: str | dt.date, net: int, person: int | None = 1, **more: Any) -> dict[str, Any]:
    """A valid order of a person, net equal to gross unless said."""
    local = day(date) if isinstance(date, str) else date
    return {
        "order_id": f"o{number}",
        "source_row": number,
        "local_date": local,
        "gross_fen": net,
        "net_fen": net,
        "person_id": person,
        "is_valid": True,
        **more,
    }


def warehouse(**tables: Sequence[Mapping[str, Any]]) -> DuckDBEngine:
    """An engine in memory with the tables."""
    engine = DuckDBEngine(None, CONTRACTS, threads=1)
    for name, rows in tables.items():
        engine.register(name, table_of(name, rows))
    return engine


def context(as_of: str, **more: Any) -> MetricContext:
    """The context of a build as of a date."""
    built = BuiltTable(rows=3, built_at=dt.datetime(2024, 1, 1), sql="SELECT 1")
    said = {"zone": "Asia/Shanghai", "watermark": 7, "build_id": 1, "tables": {"order_fact": built}, **more}
    return MetricContext(as_of=day(as_of), **said)


def metrics_of(files: Mapping[str, str]) -> tuple[Metrics | None, list[Any]]:
    """What a workspace with these library files loads to, and its problems."""
    root = Path(tempfile.mkdtemp())
    for name, text in {"quanyu.yaml": "brand: demo\n", **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    workspace, problems = load_workspace(root)
    assert workspace is not None, problems
    return load_metrics(workspace)


@cache
def library_metrics() -> Metrics:
    """Every built-in metric and dimension, loaded once."""
    metrics, problems = metrics_of({})
    assert metrics is not None, problems
    return metrics
