"""LZ-string against what the npm package lz-string 1.5.0 wrote, in its three forms."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.collect.lzstring import LzStringError, from_uint8, from_uri, from_utf16

JSON = '[{"eventType":"CUSTOM","eventName":"浏览商品","attributes":{"price":"69.9","名":"茶 & 😀"}}]'
# Text, compressToUint8Array (hex), compressToEncodedURIComponent, compressToUTF16 (its UTF-8 in hex).
WRITTEN = [
    ("", "4000", "Q", "e280a020"),
    ("a", "2190", "IZA", "e183a820"),
    (
        "hello hello hello",
        "0585303660f6004a13729000",
        "BYUwNmD2AEoTcpA",
        "cba2e4b0ade4b0bee680a4e582bbe4a9a020",
    ),
    (
        "春夏秋冬春夏秋冬",
        "a919a784d4d39e8358aa9400",
        "qRmnhNTTnoNYqpQ",
        "e592ace6a881e1aabae3a888e1aba5e2a9b020",
    ),
    ("a" * 40, "218d7c655900", "IY18ZVkA", "e183a6e5bcb9e2ad8020"),
    (
        JSON,
        "3686f0440a606e107602e015027801c26017180c20550195101e40593001a48604039010c05b0db41e56d009c8c0c555041954ac7be3c0"
        "04e012c011805778100339670a944063166001b004e00741afa058152c6101b30400200642702f06e0003db0017cec05d20000",
        "NobwRApgbhB2AuAVAngBwmAXGAwgVQGVEB5AWTABpIYEA5AQwFsNtB5W0AnIwMVVBBlUrHvjwATgEsARgFd4EAM5ZwqUQGMWYAGwBOAHQa+gWBU"
        "sYQGzBAAgBkJwLwbgAD2wAXzsBdIA",
        "e1ada3e3b0b1c5acdc81cf90e0aea0e2a8a4e7a0a1e68590d7a6c6a4d5b0e0b388e48299c392e380a1e589a3c4a0e788a2e0b0a5e5a28de5"
        "8299e2b780e0a7a8e68282e595a1cd8ae4aba7e5bcbe33e48185e480b1e4818be5b8a4c287e19a90e59382c6ace2b3a0c790ca90c7b0e398"
        "94d6a1e2a683d0a6e698a840cd81e1b0abe683bc23e6b6a0d893e5a0abe588a020",
    ),
]


@pytest.mark.parametrize(("text", "uint8", "uri", "utf16"), WRITTEN)
def test_all_three_forms_of_the_npm_package_are_read(text, uint8, uri, utf16):
    assert from_uint8(bytes.fromhex(uint8), 1_000) == text
    assert from_uri(uri, 1_000) == text
    assert from_utf16(bytes.fromhex(utf16).decode(), 1_000) == text


def test_a_blank_of_a_form_is_the_plus_it_was():
    assert from_uri("rRyl+1I", 100) == from_uri("rRyl 1I", 100) == "中国"


def test_a_text_that_says_more_than_the_limit_is_refused():
    with pytest.raises(LzStringError, match="more than 39"):
        from_uri("IY18ZVkA", 39)
    assert len(from_uri("IY18ZVkA", 40)) == 40


def test_a_text_that_was_cut_off_is_refused():
    whole = bytes.fromhex(WRITTEN[-1][1])
    for size in range(0, len(whole) - 3):
        with pytest.raises(LzStringError):
            from_uint8(whole[:size], 1_000)


def test_characters_outside_a_form_are_refused():
    with pytest.raises(LzStringError, match="alphabet"):
        from_uri("IZA!", 100)
    with pytest.raises(LzStringError, match="15-bit"):
        from_utf16("\x01", 100)


@given(st.binary(max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_bytes_give_a_text_within_the_limit_or_an_error(data):
    try:
        assert len(from_uint8(data, 500)) <= 500
    except LzStringError as error:
        assert str(error)
