"""Why a product or a rate changed: exact additive contributions, and whole numbers that still add up."""

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


def rate_effects(
    before: Sequence[tuple[Fraction, Fraction]], after: Sequence[tuple[Fraction, Fraction]]
) -> list[tuple[Fraction, Fraction]]:
    """Return per group what its own rate and what its weight did to the change of Σ numerator / Σ denominator.

    `before` and `after` hold (numerator, denominator) of the same groups; both sums of denominators are above 0.  Rate
    effect: change of the group's rate at its mean weight; mix effect: change of its weight at the distance of its mean
    rate from the mean total (the midpoint form of Kitagawa 1955), so that nothing is left over.  A group that was empty
    on one side has a mix effect only.
    """
    total_before, total_after = (sum((one[1] for one in side), Fraction(0)) for side in (before, after))
    rate_before = sum((one[0] for one in before), Fraction(0)) / total_before
    rate_after = sum((one[0] for one in after), Fraction(0)) / total_after
    middle = (rate_before + rate_after) / 2
    effects = []
    for (hits, base), (hits_after, base_after) in zip(before, after, strict=True):
        weight, weight_after = base / total_before, base_after / total_after
        if not base or not base_after:
            own = hits_after / total_after - hits / total_before
            effects.append((Fraction(0), own - (weight_after - weight) * middle))
            continue
        own_before, own_after = hits / base, hits_after / base_after
        rate = (own_after - own_before) * (weight + weight_after) / 2
        effects.append((rate, (weight_after - weight) * ((own_before + own_after) / 2 - middle)))
    return effects


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
