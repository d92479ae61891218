"""Contributions add up to the change, treat factors alike, and stay exact when rounded."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from quanyu.stats.decompose import product_contributions, round_half_up, whole_parts

factors = st.lists(st.fractions(min_value=0, max_value=10_000, max_denominator=97), min_size=3, max_size=3)


def product(values: list[Fraction]) -> Fraction:
    result = Fraction(1)
    for value in values:
        result *= value
    return result


def test_two_factors_share_the_cross_term_equally() -> None:
    # 10 x 20 -> 12 x 30: change 160 = 2 x 25 + 10 x 11, each factor at the mean of the other.
    assert product_contributions([Fraction(10), Fraction(20)], [Fraction(12), Fraction(30)]) == [50, 110]


@given(factors, factors)
def test_contributions_add_up_to_the_change(before: list[Fraction], after: list[Fraction]) -> None:
    assert sum(product_contributions(before, after)) == product(after) - product(before)


@given(factors, st.fractions(min_value=0, max_value=100, max_denominator=97))
def test_a_factor_that_does_not_change_contributes_nothing(before: list[Fraction], last: Fraction) -> None:
    after = [before[0], before[1] + 1, last]
    assert product_contributions(before, after)[0] == 0


@given(st.lists(st.fractions(min_value=-1000, max_value=1000, max_denominator=89), min_size=1, max_size=6))
def test_whole_parts_add_up_to_the_rounded_total(parts: list[Fraction]) -> None:
    rounded = whole_parts(parts)
    assert sum(rounded) == round_half_up(sum(parts, Fraction(0)))
    assert all(abs(whole - part) < 2 for whole, part in zip(rounded, parts, strict=True))


def test_halves_go_away_from_zero() -> None:
    assert [round_half_up(Fraction(value, 2)) for value in (-3, -1, 1, 3, 4)] == [-2, -1, 1, 2, 2]
