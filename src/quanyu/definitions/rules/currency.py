"""Currencies of ISO 4217 with the decimals of their smallest unit (`reliability.md` Y39)."""

from quanyu.config import Currency
from quanyu.errors import Problem, did_you_mean

# ISO 4217, active codes of countries, amended to 2026 (Bulgaria in the euro); funds, metals and test codes left out.
_TWO = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP "
    "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES "
    "KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK "
    "NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB "
    "TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
)
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"

MINOR_DIGITS = {code: digits for codes, digits in ((_TWO, 2), (_NONE, 0), (_THREE, 3)) for code in codes.split()}
"""Decimals of the smallest unit by currency code."""

_COMMON_NAMES = {"RMB": "CNY", "CNH": "CNY", "YUAN": "CNY", "元": "CNY", "人民币": "CNY", "￥": "CNY", "¥": "CNY"}


def read_currency(code: str) -> tuple[Currency | None, Problem | None]:
    """Return the currency of an ISO 4217 code, or the problem with it."""
    if code in MINOR_DIGITS:
        return Currency(code, MINOR_DIGITS[code]), None
    common = _COMMON_NAMES.get(code.upper(), code.upper() if code.upper() in MINOR_DIGITS else "")
    remedy = f"Use {common}." if common else did_you_mean(code, tuple(MINOR_DIGITS)) or "Use a code such as CNY."
    return None, Problem("config.currency", f'"{code[:20]}" is not a currency code of ISO 4217.', remedy)
