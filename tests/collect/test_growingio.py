"""GrowingIO: its compressions, its protocol buffers, pictures with raw "&", items, what is answered."""

import gzip
import json
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from growingio_tracker import AsyncBufferedConsumer, BufferedConsumer, DefaultConsumer, GrowingTracker
from hypothesis import given, settings
from hypothesis import strategies as st

from collect.recorder import Recorder
from quanyu.collect.families.growingio import FAMILY
from quanyu.collect.protobuf import ProtobufError, fields
from quanyu.collect.record import Change, Identity, Kind, Record, Request
from quanyu.collect.snappy import SnappyError, decompressed

NOW = 1_790_000_000_000
COLLECT = "/v3/projects/p1/collect"
ITEMS = "/projects/p1/collect/item"
WEB = {
    "eventType": "CUSTOM",
    "eventName": "ViewProduct",
    "timestamp": NOW - 1_000,
    "deviceId": "d1",
    "userId": "M1",
    "sessionId": "s1",
    "eventSequenceId": 7,
    "dataSourceId": "ds1",
    "platform": "Web",
    "sdkVersion": "4.3.1",
    "domain": "shop.example",
    "path": "/p/1",
    "query": "utm_source=red",
    "attributes": {"price": "69.9", "skus": "A||B"},
}
# Written by growingio-tracker 1.0.5 with protobuf 3.20: an event and a login, then an item.
EVENTS_PROTOBUF = bytes.fromhex(
    "0a680a046465763112024d312a02647330013a06707974686f6e4080d095ffbc319a0105312e302e35b201085061794f72646572c2010e0a06e4"
    "bbb7e6a0bc120436392e39c2010b0a03736b751204617c7c62aa030370726ab00381d095ffbc31ba03066d656d6265720a4c0a04646576311202"
    "4d312a02647330033a06707974686f6e4080d095ffbc319a0105312e302e35c2010b0a0667656e646572120166aa030370726ab00381d095ffbc"
    "31ba03066d656d626572"
)
ITEMS_PROTOBUF = bytes.fromhex("121f0a0253311203736b751a0b0a046e616d651203e88cb6220264732a0370726a")
# Written by python-snappy: two events, with copies of one and two bytes of offset and a long literal.
SNAPPY = bytes.fromhex(
    "f301585b7b226576656e7454797065223a22435553544f4d222c0915084e616d01151c5061794f726465722e17000832223a151811203e080040"
    "222c2274696d657374616d70223a3137301901902c226465766963654964223a226431222c22706c6174666f726d223a224d696e50227d2c7b09"
    "85045479929a009e6a00047d5d"
)
# Written by lz-string 1.5.0: [{"eventType":"CUSTOM","eventName":"浏览商品","attributes":{…}}] without anybody in it.
LZ_UINT8 = bytes.fromhex(
    "3686f0440a606e107602e015027801c26017180c20550195101e40593001a48604039010c05b0db41e56d009c8c0c555041954ac7be3c004e012"
    "c011805778100339670a944063166001b004e00741afa058152c6101b30400200642702f06e0003db0017cec05d20000"
)
LZ_URI = (
    "NobwRApgbhB2AuAVAngBwmAXGAwgVQGVEB5AWTABpIYEA5AQwFsNtB5W0AnIwMVVBBlUrHvjwATgEsARgFd4EAM5ZwqUQGMWYAGwBOAHQa+gWBUsYQ"
    "GzBAAgBkJwLwbgAD2wAXzsBdIA"
)
LZ_UTF16 = bytes.fromhex(
    "e1ada3e3b0b1c5acdc81cf90e0aea0e2a8a4e7a0a1e68590d7a6c6a4d5b0e0b388e48299c392e380a1e589a3c4a0e788a2e0b0a5e5a28de58299"
    "e2b780e0a7a8e68282e595a1cd8ae4aba7e5bcbe33e48185e480b1e4818be5b8a4c287e19a90e59382c6ace2b3a0c790ca90c7b0e39894d6a1e2"
    "a683d0a6e698a840cd81e1b0abe683bc23e6b6a0d893e5a0abe588a020"
)


