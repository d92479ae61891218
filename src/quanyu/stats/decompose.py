"""Why a product changed: exact additive contributions of its factors, and whole numbers that still add up."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from math import comb, prod


def product_contributions(before: Sequence[Fraction], after: Sequence[Fraction]) -> list[Fraction]:
    """Return each factor's share of the change of the product from `before` to `after`; they add up to it exactly.

    The share of a factor is its Shapley value: its effect on the product averaged over all orders in which the factors
    could have changed (Shapley 1953; for products Sun 1998, "Accounting for energy use", eq. 8–10).  No factor comes
    first, so no cross term is left over.  Factors are exact fractions; both lists have one length, at most about ten.
    """
    count = len(before)
    change = [later - earlier for earlier, later in zip(before, after, strict=True)]
    shares = []
    for factor in range(count):
        others = [index for index in range(count) if index != factor]
        total = Fraction(0)
        for size in range(count):
            weight = Fraction(1, count * comb(count - 1, size))
            for changed in combinations(others, size):
                total += weight * prod(after[index] if index in changed else before[index] for index in others)
        shares.append(change[factor] * total)
    return shares


def whole_parts(parts: Sequence[Fraction]) -> list[int]:
    """Return the parts as whole numbers that add up to the rounded total (largest remainder; ties by position)."""
    total = round_half_up(sum(parts, Fraction(0)))
    floors = [part.numerator // part.denominator for part in parts]
    missing = total - sum(floors)
    by_remainder = sorted(range(len(parts)), key=lambda index: (floors[index] - parts[index], index))
    for index in by_remainder[:missing]:
        floors[index] += 1
    return floors


def round_half_up(value: Fraction) -> int:
    """Return the nearest whole number, halves away from zero."""
    doubled = 2 * abs(value)
    whole = (doubled.numerator // doubled.denominator + 1) // 2
    return whole if value >= 0 else -whole
