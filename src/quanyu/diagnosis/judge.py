"""The rule of a finding (§4.0): a bad gap that is large, more than chance, and about enough persons.

Rate (a part of a count): |gap| ≥ P.finding.gap and two-proportion |z| ≥ P.finding.z.  Anything else: |gap| ≥
P.finding.gap and outside the previous periods' mean ± 2σ.  Both: base ≥ P.finding.n persons.  Because many cells are
tested at once, a finding must also be among those that Benjamini and Hochberg believe at P.finding.fdr (decision 0100).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import Final

from quanyu.diagnosis.series import Point, Series
from quanyu.stats.inference import (
    believable,
    mean_of,
    normal_tail,
    one_rate_z,
    sigma_of,
    student_tail,
    two_rates_z,
)

SIGMAS: Final = 2
"""How many standard deviations of the previous periods an amount may be away (§4.0)."""
FEWEST_PERIODS: Final = 3
"""Fewer previous periods tell no spread."""


class Verdict(StrEnum):
    """What decided about one cell, in the order in which it is asked."""

    FINDING = "finding"
    UNKNOWN = "unknown"
    NO_HISTORY = "no_history"
    NO_DIRECTION = "no_direction"
    SMALL_GAP = "small_gap"
    GOOD = "good"
    FEW_PERSONS = "few_persons"
    CHANCE = "chance"
    MANY_TESTS = "many_tests"


@dataclass(frozen=True, slots=True)
class Rule:
    """P.finding.gap, z, n, fdr as fractions and whole numbers."""

    gap: Fraction
    z: Fraction
    persons: int
    false_rate: Fraction


@dataclass(frozen=True, slots=True)
class Expected:
    """What a cell is compared with: previous periods, each moved by a factor (the season, the whole), or a target."""

    factors: tuple[Fraction, ...]
    target: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """One cell with everything that decided about it.

    `sigma` is in the metric's unit; `z` of a rate is that of two proportions, else standard deviations from the mean;
    `chance` one-sided in the bad direction; `base` the persons of one period, `crowd` those the rule counts.
    """

    series: Series
    expected: Expected
    is_rate: bool
    good: str
    verdict: Verdict
    baseline: Fraction | None = None
    gap: Fraction | None = None
    sigma: float | None = None
    z: float | None = None
    chance: float | None = None
    base: Fraction | None = None

    @property
    def crowd(self) -> Fraction | None:
        """Return the persons behind the judgement: of a rate those of the period, of an amount those of its mean."""
        return self.base if self.is_rate or self.series.crowd is None else self.series.crowd

    @property
    def value(self) -> Fraction | None:
        """Return the value of the period."""
        return self.series.now.value

    @property
    def is_bad(self) -> bool:
        """Return whether the gap goes in the bad direction."""
        return self.gap is not None and (self.gap < 0) == (self.good == "up") and self.gap != 0


def judge(cells: Sequence[tuple[Series, Expected]], *, is_rate: bool, good: str, rule: Rule) -> list[Judged]:
    """Return every cell of one metric and one split judged, but for the number of tests (`believe`).

    The cells of a split share what they tell about chance: how much more than expected previous periods varied.
    """
    read = [_read(series, expected, is_rate=is_rate, good=good) for series, expected in cells]
    spread = _pooled_rates(read) if is_rate else _pooled_sizes(read)
    return [_decide(one, spread, rule) for one in read]


def believe(judged: Sequence[Judged], rule: Rule) -> list[Judged]:
    """Return the cells of one family of tests; findings that many tests would give by chance are findings no more."""
    tested = [place for place, one in enumerate(judged) if one.chance is not None]
    trusted = believable([judged[place].chance or 0.0 for place in tested], rule.false_rate)
    done = list(judged)
    for place, is_trusted in zip(tested, trusted, strict=True):
        if done[place].verdict is Verdict.FINDING and not is_trusted:
            done[place] = replace(done[place], verdict=Verdict.MANY_TESTS)
    return done


def _read(series: Series, expected: Expected, *, is_rate: bool, good: str) -> Judged:
    unknown = Judged(series, expected, is_rate, good, Verdict.UNKNOWN)
    if series.now.value is None:
        return unknown
    known = history(series, expected)
    if expected.target is None and len(known) < FEWEST_PERIODS:
        return replace(unknown, verdict=Verdict.NO_HISTORY)
    baseline = expected.target if expected.target is not None else baseline_of(known)
    if not baseline:
        return replace(unknown, verdict=Verdict.NO_HISTORY)
    gap = (series.now.value - baseline) / abs(baseline)
    verdict = Verdict.NO_DIRECTION if good == "none" else Verdict.CHANCE
    return Judged(series, expected, is_rate, good, verdict, baseline, gap, base=_base(series, is_rate))


def history(series: Series, expected: Expected) -> list[Point]:
    """Return the known previous periods moved by their factors."""
    moved = []
    for point, factor in zip(series.before, expected.factors, strict=True):
        if point.value is None or (point.denominator is not None and not point.denominator):
            continue
        above = None if point.numerator is None else point.numerator * factor
        moved.append(Point(point.value * factor, above, point.denominator, point.persons))
    return moved


def baseline_of(points: Sequence[Point]) -> Fraction:
    """Return the mean of previous periods: of a ratio weighted by its denominator, so that its parts add up."""
    above = [point.numerator for point in points]
    below = [point.denominator for point in points]
    if any(one is None for one in (*above, *below)):
        return mean_of([point.value for point in points if point.value is not None])
    return sum((one for one in above if one), Fraction(0)) / sum((one for one in below if one), Fraction(0))


def _base(series: Series, is_rate: bool) -> Fraction | None:
    """Of a rate the persons of the period, who make its error; of an amount those one would expect."""
    if is_rate:
        return series.now.persons
    known = [point.persons for point in series.before if point.persons is not None]
    return mean_of(known) if known else series.now.persons


def _decide(one: Judged, spread: tuple[float, int], rule: Rule) -> Judged:
    if one.baseline is None or one.gap is None:
        return one
    seen = _rate_seen(one, spread) if one.is_rate else _amount_seen(one, spread)
    if seen.verdict is Verdict.NO_DIRECTION:
        return replace(seen, chance=None)
    if abs(one.gap) < rule.gap:
        return replace(seen, verdict=Verdict.SMALL_GAP)
    if not one.is_bad:
        return replace(seen, verdict=Verdict.GOOD)
    if one.crowd is None or one.crowd < rule.persons:
        # Who is too few to be told about is no test either.
        return replace(seen, verdict=Verdict.FEW_PERSONS, chance=None)
    if not _is_significant(seen, rule):
        return replace(seen, verdict=Verdict.CHANCE)
    return replace(seen, verdict=Verdict.FINDING)


def _is_significant(one: Judged, rule: Rule) -> bool:
    if one.is_rate:
        return one.z is not None and abs(one.z) >= rule.z
    if one.sigma is None or one.value is None or one.baseline is None:
        return False
    return abs(float(one.value - one.baseline)) > SIGMAS * one.sigma


def _rate_seen(one: Judged, spread: tuple[float, int]) -> Judged:
    now = one.series.now
    if now.numerator is None or now.denominator is None:
        return one
    if one.expected.target is not None:
        z = one_rate_z(now.numerator, now.denominator, one.expected.target)
    else:
        points = history(one.series, one.expected)
        above = sum((point.numerator or Fraction(0) for point in points), Fraction(0))
        below = sum((point.denominator or Fraction(0) for point in points), Fraction(0))
        z = two_rates_z(now.numerator, now.denominator, above, below)
    if z is None:
        return one
    return replace(one, z=z, chance=_one_sided(one, normal_tail(z / math.sqrt(max(1.0, spread[0])))))


def _amount_seen(one: Judged, spread: tuple[float, int]) -> Judged:
    points = history(one.series, one.expected)
    if len(points) < FEWEST_PERIODS or one.baseline is None or one.value is None:
        return one
    values = [point.value for point in points if point.value is not None]
    centre = baseline_of(points)
    sigma = sigma_of(values, centre)
    away = float(one.value - one.baseline)
    z = away / sigma if sigma else None
    own = _sizes(points, centre)
    if own is None:
        return replace(one, sigma=sigma, z=z)
    pooled, freedom = spread
    own_spread, size_now, size_before = own
    scale = max(own_spread, pooled if freedom else 0.0)
    weight = 1 / _size(one.series.now, one.baseline) + (1 / size_before if one.expected.target is None else 0.0)
    error = abs(float(one.baseline)) * math.sqrt(scale * weight)
    chance = student_tail(away / error, max(freedom, len(points) - 1)) if error else 0.0
    return replace(one, sigma=sigma, z=z, chance=_one_sided(one, chance) if size_now else None)


def _one_sided(one: Judged, beyond: float) -> float:
    return beyond if one.is_bad else 1 - beyond


def _size(point: Point, centre: Fraction) -> float:
    """What the square of a relative error shrinks with: the denominator of a ratio, an amount itself."""
    return float(point.denominator) if point.denominator else abs(float(centre))


def _sizes(points: Sequence[Point], centre: Fraction) -> tuple[float, float, float] | None:
    """Return the spread of one series in relative squares times size, its last size and the sum of its sizes."""
    sizes = [_size(point, centre) for point in points]
    if not centre or not all(sizes):
        return None
    squares = [
        size * float(((point.value or Fraction(0)) - centre) / centre) ** 2
        for point, size in zip(points, sizes, strict=True)
    ]
    return sum(squares) / (len(points) - 1), sizes[-1], sum(sizes)


def _pooled_sizes(cells: Sequence[Judged]) -> tuple[float, int]:
    """Return the spread of all cells together, and its degrees of freedom."""
    total, freedom = 0.0, 0
    for one in cells:
        points = history(one.series, one.expected)
        if len(points) < FEWEST_PERIODS or one.baseline is None:
            continue
        own = _sizes(points, baseline_of(points))
        if own is not None:
            total += own[0] * (len(points) - 1)
            freedom += len(points) - 1
    return (total / freedom, freedom) if freedom else (0.0, 0)


def _pooled_rates(cells: Sequence[Judged]) -> tuple[float, int]:
    """Return how many times more than independent persons the previous periods varied, and the degrees of freedom."""
    total, freedom = 0.0, 0
    for one in cells:
        points = history(one.series, one.expected)
        if len(points) < FEWEST_PERIODS or one.baseline is None:
            continue
        rate = baseline_of(points)
        if not 0 < rate < 1:
            continue
        squares = [((point.value or Fraction(0)) - rate) ** 2 * (point.denominator or 0) for point in points]
        total += float(sum(squares, Fraction(0)) / (rate * (1 - rate)))
        freedom += len(points) - 1
    return (total / freedom, freedom) if freedom else (1.0, 0)