def post(body: bytes | str, query: str = "", path: str = COLLECT, **headers: str) -> Request:
    data = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method="POST", path=path, query=query, headers=named, body=data, received_at=NOW)


def get(query: str) -> Request:
    return Request(method="GET", path=COLLECT, query=query, received_at=NOW)


def only(query: str = "", **changed: Any) -> Record:
    """The one record of a request that sends one event."""
    decoded = FAMILY.decode(post(json.dumps([{**WEB, **changed}]), query))
    assert decoded.faults == ()
    (record,) = decoded.records
    return record


TEXT = json.dumps([WEB])
# Snappy lets a text be one long literal: length, tag with a length of two bytes, text.
PLAIN_SNAPPY = (
    bytes([len(TEXT) & 0x7F | 0x80, len(TEXT) >> 7, 61 << 2]) + (len(TEXT) - 1).to_bytes(2, "little") + TEXT.encode()
)
STM = str(NOW - 500)
FORMS = {
    "post": post(TEXT, f"stm={STM}", content_type="text/plain"),
    "post gzip": post(gzip.compress(TEXT.encode()), f"stm={STM}"),
    "post data=": post("data=" + quote(TEXT), f"stm={STM}"),
    "snappy": post(PLAIN_SNAPPY, f"stm={STM}", x_compress_codec="2"),
    "snappy and xor": post(
        bytes(byte ^ (int(STM) & 0xFF) for byte in PLAIN_SNAPPY), f"stm={STM}", x_compress_codec="2", x_crypt_codec="1"
    ),
    "image escaped": get(f"stm={STM}&data={quote(TEXT, safe='')}"),
    "image raw": get(f"stm={STM}&compress=0&data={TEXT}"),
}


CONSUMERS = {
    "default": DefaultConsumer,
    "buffered": BufferedConsumer,
    "async": partial(AsyncBufferedConsumer, flush_after=0.05),
}


# The SDK's own thread calls what Python 3.10 deprecated.
@pytest.mark.filterwarnings("ignore:isSet:DeprecationWarning")
@pytest.mark.parametrize("consumer", CONSUMERS)
@pytest.mark.parametrize("slash", ["", "/"])
def test_every_call_of_the_python_tracker_arrives_once(recorder: Recorder, consumer: str, slash: str):
    sending = CONSUMERS[consumer]("p1", "ds1", recorder.url + slash)
    tracker = GrowingTracker.consumer(sending)
    tracker._product_id, tracker._data_source_id = "p1", "ds1"
    tracker.track_custom_event("PayOrder", NOW, "d1", "mobile", "13800000000", {"skus": ["A", "B"], "total": 69.9})
    tracker.track_user("member", "M1", "d1", NOW, {"gender": "女"})
    tracker.submit_item("sku", "A-1", {"name": "茶"})
    if consumer == "buffered":
        sending.flush()
    recorder.wait_for(3)
    if consumer == "async":
        sending.stop()
    event, login, item = sorted(recorder.records, key=lambda record: list(Kind).index(record.kind))

    assert recorder.faults == []
    assert len(recorder.records) == 3
    assert (event.event, event.happened_at, event.skew_ms) == ("PayOrder", NOW, 0)
    assert event.identities == (Identity("mobile", "13800000000"), Identity("device", "d1"))
    assert event.properties == {"skus": "A||B", "total": 69.9}
    assert (login.kind, login.traits) == (Kind.IDENTIFY, {"gender": "女"})
    assert login.identities == (Identity("member_id", "M1"), Identity("device", "d1"))
    assert item.properties == {"name": "茶", "item_type": "sku", "item_id": "A-1"}
    assert {FAMILY.write_key(kept) for kept in recorder.kept} == {"p1"}
    assert event.library == "python 1.0.5"


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_the_same_record(form):
    decoded = FAMILY.decode(FORMS[form])

    assert decoded.faults == ()
    (record,) = decoded.records
    assert (record.kind, record.event, record.happened_at) == (Kind.TRACK, "ViewProduct", NOW - 1_000)
    assert record.identities == (Identity("member_id", "M1"), Identity("device", "d1"))
    assert record.properties == {"price": "69.9", "skus": "A||B"}
    assert (record.library, record.sent_at) == ("Web 4.3.1", NOW - 500)
    assert FAMILY.write_key(FORMS[form]) == "p1"


