"""The stability index against a calculation by hand, and at its edges."""

import math

import pytest

from quanyu.stats.stability import stability_index


def test_psi_by_hand():
    # Shares .5/.5 before, .6/.4 now: .1·ln(1.2) − .1·ln(.8).
    expected = 0.1 * math.log(1.2) - 0.1 * math.log(0.8)
    assert stability_index([60, 40], [50, 50]) == pytest.approx(expected)


def test_nothing_moved_is_zero_and_both_ways_are_equal():
    assert stability_index([3, 7], [30, 70]) == 0
    assert stability_index([60, 40], [50, 50]) == pytest.approx(stability_index([50, 50], [60, 40]))


def test_a_value_that_appears_has_a_finite_part():
    moved = stability_index([50, 50], [100, 0])
    assert moved is not None
    assert 0.25 < moved < 10


def test_nobody_has_no_index():
    assert stability_index([], []) is None
    assert stability_index([1, 2], [0, 0]) is None
