"""Figures of the published build by metric, dimension and period."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from quanyu.engine import DuckDBEngine
from quanyu.errors import Problem, UserError, raise_if_errors
from quanyu.metrics import (
    MetricAnswer,
    MetricContext,
    MetricQuery,
    Metrics,
    context_of,
    load_metrics,
    parse_query,
    query,
)
from quanyu.services.permissions import Scope
from quanyu.services.project import Project
from quanyu.services.scope import ALL, bounds_of
from quanyu.store import Build, Store

_PERIOD_WORDS: Final = ("start", "end", "rolling", "latest", "campaign")
LATEST_PERIODS: Final = 12


def open_metrics(project: Project) -> Metrics:
    """Return every metric and dimension of the workspace; raises UserError with every problem of their definitions."""
    metrics, problems = load_metrics(project.workspace)
    raise_if_errors(problems)
    if metrics is None:
        raise UserError(problems)
    return metrics


def metric_context(store: Store, build: Build) -> MetricContext:
    """Return what the build says of itself: its date, zone, watermark, tables and the files it was made from."""
    with store.reading() as work:
        steps = work.builds.steps(build.build_id)
        files = {segment.batch_seq: segment.file for segment in work.segments.find()}
    return context_of(build, steps, files)


def read_query(said: Mapping[str, Any]) -> MetricQuery:
    """Return the query that plain values say (keys of `metrics.parse`); what is null is not said.

    Without a period it is the last twelve periods of the grain, without a grain too the month of the build's date.
    Raises UserError with every problem.
    """
    known = {key: value for key, value in said.items() if value not in (None, (), [])}
    if not any(word in known for word in _PERIOD_WORDS):
        known |= {"latest": LATEST_PERIODS} if "grain" in known else {"latest": 1, "grain": "month"}
    asked, problems = parse_query(known)
    if asked is None:
        raise UserError(problems)
    return asked


def query_metrics(
    metrics: Metrics, store: Store, engine: DuckDBEngine, build: Build, said: Mapping[str, Any], scope: Scope = ALL
) -> MetricAnswer:
    """Return the answer of a query given as plain values, of the rows in a scope; the engine sees the build.

    Raises UserError, `access.scope` for a metric that cannot be told of a part of the brand.
    """
    asked = replace(read_query(said), within=bounds_of(scope))
    return query(engine, metrics, asked, metric_context(store, build))


def find_metric(metrics: Metrics, name: str) -> None:
    """Raise UserError when there is no metric of that name, with the nearest one."""
    found = metrics.find(name)
    if isinstance(found, Problem):
        raise UserError(found)
