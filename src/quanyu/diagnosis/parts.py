"""What a gap is made of: per value of a dimension an exact contribution, and parts that add up to the gap."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from quanyu.diagnosis.judge import Expected, Judged, history
from quanyu.diagnosis.series import Point, Series
from quanyu.stats.decompose import rate_effects, whole_parts
from quanyu.stats.inference import mean_of

RATIO_PARTS: Final = 1_000_000
"""Contributions to ratios are told in millionths."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one value of a dimension contributed: as an amount, by its own rate, by its weight; or what overlaps.

    Overlap is what no value caused alone: persons counted in several groups, groups that are not known throughout.
    """

    value: str | None
    effect: str
    contribution: int
    share: float | None


def parts_of(gap: Judged, groups: Sequence[Series], *, is_ratio: bool) -> list[Part]:
    """Return the parts of a gap over the groups of one dimension, largest first; they add up to the gap.

    Whole numbers: of an amount in its unit, of a ratio in millionths.  Groups have the periods of the gap; a dimension
    of which no value is known takes nothing apart.
    """
    if gap.value is None or gap.baseline is None or all(group.group[-1][1] is None for group in groups):
        return []
    change = gap.value - gap.baseline
    found = _of_rates(gap.expected, groups) if _has_parts(gap.series) else _of_amounts(gap.expected, groups)
    known = [(group.group[-1][1], effect, size) for group, effect, size in found if size]
    known.append((None, "overlap", change - sum((size for _, _, size in known), Fraction(0))))
    if not known[-1][2]:
        known.pop()
    scale = RATIO_PARTS if is_ratio else 1
    whole = whole_parts([size * scale for _, _, size in known])
    parts = [
        Part(value, effect, amount, float(size / change) if change else None)
        for (value, effect, size), amount in zip(known, whole, strict=True)
    ]
    return sorted(parts, key=lambda part: (-abs(part.contribution), part.value is None, part.value or "", part.effect))


Found = list[tuple[Series, str, Fraction]]


def _has_parts(series: Series) -> bool:
    return series.now.numerator is not None


def _of_amounts(expected: Expected, groups: Sequence[Series]) -> Found:
    found: Found = []
    for series in groups:
        points = history(series, expected)
        # A group unknown in some period is left to the rest: its mean would be that of other periods.
        if len(points) == len(_known(series)) and series.now.value is not None and points:
            before = mean_of([one.value for one in points if one.value is not None])
            found.append((series, "amount", series.now.value - before))
    return found


def _known(series: Series) -> Sequence[Point]:
    return [point for point in series.before if point.value is not None]


def _of_rates(expected: Expected, groups: Sequence[Series]) -> Found:
    before, after = [], []
    for series in groups:
        points = history(series, expected)
        above = sum((point.numerator or Fraction(0) for point in points), Fraction(0))
        before.append((above, sum((point.denominator or Fraction(0) for point in points), Fraction(0))))
        after.append((series.now.numerator or Fraction(0), series.now.denominator or Fraction(0)))
    if not sum(one[1] for one in before) or not sum(one[1] for one in after):
        return []
    effects = rate_effects(before, after)
    listed = list(zip(groups, effects, strict=True))
    return [
        *((series, "rate", rate) for series, (rate, _) in listed),
        *((series, "mix", mix) for series, (_, mix) in listed),
    ]