LZ_FORMS = {
    "bytes": post(LZ_UINT8, "stm=1&compress=1"),
    "address": get(f"stm=1&compress=11&data={LZ_URI}"),
    "address escaped": get(f"stm=1&compress=11&data={quote(LZ_URI, safe='')}"),
    "utf-16": post(LZ_UTF16, "stm=1&compress=1", x_compress_codec="1"),
}


@pytest.mark.parametrize("form", LZ_FORMS)
def test_each_form_of_lz_string_is_opened(form):
    (fault,) = FAMILY.decode(LZ_FORMS[form]).faults
    assert fault.code == "growingio.no_identity"
    assert json.loads(fault.text)["attributes"] == {"price": "69.9", "名": "茶 & 😀"}


def test_a_picture_with_raw_ampersands_in_its_json_is_whole():
    record = FAMILY.decode(get('stm=1&data=[{"eventType":"PAGE","deviceId":"d&data=1","query":"a=1&b=2"}]')).records[0]
    assert record.identities == (Identity("device", "d&data=1"),)
    assert record.context["query"] == "a=1&b=2"


def test_a_picture_cut_off_at_a_raw_hash_is_kept():
    query = 'stm=1&data=[{"eventType":"PAGE","title":"No'
    (fault,) = FAMILY.decode(get(query)).faults
    assert (fault.code, fault.text) == ("growingio.cut_off", query)


def test_events_of_the_python_tracker_as_protocol_buffers():
    event, login = FAMILY.decode(post(EVENTS_PROTOBUF, content_type="application/protobuf")).records

    assert (event.kind, event.event, event.happened_at) == (Kind.TRACK, "PayOrder", 1_700_000_000_000)
    assert event.properties == {"价格": "69.9", "sku": "a||b"}
    assert event.identities == (Identity("member_id", "M1"), Identity("device", "dev1"))
    assert (event.context["dataSourceId"], event.context["projectKey"]) == ("ds", "prj")
    assert (login.kind, login.traits) == (Kind.IDENTIFY, {"gender": "f"})


def test_items_as_protocol_buffers_and_as_json_are_the_same():
    (wire,) = FAMILY.decode(post(ITEMS_PROTOBUF, path=ITEMS, content_type="application/protobuf")).records
    said = {"key": "sku", "id": "S1", "attributes": {"name": "茶"}, "dataSourceId": "ds", "projectKey": "prj"}
    (plain,) = FAMILY.decode(post(json.dumps([said]), path=ITEMS)).records

    assert wire == plain
    assert (wire.kind, wire.properties) == (Kind.ITEM, {"name": "茶", "item_type": "sku", "item_id": "S1"})


def test_a_broken_event_among_protocol_buffers_costs_only_itself():
    broken = b"\x0a\x03\x0a\x09x"
    decoded = FAMILY.decode(post(EVENTS_PROTOBUF + broken, content_type="application/protobuf"))
    assert len(decoded.records) == 2
    assert [(fault.code, fault.text) for fault in decoded.faults] == [("growingio.bad_protobuf", "\n\tx")]


def test_a_text_that_is_no_text_is_kept_as_base64():
    (fault,) = FAMILY.decode(post(b"\x0a\x03\x0a\x01\xff", content_type="application/protobuf")).faults
    assert (fault.code, fault.text) == ("growingio.bad_protobuf", "base64:CgH/")


def test_the_thing_an_event_is_about_is_in_its_context():
    # device_id "d", resource_item {id "S1", key "sku"}.
    event = b"\x0a\x01d\xca\x01\x09\x0a\x02S1\x12\x03sku"
    (record,) = FAMILY.decode(post(b"\x0a" + bytes([len(event)]) + event, content_type="application/protobuf")).records
    assert record.context["resourceItem"] == {"id": "S1", "key": "sku"}


