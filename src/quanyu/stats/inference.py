"""Is a gap more than chance: two rates, a value beside its history, and how many of many tests may be believed."""

import math
from collections.abc import Sequence
from fractions import Fraction
from statistics import NormalDist

_TINY = 1e-300
_PRECISION = 1e-14
_STEPS = 1_000


def two_rates_z(hits: Fraction, base: Fraction, hits_before: Fraction, base_before: Fraction) -> float | None:
    """Return z of the difference of two rates with the pooled variance; null when a base is 0 or nothing can vary.

    Positive when the first rate is higher (Fleiss, Levin and Paik 2003, "Statistical Methods for Rates and
    Proportions", §3.2, without the continuity correction).
    """
    if not base or not base_before:
        return None
    pooled = (hits + hits_before) / (base + base_before)
    variance = pooled * (1 - pooled) * (1 / base + 1 / base_before)
    if variance <= 0:
        return None
    return float(hits / base - hits_before / base_before) / math.sqrt(variance)


def one_rate_z(hits: Fraction, base: Fraction, expected: Fraction) -> float | None:
    """Return z of a rate beside one that is given; null when the base is 0 or the given rate is not between 0 and 1."""
    variance = expected * (1 - expected) / base if base else Fraction(0)
    if variance <= 0:
        return None
    return float(hits / base - expected) / math.sqrt(variance)


def mean_of(values: Sequence[Fraction]) -> Fraction:
    """Return the arithmetic mean; at least one value."""
    return sum(values, Fraction(0)) / len(values)


def sigma_of(values: Sequence[Fraction], centre: Fraction) -> float:
    """Return the standard deviation around a centre with n - 1 in the denominator; at least two values."""
    return math.sqrt(sum(((value - centre) ** 2 for value in values), Fraction(0)) / (len(values) - 1))


def normal_tail(z: float) -> float:
    """Return the chance that a standard normal value is beyond |z| on one side."""
    return NormalDist().cdf(-abs(z))


def student_tail(t: float, freedom: int) -> float:
    """Return the chance that Student's t is beyond |t| on one side (DLMF 8.17.6: half an incomplete beta)."""
    return _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t)) / 2


def believable(chances: Sequence[float], rate: Fraction) -> list[bool]:
    """Return which of many tests to believe so that at most `rate` of the believed are false on average.

    Benjamini and Hochberg 1995: the largest k with the k-th smallest chance ≤ k · rate / tests, and all below it.
    """
    count = len(chances)
    order = sorted(range(count), key=lambda index: (chances[index], index))
    last = max((place for place, index in enumerate(order, 1) if chances[index] <= place * rate / count), default=0)
    believed = set(order[:last])
    return [index in believed for index in range(count)]


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function by its continued fraction (DLMF 8.17.22), Lentz's method."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, 1 - x)
    logarithm = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    upper, lower = 1.0, 1 - (a + b) * x / (a + 1)
    lower = 1 / (lower if abs(lower) > _TINY else _TINY)
    done = lower
    for step in range(1, _STEPS):
        even = step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step))
        odd = -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1))
        for factor in (even, odd):
            lower = 1 + factor * lower
            upper = 1 + factor / upper
            lower = 1 / (lower if abs(lower) > _TINY else _TINY)
            upper = upper if abs(upper) > _TINY else _TINY
            done *= lower * upper
        if abs(lower * upper - 1) < _PRECISION:
            break
    return math.exp(logarithm) * done / a
