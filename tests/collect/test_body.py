"""Bodies within limits, and the pieces of records: identifiers, times, ids."""

import base64
import gzip
import json
import zlib
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quanyu.collect.body import (
    GIF,
    Limits,
    Unreadable,
    entries,
    fitting,
    form,
    from_base64,
    from_json,
    inflate,
    kept_text,
    value_of,
    written,
)
from quanyu.collect.fields import (
    LATEST_MS,
    basic_user,
    digest,
    filled,
    happened,
    identity,
    known_id,
    message_id,
    milliseconds,
    moment,
    of_traits,
    skew,
    times,
)
from quanyu.collect.record import Identity

SMALL = Limits(body_bytes=2_000, inflated_bytes=10_000, ratio=10, ratio_free_bytes=100, depth=4, keys=9, records=3)
VALUE = {"name": "好+ &=", "n": 1}
TEXT = json.dumps(VALUE, ensure_ascii=False).encode()
NOON_MS = 1_772_337_600_000


def refusal(function, *args: object) -> str:
    with pytest.raises(Unreadable) as refused:
        function(*args)
    return refused.value.code


@pytest.mark.parametrize(
    "body",
    [
        TEXT,
        b"\xef\xbb\xbf \n" + TEXT,
        gzip.compress(TEXT),
        zlib.compress(TEXT),
        base64.b64encode(TEXT),
        base64.urlsafe_b64encode(TEXT).rstrip(b"="),
        base64.b64encode(gzip.compress(TEXT)),
        b"data=" + quote(TEXT).encode(),
        b"crc=12&gzip=1&data=" + quote(base64.b64encode(gzip.compress(TEXT))).encode(),
        b"data_list=" + base64.b64encode(TEXT) + b"&gzip=0",
        gzip.compress(b"data=" + base64.b64encode(gzip.compress(TEXT))),
    ],
)
def test_what_a_body_is_shows_in_its_first_bytes(body: bytes):
    assert value_of(body) == VALUE


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "body.empty"),
        (b" \n", "body.empty"),
        (b"{" * 2_001, "body.too_large"),
        (gzip.compress(b"[" + b" " * 50_000), "body.bomb"),
        (gzip.compress(TEXT)[:-9], "body.bad_gzip"),
        (gzip.compress(TEXT) + b"more", "body.bad_gzip"),
        (b"\x1f\x8b\xff", "body.bad_gzip"),
        (b"hello, world", "body.bad_base64"),
        (b"{'a': 1}", "body.not_json"),
        (TEXT + b"x", "body.not_json"),
        (b"gzip=1", "body.not_json"),
        (b'{"a": "\xff"}', "body.not_json"),
        (base64.b64encode(base64.b64encode(base64.b64encode(base64.b64encode(base64.b64encode(b"[]" * 9))))),
         "body.not_json"),
    ],
)  # fmt: skip
def test_every_refusal_has_its_code(body: bytes, code: str):
    assert refusal(value_of, body, SMALL) == code


def test_a_bomb_is_refused_without_opening_it():
    bomb = gzip.compress(bytes(200_000_000), compresslevel=1)
    assert len(bomb) < 5_000_000
    assert refusal(inflate, bomb) == "body.bomb"


def test_small_bodies_of_alike_records_may_be_packed_tightly():
    assert len(inflate(gzip.compress(b"[" + b'{"a":1},' * 100_000))) == 800_001


def test_a_body_of_nothing_but_values_is_refused_unread():
    assert refusal(value_of, b"[" + b"{}," * 1_600_000 + b"{}]") == "body.too_many_values"
    assert value_of(b"[" + b'"a,b",' * 9 + b'""]', Limits(values=28))[0] == "a,b"
    assert refusal(value_of, b"[" + b'"a,b",' * 9 + b'""]', Limits(values=18)) == "body.too_many_values"


def test_json_nested_beyond_reading_is_refused():
    assert refusal(from_json, b"[" * 100_000 + b"]" * 100_000) == "body.too_deep"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a": NaN, "b": 1}', {"a": None, "b": 1}),
        (b'{"a": -Infinity}', {"a": None}),
        (b'{"a": "\\ud83d"}', {"a": "?"}),
        (b'{"a": 1e999}', {"a": "1e999"}),
        (b'{"a": ' + b"9" * 5_000 + b"}", {"a": "9" * 5_000}),
        (b'{"a": 9007199254740993}', {"a": 9_007_199_254_740_993}),
        (b'{"a": 123456789012345678901234567890}', {"a": 123456789012345678901234567890}),
    ],
)
def test_what_is_odd_about_one_value_costs_nothing_else(text: bytes, value: object):
    assert from_json(text) == value
    assert from_json(written(value).encode()) == value


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ([], "record.not_object"),
        ({"a": {"b": {"c": {"d": {}}}}}, "record.too_deep"),
        ({"a": [[[[]]]]}, "record.too_deep"),
        ({"a": list(range(9))}, "record.too_many_keys"),
        ({str(n): n for n in range(10)}, "record.too_many_keys"),
    ],
)
def test_a_record_has_bounds(record: object, code: str):
    assert refusal(fitting, record, SMALL) == code


def test_a_record_within_bounds_is_given_back():
    assert fitting({"a": {"b": [{"c": 1}]}}, SMALL) == {"a": {"b": [{"c": 1}]}}
    assert fitting({str(n): n for n in range(9)}, SMALL)


