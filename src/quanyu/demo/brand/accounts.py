"""The accounts of persons as text: what each channel calls somebody.  No two persons have the same one."""

from quanyu.demo.brand.chance import Ints
from quanyu.demo.brand.texts import Texts, glued, number, padded


def member_no(numbers: Ints) -> Texts:
    """Return member numbers."""
    return glued("M", padded(numbers + 10_000_000, 9))


def second_member_no(numbers: Ints) -> Texts:
    """Return the numbers of second accounts of persons who registered twice."""
    return glued("M", padded(numbers + 810_000_000, 9))


def unionid(numbers: Ints) -> Texts:
    """Return WeChat unionids."""
    return glued("oUn", padded(numbers * 7_919 + 13, 12))


def openid(numbers: Ints) -> Texts:
    """Return the openids of the mini-program."""
    return glued("oMp", padded(numbers * 6_101 + 29, 12))


def account_openid(numbers: Ints) -> Texts:
    """Return the openids of the official account."""
    return glued("oOa", padded(numbers * 5_003 + 31, 12))


def external_userid(numbers: Ints) -> Texts:
    """Return the ids that WeCom gives contacts."""
    return glued("wm", padded(numbers * 9_973 + 17, 12))


def tmall_buyer(numbers: Ints) -> Texts:
    """Return Tmall buyer names."""
    return glued("tb", padded(numbers * 3_001 + 7, 10))


def live_buyer(numbers: Ints) -> Texts:
    """Return the ids that the live shop gives its buyers."""
    return glued("yz", padded(numbers * 2_003 + 5, 10))


def device(numbers: Ints) -> Texts:
    """Return ids of devices; shared ones have numbers below 0."""
    return glued("dv", padded(numbers + 1_000_000, 11))


def mobile(numbers: Ints) -> Texts:
    """Return mobile numbers."""
    return number(numbers)