def test_a_picture_of_an_old_sdk_has_nothing_before_its_data():
    assert FAMILY.decode(get("data=" + TEXT)).records[0].event == "ViewProduct"


def test_more_entries_than_a_request_may_hold_are_one_fault():
    decoded = FAMILY.decode(post(b"\x0a\x00" * 50_001, content_type="application/protobuf"))
    assert [fault.code for fault in decoded.faults] == ["body.too_many_records"]


def test_an_event_type_of_zero_is_not_written_and_is_visit():
    # device_id "d" alone.
    (record,) = FAMILY.decode(post(b"\x0a\x03\x0a\x01d", content_type="application/protobuf")).records
    assert (record.event, record.identities) == ("VISIT", (Identity("device", "d"),))


def test_snappy_with_copies_is_opened():
    assert json.loads(decompressed(SNAPPY, 1_000))[1] == {
        "eventType": "CUSTOM",
        "eventName": "PayOrder",
        "timestamp": 1_700_000_000_000,
        "deviceId": "d1",
    }
    # "ab", then a copy of eight from two before: it runs into what it writes.
    assert decompressed(b"\x0a\x04ab\x11\x02", 10) == b"ababababab"


def test_snappy_that_says_too_much_or_ends_early_is_refused():
    with pytest.raises(SnappyError, match="more than 9 bytes"):
        decompressed(b"\x0a\x04ab\x11\x02", 9)
    for size in range(len(SNAPPY)):
        with pytest.raises(SnappyError):
            decompressed(SNAPPY[:size], 1_000)
    with pytest.raises(SnappyError, match="before the text"):
        decompressed(b"\x0a\x04ab\x11\x09", 10)


def test_protocol_buffers_hold_negative_and_fixed_numbers():
    assert list(fields(b"\x08" + b"\xff" * 9 + b"\x01")) == [(1, -1)]
    assert list(fields(b"\x11\x00\x00\x00\x00\x00\x00\xf0\x3f\x1d\x00\x00\x80\x3f")) == [(2, 1.0), (3, 1.0)]
    with pytest.raises(ProtobufError, match="wire type 3"):
        list(fields(b"\x0b"))
    with pytest.raises(ProtobufError, match="inside a number"):
        list(fields(b"\x08\xff"))


@pytest.mark.parametrize("user_type", ["LOGIN_USER_ATTRIBUTES", "VISITOR_ATTRIBUTES"])
def test_attributes_of_users_are_traits(user_type):
    record = only(eventType=user_type, eventName=None, attributes={"gender": "f"})
    assert (record.kind, record.change, record.event) == (Kind.IDENTIFY, Change.SET, "")
    assert (record.traits, record.properties) == ({"gender": "f"}, {})


def test_events_the_sdk_takes_by_itself_are_called_by_their_type():
    assert only(eventType="PAGE", eventName=None).event == "PAGE"
    assert only(eventType="VIEW_CLICK", eventName=None).event == "VIEW_CLICK"


@pytest.mark.parametrize(
    ("key", "id_type"),
    [("mobile", "mobile"), ("Email", "email"), ("unionId", "unionid"), ("$basic_userId", "member_id")],
)
def test_user_key_says_what_kind_of_id_it_is(key, id_type):
    assert only(userKey=key, userId="v").identities[0] == Identity(id_type, "v")


def test_the_pages_address_is_put_together():
    assert only(protocolType="https").context["url"] == "https://shop.example/p/1?utm_source=red"
    assert only().context["url"] == "//shop.example/p/1?utm_source=red"
    assert "url" not in only(platform="MinP").context


def test_a_browsers_clock_is_set_right_by_stm_and_a_servers_is_not():
    hour = 3_600_000
    behind = only(f"stm={NOW - hour}", timestamp=NOW - hour - 5)
    assert (behind.happened_at, behind.skew_ms) == (NOW - 5, hour)
    assert only(f"stm={NOW - hour}", timestamp=NOW - hour - 5, platform="python").skew_ms == 0


