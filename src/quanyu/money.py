"""Money: a whole number of the smallest unit and its currency; no floats, no silent mixing of currencies."""

from collections.abc import Iterable
from dataclasses import dataclass

from quanyu.config import Currency
from quanyu.errors import InternalError

# Currencies whose symbol people know without thinking; others are shown by their ISO 4217 code.
SYMBOLS = {
    "CNY": "¥",
    "EUR": "€",
    "GBP": "£",
    "HKD": "HK$",
    "INR": "₹",
    "JPY": "JP¥",
    "KRW": "₩",
    "SGD": "S$",
    "THB": "฿",
    "TWD": "NT$",
    "USD": "$",
    "VND": "₫",
}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount: `minor` counts the currency's smallest unit (fen, cents), negative for what is owed or returned."""

    minor: int
    currency: Currency

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise InternalError(f"{self.currency.code} and {other.currency.code} have no sum and no order")
        return other.minor


def total(amounts: Iterable[Money], currency: Currency) -> Money:
    """Return the sum of amounts of one currency; nothing sums to zero of it."""
    return sum(amounts, start=Money(0, currency))


def currency_sign(currency: Currency) -> str:
    """Return what stands before an amount: the currency's symbol, or its code and a space."""
    return SYMBOLS.get(currency.code, f"{currency.code} ")
