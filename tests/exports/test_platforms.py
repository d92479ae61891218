import hashlib

import pytest

from quanyu.errors import UserError
from quanyu.exports.platforms import PLATFORMS, Hash, Spelling, find_platform, hashed, spelled


@pytest.mark.parametrize(
    ("number", "spelling", "form"),
    [
        ("13912345678", Spelling.MAINLAND, "13912345678"),
        ("13912345678", Spelling.E164, "+8613912345678"),
        ("13912345678", Spelling.DIGITS, "8613912345678"),
        ("+85291234567", Spelling.MAINLAND, None),
        ("+85291234567", Spelling.E164, "+85291234567"),
        ("+85291234567", Spelling.DIGITS, "85291234567"),
        ("12012345678", Spelling.E164, None),
        ("junk", Spelling.DIGITS, None),
    ],
)
def test_numbers_are_spelled_as_platforms_want_them(number: str, spelling: Spelling, form: str | None):
    assert spelled(number, spelling) == form


def test_the_hash_is_of_the_form_in_lower_case_hex():
    google, name = find_platform("google", None)
    # sha256sum of the text, made outside Python.
    assert hashed(["13912345678"], google, name) == ["ac2a8ba22a34539925c3bc87738bf355d914e84daff44eba0d39e8724f2abd9e"]


def test_the_example_on_the_platforms_own_page():
    # "List of supported IDs and formats for a customer file": the hash printed there is of 37493828222, without `+`.
    tiktok, name = find_platform("tiktok", None)
    said = "65b7e6dcf6f4310f8d7cbfbd78289a753062fb054d6664fb9aaac5df66a422d4"
    assert hashed(["+37493828222"], tiktok, name) == [said]


def test_numbers_without_the_form_have_no_hash():
    tencent, name = find_platform("tencent_ads", "md5")
    assert name is Hash.MD5
    assert hashed(["13912345678", "+85291234567"], tencent, name) == [hashlib.md5(b"13912345678").hexdigest()]


def test_every_platform_takes_its_first_hash():
    for code, platform in PLATFORMS.items():
        assert find_platform(code, None) == (platform, platform.hashes[0])


@pytest.mark.parametrize(
    ("code", "name", "problem"), [("gogle", None, "export.platform"), ("google", "md5", "export.hash")]
)
def test_an_unknown_platform_or_hash_is_refused(code: str, name: str | None, problem: str):
    with pytest.raises(UserError) as caught:
        find_platform(code, name)
    assert caught.value.code == problem
