"""How numbers are shown to people in Chinese and English; the console follows the same cases.

Rules (`console.md` §10, `tests/cases/format_cases.json`): short form from 10,000; the unit (万, 亿, K, M …) is chosen
after rounding, so that 99,999,999 is 1.00亿; halves round away from zero; null, zero and hidden are three signs.
"""

from decimal import ROUND_HALF_UP, Decimal

from quanyu.config import Language
from quanyu.errors import InternalError
from quanyu.money import Money, currency_sign

NULL_SIGN = "—"
HIDDEN_SIGN = "*"

Number = int | float | Decimal

SHORT_FROM = 10_000
# Power of ten, decimals shown, unit.
_UNITS: dict[Language, tuple[tuple[int, int, str], ...]] = {
    Language.ZH: ((4, 1, "万"), (8, 2, "亿"), (12, 2, "万亿")),
    Language.EN: ((3, 1, "K"), (6, 2, "M"), (9, 2, "B"), (12, 2, "T")),
}
_NEW = {Language.ZH: "新增", Language.EN: "new"}
_FLAT = {Language.ZH: "持平", Language.EN: "flat"}


def format_count(value: int | None, language: Language, *, exact: bool = False) -> str:
    """Return a count: short from 10,000 (`908.3万`, `9.08M`), or every digit when `exact`; null is `—`."""
    if value is None:
        return NULL_SIGN
    return _signed(Decimal(value), "", language, digits=0, exact=exact)


def format_money(value: Money | None, language: Language, *, exact: bool = False) -> str:
    """Return an amount with its currency: `¥412.60`, short from 10,000 (`¥3.13亿`) unless `exact`; null is `—`."""
    if value is None:
        return NULL_SIGN
    digits = value.currency.minor_digits
    major = Decimal(value.minor).scaleb(-digits)
    return _signed(major, currency_sign(value.currency), language, digits=digits, exact=exact)


def format_rate(ratio: Number | None) -> str:
    """Return a ratio as per cent with two decimals, `11.24%`; the same in both languages; null is `—`."""
    if ratio is None:
        return NULL_SIGN
    shown = _rounded(_decimal(ratio) * 100, 2)
    return f"{shown:,.2f}%"


def format_ratio(value: Number | None) -> str:
    """Return a plain quotient, such as a lift or a Gini coefficient, with two decimals: `1.52`; null is `—`."""
    return NULL_SIGN if value is None else f"{_rounded(_decimal(value), 2):,.2f}"


def format_index(value: Number | None) -> str:
    """Return an index to 100, such as TGI, as a whole number: `132`; null is `—`."""
    return NULL_SIGN if value is None else f"{_rounded(_decimal(value), 0):,.0f}"


def format_change(value: Number | None, base: Number | None, language: Language) -> str:
    """Return the relative change from base to value: `↑ 6.18%`.

    A missing side gives `—`, a base of zero 新增 / new, a change below 0.005% 持平 / flat.  For counts and money; the
    change of a rate is `format_rate_change`.
    """
    if value is None or base is None:
        return NULL_SIGN
    before, after = _decimal(base), _decimal(value)
    if before == 0:
        return _FLAT[language] if after == 0 else _NEW[language]
    return _arrow((after - before) / abs(before) * 100, "%", language)


def format_rate_change(ratio: Number | None, base: Number | None, language: Language) -> str:
    """Return the difference of two ratios in percentage points, `↓ 0.83 pt`; never in per cent; null is `—`."""
    if ratio is None or base is None:
        return NULL_SIGN
    return _arrow((_decimal(ratio) - _decimal(base)) * 100, " pt", language)


def _arrow(change: Decimal, unit: str, language: Language) -> str:
    shown = _rounded(change, 2)
    if shown == 0:
        return _FLAT[language]
    return f"{'↑' if shown > 0 else '↓'} {abs(shown):,.2f}{unit}"


def _signed(value: Decimal, sign: str, language: Language, *, digits: int, exact: bool) -> str:
    size = abs(value)
    text = f"{size:,.{digits}f}" if exact or size < SHORT_FROM else _short(size, language)
    return f"{'-' if value < 0 else ''}{sign}{text}"


def _short(size: Decimal, language: Language) -> str:
    units = _UNITS[language]
    for (power, decimals, unit), larger in zip(units, (*units[1:], None), strict=True):
        shown = _rounded(size.scaleb(-power), decimals)
        if larger is None or shown < Decimal(10) ** (larger[0] - power):
            return f"{shown:,.{decimals}f}{unit}"
    raise InternalError("the largest unit takes every number")


def _rounded(value: Decimal, decimals: int) -> Decimal:
    # Decimal's HALF_UP is away from zero on both sides; adding zero turns -0.00 into 0.00.
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) + 0


def _decimal(value: Number) -> Decimal:
    number = Decimal(str(value))
    if not number.is_finite():
        raise InternalError("a number to show is null or finite; a division by zero must give null")
    return number
