"""Whatever the groups, their contributions add up to the gap, to the last unit."""

from fractions import Fraction
from random import Random

import pytest

from quanyu.diagnosis.judge import Expected, Judged, Verdict, baseline_of, history
from quanyu.diagnosis.parts import RATIO_PARTS, parts_of
from quanyu.diagnosis.series import Point, Series
from quanyu.stats.decompose import round_half_up


def gap_of(whole: Series, factors: tuple[Fraction, ...]) -> Judged:
    """The whole beside its baseline."""
    expected = Expected(factors)
    baseline = baseline_of(history(whole, expected))
    assert whole.now.value is not None
    gap = (whole.now.value - baseline) / baseline
    return Judged(whole, expected, False, "up", Verdict.FINDING, baseline, gap)


def series_of(name: str, points: list[Point]) -> Series:
    """A series of one group of a dimension."""
    return Series("m", (("store", name),), points[-1], tuple(points[:-1]), None)


@pytest.mark.parametrize("seed", range(40))
def test_amounts_add_up_even_when_groups_share_persons(seed: int):
    chance = Random(seed)
    groups = [
        series_of(f"s{number}", [Point(Fraction(chance.randrange(0, 1_000))) for _ in range(5)])
        for number in range(chance.randrange(1, 8))
    ]
    # Persons who buy in two stores are counted in both: the whole is less than the sum.
    shared = chance.randrange(0, 50)
    totals = [sum(point.value or 0 for point in points) + 100 - shared for points in _columns(groups)]
    whole = Series("m", (), Point(Fraction(totals[-1])), tuple(Point(Fraction(value)) for value in totals[:-1]), None)
    factors = tuple(Fraction(chance.randrange(50, 150), 100) for _ in range(4))
    gap = gap_of(whole, factors)
    parts = parts_of(gap, groups, is_ratio=False)
    assert gap.value is not None
    assert gap.baseline is not None
    assert sum(part.contribution for part in parts) == round_half_up(gap.value - gap.baseline)


@pytest.mark.parametrize("seed", range(40))
def test_rates_add_up_from_rates_and_weights(seed: int):
    chance = Random(seed)
    groups = []
    for number in range(chance.randrange(1, 8)):
        points = []
        for _ in range(5):
            base = chance.choice((0, chance.randrange(1, 400)))
            hits = chance.randrange(0, base + 1)
            value = Fraction(hits, base) if base else None
            points.append(Point(value, Fraction(hits), Fraction(base), Fraction(base)))
        groups.append(series_of(f"s{number}", points))
    extra = (Fraction(chance.randrange(0, 30)), Fraction(chance.randrange(30, 60)))
    points = [
        Point(
            None, sum((p.numerator or 0 for p in column), extra[0]), sum((p.denominator or 0 for p in column), extra[1])
        )
        for column in _columns(groups)
    ]
    points = [
        Point((p.numerator or Fraction(0)) / (p.denominator or Fraction(1)), p.numerator, p.denominator) for p in points
    ]
    gap = gap_of(Series("m", (), points[-1], tuple(points[:-1]), None), (Fraction(1),) * 4)
    parts = parts_of(gap, groups, is_ratio=True)
    assert gap.value is not None
    assert gap.baseline is not None
    assert sum(part.contribution for part in parts) == round_half_up((gap.value - gap.baseline) * RATIO_PARTS)


def test_the_store_that_fell_carries_the_gap():
    steady = series_of("a", [Point(Fraction(100))] * 5)
    fell = series_of("b", [Point(Fraction(100))] * 4 + [Point(Fraction(40))])
    whole = Series("m", (), Point(Fraction(140)), (Point(Fraction(200)),) * 4, None)
    parts = parts_of(gap_of(whole, (Fraction(1),) * 4), [steady, fell], is_ratio=False)
    assert [(part.value, part.effect, part.contribution, part.share) for part in parts] == [("b", "amount", -60, 1.0)]


def test_a_dimension_without_values_takes_nothing_apart():
    nowhere = Series("m", (("store", None),), Point(Fraction(1)), (Point(Fraction(2)),) * 4, None)
    whole = Series("m", (), Point(Fraction(1)), (Point(Fraction(2)),) * 4, None)
    assert parts_of(gap_of(whole, (Fraction(1),) * 4), [nowhere], is_ratio=False) == []


def _columns(groups: list[Series]) -> list[list[Point]]:
    return [[group.before[place] for group in groups] for place in range(4)] + [[group.now for group in groups]]
