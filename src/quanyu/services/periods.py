"""Closing periods: figures kept as they were published, and what later events change of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from quanyu.engine import DuckDBEngine
from quanyu.metrics import Adjustment, Metrics, adjustments, close_period
from quanyu.services.metrics import metric_context, read_query
from quanyu.store import AuditEntry, Build, Figure, Store


def close(
    metrics: Metrics, store: Store, engine: DuckDBEngine, build: Build, said: Mapping[str, Any], actor: str
) -> list[Figure]:
    """Close the figures of a query given as plain values and return them; earlier closed ones stay as published.

    Raises UserError `metric.period_open`, `metric.close_filter`, and as a query.
    """
    context = metric_context(store, build)
    asked = read_query(said)
    with store.transaction() as work:
        closed = close_period(engine, metrics, asked, context, work.figures, actor)
        detail = {"metrics": list(asked.metrics), "by": list(asked.by), "watermark": build.watermark}
        work.audit.add(AuditEntry(actor, "period.close", "figure", len(closed), "close a period", detail))
    return closed


def changed_since(
    metrics: Metrics, store: Store, engine: DuckDBEngine, build: Build, names: Sequence[str] = ()
) -> list[Adjustment]:
    """Return closed figures beside the live ones, of these metrics or of all, unchanged ones included."""
    with store.reading() as work:
        closed = [one for one in work.figures.find() if not names or one.figure.metric in names]
    return adjustments(engine, metrics, closed, metric_context(store, build))
