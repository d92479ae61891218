"""Money adds up exactly and never across currencies."""

import pytest

from quanyu.config import Currency
from quanyu.errors import InternalError
from quanyu.money import Money, currency_sign, total

CNY = Currency("CNY", 2)
USD = Currency("USD", 2)


def test_ten_cents_ten_times_is_one():
    assert total([Money(10, CNY)] * 10, CNY) == Money(100, CNY)


def test_nothing_sums_to_zero_of_the_currency():
    assert total([], USD) == Money(0, USD)


def test_amounts_subtract_negate_and_compare():
    assert Money(500, CNY) - Money(700, CNY) == -Money(200, CNY)
    assert Money(-1, CNY) < Money(0, CNY)
    assert not Money(0, CNY) < Money(0, CNY)


@pytest.mark.parametrize("operation", ["__add__", "__sub__", "__lt__"])
def test_two_currencies_are_never_mixed(operation: str):
    with pytest.raises(InternalError, match="CNY and USD"):
        getattr(Money(1, CNY), operation)(Money(1, USD))


def test_a_currency_without_a_known_sign_shows_its_code():
    assert (currency_sign(CNY), currency_sign(Currency("CHF", 2))) == ("¥", "CHF ")