def test_an_event_sent_again_as_a_picture_has_the_same_id():
    posted = FAMILY.decode(FORMS["post"]).records[0]
    pictured = FAMILY.decode(get(f"stm={NOW}&data={TEXT}")).records[0]
    assert posted.message_id == pictured.message_id
    assert posted.message_id != only(eventSequenceId=8).message_id
    assert only(eventSequenceId=None).message_id.startswith("h:")


def test_each_entry_is_a_record_or_a_fault():
    entries = [WEB, 1, {**WEB, "eventName": None}, {**WEB, "userId": "", "deviceId": None}, {**WEB, "timestamp": "?"}]
    decoded = FAMILY.decode(post(json.dumps(entries)))
    assert len(decoded.records) == 1
    assert [fault.code for fault in decoded.faults] == [
        "record.not_object",
        "growingio.no_event",
        "growingio.no_identity",
        "time.unreadable",
    ]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (post("[]x", x_compress_codec="2"), "growingio.bad_snappy"),
        (post(b"\xff\xfe", x_compress_codec="1"), "growingio.bad_lzstring"),
        (post(b"\xff\xfe", "compress=1"), "growingio.bad_lzstring"),
        (post("x", x_crypt_codec="1"), "growingio.no_stm"),
        (post(b"\xff", content_type="application/protobuf"), "growingio.bad_protobuf"),
        (post(b"\x18\x01", content_type="application/protobuf"), "growingio.bad_protobuf"),
        (post(b"\xff"), "body.not_json"),
        (get("stm=1"), "body.empty"),
        (post('[{"key":"sku"}]', path=ITEMS), "growingio.no_item"),
    ],
)
def test_what_cannot_be_read_is_a_fault(request_, code):
    decoded = FAMILY.decode(request_)
    assert decoded.records == ()
    assert [fault.code for fault in decoded.faults] == [code]


def test_answer_is_204_without_a_body():
    assert (FAMILY.answer(post(TEXT)).status, FAMILY.answer(post(TEXT)).body) == (204, b"")


def test_paths_are_exact():
    assert FAMILY.owns("POST", COLLECT)
    assert FAMILY.owns("GET", COLLECT)
    assert FAMILY.owns("POST", "/" + COLLECT)
    assert FAMILY.owns("POST", ITEMS)
    assert not FAMILY.owns("GET", ITEMS)
    assert not FAMILY.owns("POST", "/v3/projects//collect")
    assert not FAMILY.owns("POST", "/v2/projects/p1/collect")
    assert FAMILY.write_key(post("", path=ITEMS)) == "p1"


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), st.lists, max_leaves=6)
ENTRY = st.dictionaries(
    st.sampled_from(["eventType", "eventName", "deviceId", "userId", "userKey", "timestamp", "attributes", "platform"]),
    JSON | st.sampled_from(["CUSTOM", "PAGE", "Web"]) | st.dictionaries(st.text(max_size=9), JSON, max_size=3),
)


@given(st.lists(ENTRY | JSON, max_size=6))
@settings(max_examples=50, deadline=None)
def test_entries_of_any_list_are_accounted_for(entries):
    decoded = FAMILY.decode(post(json.dumps(entries)))
    assert len(decoded.records) + len(decoded.faults) == len(entries)


HEADERS = st.sampled_from(
    [
        {},
        {"content-type": "application/protobuf"},
        {"x-compress-codec": "1"},
        {"x-compress-codec": "2"},
        {"x-compress-codec": "2", "x-crypt-codec": "1"},
    ]
)


@given(st.binary(max_size=120), HEADERS, st.sampled_from(["", "stm=7", "stm=7&compress=1", "compress=11"]))
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_decoded_without_raising(data, headers, query):
    request = Request(method="POST", path=COLLECT, query=query, headers=headers, body=data, received_at=NOW)
    decoded = FAMILY.decode(request)
    assert decoded.records or decoded.faults or data.strip() == b"[]"


@given(st.binary(max_size=80))
@settings(max_examples=50, deadline=None)
def test_any_message_of_a_list_is_a_record_or_a_fault(message):
    data = b"\x0a" + bytes([len(message)]) + message
    decoded = FAMILY.decode(post(data, content_type="application/protobuf"))
    assert len(decoded.records) + len(decoded.faults) == 1
