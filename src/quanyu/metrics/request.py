"""What may be asked: metrics, split by dimensions, over periods, beside a comparison, under filters; and its checks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeAlias

from quanyu.clock import Period
from quanyu.engine import columns_of, parse_expression
from quanyu.engine import tree as t
from quanyu.engine.tree import Tree
from quanyu.errors import Problem, Where, did_you_mean
from quanyu.metrics.definition import Metrics, Ratio
from quanyu.metrics.periods import Compare, Grain, latest, natural_periods, start_of

MAX_PERIODS: Final = 1_500
MAX_METRICS: Final = 60
MAX_DIMENSIONS: Final = 6
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Between:
    """Business dates `[start, end)`."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Rolling:
    """The last `days` days as of the build, its date inside."""

    days: int


@dataclass(frozen=True, slots=True)
class Latest:
    """The last `count` natural periods of the query's grain, the one of the build's date included."""

    count: int


@dataclass(frozen=True, slots=True)
class CampaignWindow:
    """The days of a campaign (warm-up, burst or encore is a campaign of its own), first and last inside."""

    campaign_id: str


Range = Between | Rolling | Latest | CampaignWindow
Bounds: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Dimensions, each with the values that are reached."""


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """One question; `filters` are SQL conditions over dimension names, all of which must hold.

    `as_of` is None or the build's own date: a figure as of another date needs a build as of it.  `within` are values of
    dimensions that every row behind a figure must have: the part of the brand that whoever asks reaches.
    """

    metrics: tuple[str, ...]
    by: tuple[str, ...] = ()
    grain: Grain = Grain.NONE
    range: Range = Latest(1)
    compare: Compare = Compare.NONE
    filters: tuple[str, ...] = ()
    as_of: date | None = None
    within: Bounds = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """One checked condition over dimension names; a bound holds of the whole of a share as of its part."""

    text: str
    tree: Tree
    dimensions: tuple[str, ...]
    is_bound: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """A question that can be answered: the query, its periods in order, its filters as trees."""

    query: MetricQuery
    periods: tuple[Period, ...]
    filters: tuple[Filter, ...]


def check_query(
    metrics: Metrics, query: MetricQuery, as_of: date, campaign: Period | None = None
) -> tuple[Checked | None, list[Problem]]:
    """Return the query ready to compile, or None, and every problem of it.

    `campaign` is the window of the campaign that a `CampaignWindow` names, None when there is no such campaign.
    """
    problems = [*_check_metrics(metrics, query), *_check_as_of(query, as_of)]
    if problems:
        return None, problems
    splits = _common_splits(metrics, query.metrics)
    problems += _check_dimensions(metrics, query, splits)
    filters, found = _read_filters(metrics, query, splits)
    problems += found
    problems += _check_bounds(metrics, query)
    periods, found = _periods(query, as_of, campaign)
    problems += found
    return (None if problems else Checked(query, periods, (*filters, *_bounds(query)))), problems


def _check_metrics(metrics: Metrics, query: MetricQuery) -> Iterator[Problem]:
    if not query.metrics:
        yield Problem("metric.none", "The query names no metric.", "Name one.")
    if len(query.metrics) > MAX_METRICS:
        yield Problem("metric.too_many", f"{len(query.metrics)} metrics; the limit is {MAX_METRICS}.", "Ask twice.")
    if len(query.by) > MAX_DIMENSIONS:
        yield Problem("metric.too_many", f"{len(query.by)} dimensions; the limit is {MAX_DIMENSIONS}.", "Ask twice.")
    for name in _repeated((*query.metrics, *query.by)):
        yield Problem("metric.repeated", f'"{name}" is asked for twice.', "Name it once.")
    for name in query.metrics:
        found = metrics.find(name)
        if isinstance(found, Problem):
            yield found


def _check_as_of(query: MetricQuery, as_of: date) -> Iterator[Problem]:
    if query.as_of is not None and query.as_of != as_of:
        message = f"The build is as of {as_of.isoformat()}, not {query.as_of.isoformat()}."
        remedy = f"Make one with `quanyu run --as-of {query.as_of.isoformat()}`."
        yield Problem("metric.as_of", message, remedy)


def _common_splits(metrics: Metrics, names: Sequence[str]) -> tuple[str, ...]:
    first, *others = [metrics.splits(name) for name in names]
    return tuple(one for one in first if all(one in other for other in others))


def _check_dimensions(metrics: Metrics, query: MetricQuery, splits: tuple[str, ...]) -> Iterator[Problem]:
    for name in query.by:
        if name not in metrics.dimensions:
            remedy = did_you_mean(name, tuple(metrics.dimensions))
            yield Problem("metric.dimension", f'Dimension "{name[:60]}" does not exist.', remedy)
        elif name not in splits:
            cannot = next(one for one in query.metrics if name not in metrics.splits(one))
            known = ", ".join(metrics.splits(cannot)) or "no dimension"
            yield Problem("metric.dimension", f'"{cannot}" cannot be split by {name}.', f"It can by {known}.")
    for metric in query.metrics:
        needed = {name for part in metrics.parts(metric) for name in metrics.measure(part).needs}
        for name in sorted(needed - set(query.by)):
            yield Problem("metric.needs", f'"{metric}" has no meaning without {name}.', f"Split it by {name}.")


def _read_filters(
    metrics: Metrics, query: MetricQuery, splits: tuple[str, ...]
) -> tuple[tuple[Filter, ...], list[Problem]]:
    filters: list[Filter] = []
    problems: list[Problem] = []
    for number, text in enumerate(query.filters):
        where = Where(field=f"filters[{number}]")
        tree, found = parse_expression(text, splits, where)
        problems += found
        if tree is None:
            continue
        named = tuple(sorted(columns_of(tree)))
        if not named:
            problems.append(Problem("metric.filter", f"`{text[:60]}` names no dimension.", "Name one.", where))
        if len(named) > 1 and any(metrics.dimensions[name].overlap for name in named):
            message = f"`{text[:60]}` mixes an overlapping dimension with another."
            problems.append(Problem("metric.filter", message, "Write two filters.", where))
        if len(named) > 1 and any(_is_across_some(metrics, query, named)):
            message = f"`{text[:60]}` mixes a dimension that a share is taken over with another."
            problems.append(Problem("metric.filter", message, "Write two filters.", where))
        filters.append(Filter(text, tree, named))
    return tuple(filters), problems


def _check_bounds(metrics: Metrics, query: MetricQuery) -> Iterator[Problem]:
    """Refuse a metric of which any part cannot be narrowed: its figure would tell of what is not reached.

    Both parts of a ratio must have the dimension themselves; that a share is taken over it is not enough.
    """
    for metric in query.metrics:
        for name, _ in query.within:
            if all(name in metrics.measure(part).dimensions for part in metrics.parts(metric)):
                continue
            message = f'"{metric}" is not told by {name}, and you reach a part of the brand only.'
            yield Problem("access.scope", message, "Ask for one that can be split by it.", Where(field="metrics"))


def _bounds(query: MetricQuery) -> tuple[Filter, ...]:
    return tuple(
        Filter(name, t.any_of([t.col(name).eq(t.lit(one)) for one in values]), (name,), is_bound=True)
        for name, values in query.within
    )


def _is_across_some(metrics: Metrics, query: MetricQuery, named: tuple[str, ...]) -> Iterator[bool]:
    for metric in query.metrics:
        body = metrics[metric].body
        across = set(body.across) if isinstance(body, Ratio) else set()
        yield bool(across & set(named)) and not set(named) <= across


def _periods(query: MetricQuery, as_of: date, campaign: Period | None) -> tuple[tuple[Period, ...], list[Problem]]:
    asked = query.range
    if isinstance(asked, Latest):
        grain = query.grain
        if grain is Grain.NONE:
            return (Period(as_of, as_of + _DAY),), _none_if(asked.count == 1, "Latest periods need a grain.")
        ok = 1 <= asked.count <= MAX_PERIODS
        return (latest(grain, asked.count, as_of) if ok else ()), _none_if(ok, f"1–{MAX_PERIODS} periods.")
    if isinstance(asked, Rolling):
        ok = asked.days >= 1 and query.grain is Grain.NONE
        found = (Period(as_of - timedelta(days=asked.days - 1), as_of + _DAY),)
        return found if ok else (), _none_if(ok, "A rolling window is one period of one or more days, grain none.")
    if isinstance(asked, CampaignWindow) and campaign is None:
        message = f'Campaign "{asked.campaign_id[:60]}" has no known dates.'
        return (), [Problem("metric.campaign", message, "Ask by start and end.")]
    window = campaign if isinstance(asked, CampaignWindow) else Period(asked.start, asked.end)
    return _between(query.grain, window, as_of) if window is not None else ((), [])


def _between(grain: Grain, window: Period, as_of: date) -> tuple[tuple[Period, ...], list[Problem]]:
    if window.start >= window.end:
        return (), _none_if(False, "The period ends before it begins; the end is the first day outside.")
    if grain is Grain.NONE:
        return (window,), []
    if start_of(grain, window.start) != window.start:
        start = start_of(grain, window.start).isoformat()
        return (), _none_if(False, f"{window.start.isoformat()} does not begin a {grain.value}; {start} does.")
    # An end in the middle of a period would show a part as a whole, unless that part is all there is yet.
    if start_of(grain, window.end) != window.end and window.end != as_of + _DAY:
        return (), _none_if(False, f"{window.end.isoformat()} does not end a {grain.value}.")
    found = natural_periods(grain, window.start, window.end)
    return found, _none_if(len(found) <= MAX_PERIODS, f"{len(found)} periods; the limit is {MAX_PERIODS}.")


def _none_if(holds: bool, message: str) -> list[Problem]:
    return [] if holds else [Problem("metric.period", message, "Change start, end or grain.")]


def _repeated(names: tuple[str, ...]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
