"""Loads the metrics and dimensions of a workspace: library first, the workspace's own over it, every problem."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from quanyu.config import Workspace
from quanyu.definitions import Catalogue, Definition, load_catalogue
from quanyu.definitions.catalogue import text_of
from quanyu.definitions.metric import DimensionShape, MetricShape, sources_of
from quanyu.definitions.rules.dimensions import read_dimension
from quanyu.definitions.rules.metrics import MeasureTrees, check_ratio, read_measure
from quanyu.errors import Problem, Severity
from quanyu.metrics.compile import COMPARISON, ROWS
from quanyu.metrics.definition import (
    Dimension,
    Lookup,
    Measure,
    Metric,
    Metrics,
    Ratio,
    Text,
    TimeKind,
    TimeRule,
    Unit,
)
from quanyu.metrics.scope import PERIOD_START
from quanyu.tables import CONTRACTS

_MEANING = {
    "unit", "source", "expr", "having", "where", "time", "snapshot", "period", "window_days", "observed_days",
    "numerator", "denominator", "across", "adds",
}  # fmt: skip
_VERSION_LENGTH = 16


def load_metrics(workspace: Workspace) -> tuple[Metrics | None, list[Problem]]:
    """Return every metric and dimension of a workspace, or None when one has an error, and every problem.

    Definitions stand in `library/metrics/**` and `library/dimensions/**`; the workspace's take the place of ours.
    """
    shapes, problems = load_catalogue("dimensions", DimensionShape, workspace)
    dimensions, found = _dimensions(shapes)
    problems += found
    catalogue, found = load_catalogue("metrics", MetricShape, workspace)
    problems += found
    tables = {name: sources_of(one.value) for name, one in shapes.by_name.items()}
    metrics: dict[str, Metric] = {}
    for definition in catalogue:
        metric, found = _metric(definition, catalogue, tables, workspace)
        problems += found
        if metric is not None:
            metrics[metric.name] = metric
    problems += _check_names(catalogue, dimensions)
    if any(problem.severity is Severity.ERROR for problem in problems):
        return None, problems
    versioned = {name: replace(one, version=_whole_version(one, metrics)) for name, one in metrics.items()}
    return Metrics(MappingProxyType(versioned), MappingProxyType(dimensions)), problems


def _check_names(catalogue: Catalogue[MetricShape], dimensions: Mapping[str, Dimension]) -> Iterator[Problem]:
    """Metrics and dimensions stand beside each other as columns of one answer."""
    taken = {*dimensions, COMPARISON, PERIOD_START, *(name + ROWS for name in catalogue.by_name)}
    for definition in catalogue:
        if definition.name in taken:
            message = f'"{definition.name}" is the name of another column of an answer.'
            yield Problem("config.duplicate", message, "Rename the metric.", definition.where)


def _dimensions(shapes: Catalogue[DimensionShape]) -> tuple[dict[str, Dimension], list[Problem]]:
    done: dict[str, Dimension] = {}
    problems: list[Problem] = []
    for definition in shapes:
        shape = definition.value
        trees, found = read_dimension(definition, CONTRACTS)
        problems += found
        lookup = None
        if shape.lookup is not None and trees.value is not None:
            said = shape.lookup
            keys = MappingProxyType(trees.keys)
            lookup = Lookup(said.table, said.match, keys, said.fixed, said.date, said.at, trees.value)
        done[definition.name] = Dimension(
            name=definition.name,
            label=Text(shape.label.zh, shape.label.en),
            columns=MappingProxyType(trees.columns),
            lookup=lookup,
            overlap=shape.overlap,
            values=MappingProxyType({name: Text(one.zh, one.en) for name, one in shape.values.items()}),
            where=definition.where,
        )
    return done, problems


def _metric(
    definition: Definition[MetricShape],
    catalogue: Catalogue[MetricShape],
    tables: Mapping[str, frozenset[str]],
    workspace: Workspace,
) -> tuple[Metric | None, list[Problem]]:
    shape = definition.value
    if shape.numerator is not None and shape.denominator is not None:
        problems = list(check_ratio(definition, catalogue))
        body: Measure | Ratio = Ratio(shape.numerator, shape.denominator, shape.across)
    else:
        trees, problems = read_measure(definition, CONTRACTS, tables)
        if trees is None:
            return None, problems
        body = _measure(shape, trees)
    metric = Metric(
        name=definition.name,
        label=Text(shape.label.zh, shape.label.en),
        description=Text(shape.description.zh, shape.description.en),
        unit=Unit(shape.unit),
        good=shape.good,
        owner=shape.owner,
        since=shape.since,
        reference=shape.reference,
        body=body,
        where=definition.where,
        version=_version(shape),
        text=text_of(definition, workspace),
        built_in=definition.built_in,
    )
    return (None if problems else metric), problems


def _measure(shape: MetricShape, trees: MeasureTrees) -> Measure:
    return Measure(
        source=shape.source or "",
        expr=trees.expr,
        having=trees.having,
        where=trees.where,
        time=_time_rule(shape),
        dimensions=shape.dimensions,
        needs=shape.needs,
        adds=shape.adds,
    )


def _time_rule(shape: MetricShape) -> TimeRule:
    if shape.time is not None:
        return TimeRule(TimeKind.FLOW, shape.time, None, shape.window_days, shape.observed_days)
    if shape.snapshot is not None:
        return TimeRule(TimeKind.STOCK, shape.snapshot)
    if shape.period is not None:
        return TimeRule(TimeKind.PERIOD, shape.period.start, shape.period.kind)
    return TimeRule(TimeKind.BUILD)


def _version(shape: MetricShape) -> str:
    return _digest(shape.model_dump(mode="json", include=_MEANING, exclude_none=True))


def _whole_version(metric: Metric, metrics: Mapping[str, Metric]) -> str:
    if isinstance(metric.body, Measure):
        return metric.version
    parts = [metrics[name].version for name in (metric.body.numerator, metric.body.denominator)]
    return _digest([metric.version, *parts])


def _digest(said: object) -> str:
    canonical = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_VERSION_LENGTH]