def test_a_request_has_a_bound_of_records():
    assert entries([1, 2, 3], SMALL) == [1, 2, 3]
    assert list(entries({"a": 1}, SMALL)) == [{"a": 1}]
    assert refusal(entries, [1, 2, 3, 4], SMALL) == "body.too_many_records"


def test_plus_signs_of_base64_survive_forms():
    assert form("a=1+2&b=%2B&a=3") == {"a": b"1+2", "b": b"+"}
    assert from_base64(b"+/ /") == from_base64(b"-_-_") == b"\xfb\xff\xbf"


def test_bytes_are_kept_as_they_were():
    assert kept_text("好".encode()) == "好"
    assert base64.b64decode(kept_text(b"\xff\x00").removeprefix("base64:")) == b"\xff\x00"
    assert GIF.startswith(b"GIF89a")


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
@example(b"\x1f\x8b")
@example(b"\x78\x9c")
@example(b"data=%")
def test_no_bytes_raise_anything_else(body: bytes):
    for data in (body, gzip.compress(body), base64.b64encode(body), b"data=" + body):
        try:
            value_of(data, SMALL)
        except Unreadable as refused:
            assert refused.code.startswith("body.")
            assert refused.fault("x").text == "x"


@pytest.mark.parametrize(
    "nobody",
    [
        *("", "  ", "null", "NULL", "undefined", "None", "0", "-1", "anonymous", "未取到值_直接打开", "未登录"),
        *(0, True, None, 1.5, [], {}, "x" * 513, 10**100, "00000000-0000-0000-0000-000000000000"),
    ],
)
def test_what_stands_for_nobody_is_no_identifier(nobody: object):
    assert known_id(nobody) is None
    assert identity("member_id", nobody) is None


@pytest.mark.parametrize(("value", "text"), [(" u-1 ", "u-1"), (42, "42"), ("00", "00"), ("nobody", "nobody")])
def test_identifiers_are_text_without_blanks(value: object, text: str):
    assert known_id(value) == text


def test_traits_name_identities_by_several_names():
    traits = {"mobile": "", "phone": "13800000000", "unionId": "w-1", "email": None}
    assert of_traits(traits) == (Identity("mobile", "13800000000"), Identity("unionid", "w-1"))


def test_fills_mean_no_value():
    assert filled({"a": "未取到值", "b": ["未取到值_x", 1]}) == {"a": None, "b": [None, 1]}


@pytest.mark.parametrize(
    "told",
    [
        *(NOON_MS, NOON_MS // 1000, str(NOON_MS), str(NOON_MS // 1000), "1772337600.000", float(NOON_MS)),
        *("2026-03-01T04:00:00Z", "2026-03-01T12:00:00.000+08:00", "2026-03-01 04:00:00", "2026-03-01T04:00:00.0Z"),
    ],
)
def test_one_moment_in_its_many_spellings(told: object):
    assert moment(told) == NOON_MS
    assert happened(told) == NOON_MS


def test_a_time_without_a_zone_is_read_in_the_given_one():
    assert moment("2026-03-01 12:00:00.5", ZoneInfo("Asia/Shanghai")) == NOON_MS + 500


@pytest.mark.parametrize(
    "told",
    [
        *("soon", "2026031", "2026-13-01", "12:00", 0, -5, 12, True, [], {}, float("inf"), 10**30, LATEST_MS + 1),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1969-01-01T00:00:00Z"),
    ],
)
def test_what_is_no_time_of_an_event(told: object):
    assert moment(told) is None
    assert refusal(happened, told) == "time.unreadable"


def test_no_time_is_no_fault():
    assert happened(None) is None
    assert happened("") is None
    assert milliseconds(None) is None


@pytest.mark.parametrize(
    ("sent_at", "behind"),
    [(None, 0), (NOON_MS - 300_000, 0), (NOON_MS - 300_001, 300_001), (NOON_MS + 600_000, -600_000)],
)
def test_a_clock_is_wrong_only_beyond_what_a_request_takes(sent_at: int | None, behind: int):
    assert skew(sent_at, NOON_MS) == behind
    told = times(NOON_MS - 1_000_000, sent_at, NOON_MS, corrects=True)
    assert told.happened_at == NOON_MS - 1_000_000 + behind
    assert times(NOON_MS - 1_000_000, sent_at, NOON_MS, corrects=False).happened_at == NOON_MS - 1_000_000


def test_the_hash_of_a_record_is_of_what_it_says():
    record = {"b": 1, "a": {"y": 1, "x": [1, 2]}, "sentAt": "now"}
    same = {"a": {"x": [1, 2], "y": 1}, "sentAt": "later", "b": 1}
    assert digest(record, ("sentAt",)) == digest(same, ("sentAt",))
    assert digest(record) != digest(same)
    assert message_id("", record, ("sentAt",)) == "h:" + digest(same, ("sentAt",))
    assert message_id("m-1", record) == "m-1"


def test_the_user_of_basic_auth_is_the_key():
    code = base64.b64encode("键:secret".encode()).decode()
    assert basic_user({"authorization": f"basic {code}"}) == "键"
    assert basic_user({"authorization": f"Bearer {code}"}) is None
    assert basic_user({"authorization": "Basic =="}) is None
    assert basic_user({}) is None
