"""Closed periods: figures kept as they were published, and what later events change as adjustments beside them.

Invariants E11, E12, T3, T4: a closed figure names metric version, zone and watermark; the live figure moves, the closed
one does not, and their difference is shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from quanyu.clock import Period
from quanyu.engine import Engine
from quanyu.errors import Problem, UserError
from quanyu.metrics.answer import MetricAnswer, Number
from quanyu.metrics.context import MetricContext
from quanyu.metrics.definition import Measure, Metrics, Unit
from quanyu.metrics.request import Between, MetricQuery
from quanyu.metrics.run import query
from quanyu.store import ClosedFigure, Figure
from quanyu.store.figures import Figures

_FLOATS = (Unit.RATIO, Unit.INDEX)


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A closed figure beside the live one; `difference` is live - closed, null when either is unknown.

    `incomparable` says why there is no live figure: `definition` (the metric means something else now), `zone`, or
    `removed`; empty otherwise.
    """

    metric: str
    dimensions: Mapping[str, str | None]
    period: Period
    closed: Number | None
    live: Number | None
    difference: Number | None
    closed_watermark: int
    live_watermark: int
    incomparable: str


def close_period(
    engine: Engine, metrics: Metrics, asked: MetricQuery, context: MetricContext, figures: Figures, actor: str
) -> list[Figure]:
    """Close the figures of a query and return them; what was closed before stays as it was published.

    Raises UserError `metric.period_open` when a period has not ended as of the build, `metric.close_filter` for a query
    with filters (a closed figure is named by its dimensions alone), and as `query`.
    """
    if asked.filters:
        raise UserError(Problem("metric.close_filter", "A filtered figure cannot be closed.", "Split it instead."))
    answer = query(engine, metrics, asked, context)
    still_open = [row.period for row in answer.rows if not row.is_complete]
    if still_open:
        message = f"The period of {still_open[0].start.isoformat()} ends after {context.as_of.isoformat()}."
        raise UserError(Problem("metric.period_open", message, "Close it once it has ended."))
    closed = figures_of(answer)
    figures.close(closed, actor)
    return closed


def figures_of(answer: MetricAnswer) -> list[Figure]:
    """Return the figures of an answer as records; the same answer gives the same hashes, whatever the row order was."""
    return [
        Figure(
            metric=column.name,
            metric_version=column.version,
            dimensions=dict(row.dimensions),
            period_start=row.period.start,
            period_end=row.period.end,
            zone=answer.zone,
            watermark=answer.watermark,
            build_id=answer.build_id,
            value=_text(row.cells[column.name].value),
        )
        for row in answer.rows
        for column in answer.columns
    ]


def adjustments(
    engine: Engine, metrics: Metrics, closed: Iterable[ClosedFigure], context: MetricContext
) -> list[Adjustment]:
    """Return what later knowledge changes of closed figures, one row each, unchanged ones (difference 0) included."""
    found: list[Adjustment] = []
    groups: dict[tuple[Period, tuple[str, ...]], list[Figure]] = {}
    for one in closed:
        figure = one.figure
        reason = _incomparable(figure, metrics, context)
        if reason:
            found.append(_adjustment(figure, metrics, None, context, reason))
            continue
        period = Period(figure.period_start, figure.period_end)
        groups.setdefault((period, tuple(sorted(figure.dimensions))), []).append(figure)
    for (period, by), figures in groups.items():
        live = _live(engine, metrics, period, by, figures, context)
        found += [_adjustment(one, metrics, live[one.metric, _group(one, by)], context, "") for one in figures]
    return found


Group = tuple[str | None, ...]


def _live(
    engine: Engine,
    metrics: Metrics,
    period: Period,
    by: tuple[str, ...],
    figures: Sequence[Figure],
    context: MetricContext,
) -> dict[tuple[str, Group], Number | None]:
    names = tuple(dict.fromkeys(one.metric for one in figures))
    asked = MetricQuery(names, by, range=Between(period.start, period.end))
    answer = query(engine, metrics, asked, context)
    # A group whose every row is gone has no row in the answer: nothing of it is left, which is 0 for sums and counts.
    live: dict[tuple[str, Group], Number | None] = {
        (one.metric, _group(one, by)): _of_nothing(metrics, one.metric) for one in figures
    }
    for row in answer.rows:
        group = tuple(row.dimensions[name] for name in by)
        live |= {(name, group): cell.value for name, cell in row.cells.items()}
    return live


def _of_nothing(metrics: Metrics, name: str) -> Number | None:
    body = metrics[name].body
    return 0 if isinstance(body, Measure) and body.is_zero_of_nothing else None


def _group(figure: Figure, by: tuple[str, ...]) -> Group:
    return tuple(figure.dimensions[name] for name in by)


def _incomparable(figure: Figure, metrics: Metrics, context: MetricContext) -> str:
    if figure.metric not in metrics.by_name:
        return "removed"
    if metrics[figure.metric].version != figure.metric_version:
        return "definition"
    return "" if figure.zone == context.zone else "zone"


def _adjustment(
    figure: Figure, metrics: Metrics, live: Number | None, context: MetricContext, reason: str
) -> Adjustment:
    unit = metrics[figure.metric].unit if figure.metric in metrics.by_name else Unit.DECIMAL
    before = _number(figure.value, unit)
    return Adjustment(
        metric=figure.metric,
        dimensions=figure.dimensions,
        period=Period(figure.period_start, figure.period_end),
        closed=before,
        live=live,
        difference=None if before is None or live is None else _difference(live, before),
        closed_watermark=figure.watermark,
        live_watermark=context.watermark,
        incomparable=reason,
    )


def _difference(live: Number, closed: Number) -> Number:
    if isinstance(live, Decimal) or isinstance(closed, Decimal):
        return Decimal(live) - Decimal(closed)
    return live - closed


def _text(value: Number | None) -> str | None:
    # The shortest text that reads back as the same double; whole numbers and decimals are exact as they are.
    return None if value is None else repr(value) if isinstance(value, float) else str(value)


def _number(text: str | None, unit: Unit) -> Number | None:
    if text is None:
        return None
    if unit in _FLOATS:
        return float(text)
    return Decimal(text) if unit is Unit.DECIMAL else int(text)
