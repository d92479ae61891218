"""What a figure is expected to be: the mean of previous periods, moved by last year's season, or a target."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Final

from quanyu.diagnosis.judge import Expected
from quanyu.diagnosis.series import Point, Series

LARGEST_SHARE: Final = Fraction(9, 10)
"""A group beyond this share of the whole is the whole: its gap is told there."""


class Baseline(StrEnum):
    """What figures are compared with.

    PREVIOUS: the mean of the previous periods.  LAST_YEAR: the same, each of them moved as the metric moved from that
    period to this one a year ago.  PEERS: the median of the industry (`benchmark.p50`).  MANUAL: given targets.
    """

    PREVIOUS = "previous"
    LAST_YEAR = "last_year"
    PEERS = "peers"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Basis:
    """The baseline of a diagnosis with what it needs: figures of the whole a year ago, or targets, by metric."""

    kind: Baseline
    year_before: Mapping[str, Series] = field(default_factory=dict)
    targets: Mapping[str, Fraction] = field(default_factory=dict)

    def of_whole(self, series: Series) -> Expected | None:
        """Return what the whole is expected to be; None when the baseline is not known for the metric."""
        still = tuple(Fraction(1) for _ in series.before)
        if self.kind is Baseline.PREVIOUS:
            return Expected(still)
        if self.kind is Baseline.LAST_YEAR:
            before = self.year_before.get(series.metric)
            factors = None if before is None else moves(before)
            return None if factors is None else Expected(factors)
        target = self.targets.get(series.metric)
        return None if target is None else Expected(still, target)


def moves(series: Series) -> tuple[Fraction, ...] | None:
    """Return the factor from the value of each previous period to the one now; None when one is unknown or 0."""
    now = series.now.value
    if now is None or any(not point.value for point in series.before):
        return None
    return tuple(now / point.value for point in series.before if point.value)


def of_group(series: Series, whole: Series) -> Expected | None:
    """Return what a group is expected to be: its own previous periods, each moved as the whole moved since.

    So a season or a fall of everything is told once, of the whole, and not of every store.  None for rows without a
    value of the dimension, and for a group that is nearly the whole.
    """
    if any(value is None for _, value in series.group):
        return None
    factors = moves(whole)
    return None if factors is None or _is_whole(series, whole) else Expected(factors)


def _is_whole(series: Series, whole: Series) -> bool:
    own, all_ = (sum((_size(point) for point in one.before), Fraction(0)) for one in (series, whole))
    return bool(all_) and own >= LARGEST_SHARE * all_


def _size(point: Point) -> Fraction:
    return (point.value if point.denominator is None else point.denominator) or Fraction(0)
