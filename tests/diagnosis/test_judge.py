"""The rule of a finding at each of its limits: gap, z, 2σ, persons, and the number of tests."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest

from quanyu.diagnosis.judge import Expected, Judged, Rule, Verdict, believe, judge
from quanyu.diagnosis.series import Point, Series

RULE = Rule(gap=Fraction(10, 100), z=Fraction("1.96"), persons=100, false_rate=Fraction(1))
STILL = Expected((Fraction(1),) * 4)


def amount(now: int, before: Sequence[int], persons: int = 1_000) -> Series:
    """A series of an amount with the same persons in each period."""
    points = [Point(Fraction(value), persons=Fraction(persons)) for value in (*before, now)]
    return Series("net_sales", (), points[-1], tuple(points[:-1]), None)


def rate(now: tuple[int, int], before: Sequence[tuple[int, int]]) -> Series:
    """A series of a rate whose denominator counts persons."""
    points = [
        Point(Fraction(hits, base), Fraction(hits), Fraction(base), Fraction(base)) for hits, base in (*before, now)
    ]
    return Series("repurchase_rate", (), points[-1], tuple(points[:-1]), None)


def verdict(series: Series, *, is_rate: bool = False, good: str = "up", rule: Rule = RULE) -> Judged:
    """The judged series alone."""
    return judge([(series, STILL)], is_rate=is_rate, good=good, rule=rule)[0]


@pytest.mark.parametrize(
    ("now", "expected"),
    # The mean is 1000 with σ = 1.63…; 900 is a gap of exactly 10 %.
    [(900, Verdict.FINDING), (901, Verdict.SMALL_GAP), (1_000, Verdict.SMALL_GAP), (1_100, Verdict.GOOD)],
)
def test_a_gap_of_ten_percent_is_enough_and_less_is_not(now: int, expected: Verdict):
    one = verdict(amount(now, [998, 1_000, 1_000, 1_002]))
    assert one.verdict is expected
    assert one.baseline == 1_000
    assert one.sigma == pytest.approx((8 / 3) ** 0.5)
    assert one.z == pytest.approx((now - 1_000) / (8 / 3) ** 0.5)


@pytest.mark.parametrize(
    ("now", "expected"),
    # Mean 1000, deviations ±100, ±100: σ = 115.47; two of them are 230.94.
    [(770, Verdict.CHANCE), (769, Verdict.FINDING), (1_300, Verdict.GOOD)],
)
def test_an_amount_inside_two_sigma_is_chance(now: int, expected: Verdict):
    assert verdict(amount(now, [900, 1_100, 900, 1_100])).verdict is expected


def test_without_spread_any_gap_counts():
    one = verdict(amount(800, [1_000] * 4))
    assert (one.verdict, one.sigma, one.z, one.chance) == (Verdict.FINDING, 0, None, 0)


@pytest.mark.parametrize(("persons", "expected"), [(100, Verdict.FINDING), (99, Verdict.FEW_PERSONS)])
def test_a_hundred_persons_are_enough(persons: int, expected: Verdict):
    one = verdict(amount(500, [1_000, 1_001, 999, 1_000], persons))
    assert one.verdict is expected
    assert (one.chance is None) is (expected is Verdict.FEW_PERSONS)


@pytest.mark.parametrize(("hits", "expected"), [(413, Verdict.CHANCE), (412, Verdict.FINDING)])
def test_a_rate_needs_z(hits: int, expected: Verdict):
    # 2000 of 4000 before.  412 of 900: pooled 2412 / 4900, z = -2.30; but at 413 the rule below asks for more.
    one = verdict(rate((hits, 900), [(500, 1_000)] * 4), is_rate=True, rule=replace(RULE, gap=Fraction(0), z=limit()))
    assert one.verdict is expected


def limit() -> Fraction:
    """The z of 412 of 900 beside 2000 of 4000, by hand, cut off at ten digits."""
    pooled = 2_412 / 4_900
    z = (0.5 - 412 / 900) / (pooled * (1 - pooled) * (1 / 900 + 1 / 4_000)) ** 0.5
    return Fraction(int(z * 10**10), 10**10)


def test_a_rate_of_less_gap_or_fewer_persons_is_none():
    enough = [(500, 1_000)] * 4
    assert verdict(rate((450, 1_000), enough), is_rate=True).verdict is Verdict.FINDING
    assert verdict(rate((451, 1_000), enough), is_rate=True).verdict is Verdict.SMALL_GAP
    assert verdict(rate((20, 99), enough), is_rate=True).verdict is Verdict.FEW_PERSONS
    assert verdict(rate((20, 100), enough), is_rate=True).verdict is Verdict.FINDING


def test_the_direction_decides_what_is_bad():
    fall = amount(500, [1_000, 1_001, 999, 1_000])
    rise = amount(1_500, [1_000, 1_001, 999, 1_000])
    assert verdict(fall, good="down").verdict is Verdict.GOOD
    assert verdict(rise, good="down").verdict is Verdict.FINDING
    assert verdict(fall, good="none").verdict is Verdict.NO_DIRECTION


def test_nothing_known_is_never_zero():
    unknown = replace(amount(1, [1] * 4), now=Point(None))
    assert verdict(unknown).verdict is Verdict.UNKNOWN
    short = replace(amount(1, [1] * 4), before=(Point(None), Point(None), Point(Fraction(5)), Point(Fraction(5))))
    assert verdict(short).verdict is Verdict.NO_HISTORY
    assert verdict(amount(5, [0] * 4)).verdict is Verdict.NO_HISTORY


def test_a_ratio_is_beside_its_mean_weighted_by_its_denominator():
    one = verdict(rate((100, 1_000), [(90, 100), (10, 900), (50, 500), (50, 500)]), is_rate=True)
    assert one.baseline == Fraction(200, 2_000)


def test_a_target_takes_the_place_of_the_mean():
    series = rate((450, 1_000), [(450, 1_000)] * 4)
    expected = Expected(STILL.factors, Fraction(1, 2))
    one = judge([(series, expected)], is_rate=True, good="up", rule=RULE)[0]
    assert (one.verdict, one.baseline, one.gap) == (Verdict.FINDING, Fraction(1, 2), Fraction(-1, 10))
    assert one.z == pytest.approx(-0.05 / (0.25 / 1_000) ** 0.5)


def test_previous_periods_are_moved_by_their_factors():
    series = amount(2_000, [1_000, 1_001, 999, 1_000])
    doubled = Expected((Fraction(2),) * 4)
    assert judge([(series, doubled)], is_rate=False, good="up", rule=RULE)[0].gap == 0


def test_many_tests_ask_for_more():
    one = verdict(amount(769, [900, 1_100, 900, 1_100]))
    quiet = verdict(amount(1_000, [900, 1_100, 900, 1_100]))
    assert one.chance == pytest.approx(0.0857, abs=0.0001)
    strict = replace(RULE, false_rate=Fraction(10, 100))
    assert believe([one], strict)[0].verdict is Verdict.FINDING
    assert believe([one, quiet], strict)[0].verdict is Verdict.MANY_TESTS
    assert believe([one, quiet], RULE)[0].verdict is Verdict.FINDING


def test_wild_neighbours_make_a_gap_less_believable():
    calm = [amount(1_000, [998, 1_000, 1_000, 1_002]) for _ in range(5)]
    wild = [amount(1_000, [700, 1_300, 700, 1_300]) for _ in range(5)]
    fall = amount(850, [998, 1_000, 1_000, 1_002])

    def chance(others: list[Series]) -> float | None:
        return judge([(one, STILL) for one in (fall, *others)], is_rate=False, good="up", rule=RULE)[0].chance

    beside_calm, beside_wild = chance(calm), chance(wild)
    assert beside_calm is not None
    assert beside_wild is not None
    assert beside_calm < 0.001 < 0.2 < beside_wild
