"""Tests against published tables, and against properties that hold for any data."""

import random
from fractions import Fraction

import pytest

from quanyu.stats.decompose import rate_effects
from quanyu.stats.inference import (
    believable,
    mean_of,
    normal_tail,
    one_rate_z,
    sigma_of,
    student_tail,
    two_rates_z,
)


def test_two_rates_by_hand():
    # 50 of 200 against 30 of 200: pooled 0.2, standard error 0.04, difference 0.1.
    assert two_rates_z(Fraction(50), Fraction(200), Fraction(30), Fraction(200)) == pytest.approx(2.5)
    assert two_rates_z(Fraction(0), Fraction(0), Fraction(3), Fraction(20)) is None
    assert two_rates_z(Fraction(5), Fraction(5), Fraction(20), Fraction(20)) is None


def test_one_rate_by_hand():
    assert one_rate_z(Fraction(40), Fraction(100), Fraction(1, 2)) == pytest.approx(-2)
    assert one_rate_z(Fraction(40), Fraction(100), Fraction(1)) is None


@pytest.mark.parametrize(
    ("freedom", "t"),
    # Upper 2.5 % points of Student's t (Fisher and Yates, table III).
    [(1, 12.706205), (3, 3.182446), (4, 2.776445), (10, 2.228139), (30, 2.042272), (120, 1.979930)],
)
def test_student_tail_is_the_published_one(freedom: int, t: float):
    assert student_tail(t, freedom) == pytest.approx(0.025, rel=1e-5)
    assert student_tail(-t, freedom) == student_tail(t, freedom)


def test_student_becomes_normal_and_halves_at_zero():
    assert student_tail(2.0, 1_000_000) == pytest.approx(normal_tail(2.0), rel=1e-4)
    assert student_tail(0, 7) == pytest.approx(0.5)
    assert normal_tail(1.959964) == pytest.approx(0.025, rel=1e-5)


def test_sigma_by_hand():
    values = [Fraction(2), Fraction(4), Fraction(4), Fraction(6)]
    assert mean_of(values) == 4
    assert sigma_of(values, Fraction(4)) == pytest.approx((8 / 3) ** 0.5)


def test_believable_is_the_published_example():
    # Benjamini and Hochberg 1995, §4: fifteen tests at 0.05, four are believed (Bonferroni: three).
    chances = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590,
        1.0,
    ]  # fmt: skip
    assert believable(chances, Fraction(5, 100)) == [True] * 4 + [False] * 11
    assert believable(chances[::-1], Fraction(5, 100)) == [False] * 11 + [True] * 4
    assert all(believable(chances, Fraction(1)))
    assert believable([], Fraction(1, 10)) == []


@pytest.mark.parametrize("seed", range(50))
def test_effects_of_groups_add_up_exactly(seed: int):
    rng = random.Random(seed)

    def side(size: int) -> list[tuple[Fraction, Fraction]]:
        bases = [Fraction(rng.choice((0, rng.randrange(1, 500)))) for _ in range(size)] + [Fraction(7)]
        return [(Fraction(rng.randrange(0, int(base) + 1)), base) for base in bases]

    size = rng.randrange(1, 9)
    before, after = side(size), side(size)
    change = sum(a for a, _ in after) / sum(b for _, b in after) - sum(a for a, _ in before) / sum(b for _, b in before)
    effects = rate_effects(before, after)
    assert sum(rate + mix for rate, mix in effects) == change


def test_equal_weights_leave_only_rates_and_equal_rates_only_mix():
    same_weights = rate_effects([(Fraction(1), Fraction(10)), (Fraction(3), Fraction(10))],
                                [(Fraction(2), Fraction(10)), (Fraction(3), Fraction(10))])  # fmt: skip
    assert same_weights == [(Fraction(1, 20), 0), (0, 0)]
    same_rates = rate_effects([(Fraction(1), Fraction(10)), (Fraction(5), Fraction(10))],
                              [(Fraction(2), Fraction(20)), (Fraction(5), Fraction(10))])  # fmt: skip
    assert [rate for rate, _ in same_rates] == [0, 0]
    assert sum(mix for _, mix in same_rates) == Fraction(7, 30) - Fraction(6, 20)
