"""Segment: the real Python SDK, and bodies as the Web and Node SDKs write them."""

import base64
import gzip
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from segment.analytics.client import Client

from collect.recorder import Recorder, recording, request
from quanyu.collect.families.segment import FAMILY
from quanyu.collect.record import Identity, Kind

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=timezone(timedelta(hours=8)))
NOON_MS = 1_772_337_600_000
NOON_TEXT = "2026-03-01T04:00:00.000Z"
RECEIVED = NOON_MS + 1_000


def only(body: object, path: str = "/v1/batch", **rest: object):
    decoded = FAMILY.decode(request(json.dumps(body), path, received_at=RECEIVED, **rest))
    assert decoded.faults == ()
    (record,) = decoded.records
    return record


def message(**fields: object) -> dict[str, object]:
    return {"type": "track", "event": "Order Completed", "messageId": "m-1", "timestamp": NOON_TEXT, **fields}


@pytest.mark.parametrize("packed", [False, True])
def test_every_message_of_the_python_sdk_arrives_once(recorder: Recorder, packed: bool):
    client = Client("key-1", host=recorder.url, gzip=packed, upload_interval=0.05)
    client.track("u-1", "Order Completed", {"total": 69.9, "备注": "好"}, timestamp=NOON, message_id="m-1")
    client.identify("u-1", {"email": "a@example.com", "phone": "13800000000"}, timestamp=NOON, message_id="m-2")
    client.page("u-1", "Goods", "Home", {"url": "https://shop.example/"}, timestamp=NOON, message_id="m-3")
    client.group("u-1", "g-1", {"name": "Club"}, timestamp=NOON, message_id="m-4")
    client.alias("a-1", "u-1", timestamp=NOON, message_id="m-5")
    client.screen(None, "Goods", "Cart", anonymous_id="a-1", timestamp=NOON, message_id="m-6")
    records = recorder.wait_for(6)
    client.shutdown()
    assert [record.message_id for record in recorder.records] == [f"m-{n}" for n in range(1, 7)]
    assert {record.happened_at for record in records} == {NOON_MS}
    assert [record.kind for record in records] == [
        *(Kind.TRACK, Kind.IDENTIFY, Kind.TRACK, Kind.GROUP, Kind.ALIAS, Kind.TRACK)
    ]
    assert records[0].properties == {"total": 69.9, "备注": "好"}
    assert records[0].told_at == "2026-03-01T12:00:00.000+08:00"
    assert records[1].identities == (
        *(Identity("member_id", "u-1"), Identity("mobile", "13800000000"), Identity("email", "a@example.com")),
    )
    assert records[2].properties == {"url": "https://shop.example/", "page_name": "Home", "page_category": "Goods"}
    assert records[3].properties == {"group_id": "g-1", "traits": {"name": "Club"}}
    assert records[4].identities == (Identity("member_id", "a-1"), Identity("member_id", "u-1"))
    assert records[5].identities == (Identity("device", "a-1"),)
    assert records[0].library.startswith("analytics-python ")
    assert recorder.faults == []
    assert {FAMILY.write_key(kept) for kept in recorder.kept} == {"key-1"}


def test_a_retry_after_503_brings_the_same_message_ids():
    with recording(refusals=2) as recorder:
        client = Client("key-1", host=recorder.url, upload_interval=0.05)
        client.track("u-1", "A")
        client.track("u-1", "B")
        records = recorder.wait_for(2)
        client.shutdown()
        assert len(recorder.refused) == 2
        tried = {record.message_id for came in recorder.refused for record in FAMILY.decode(came).records}
        assert tried == {record.message_id for record in records}
        assert len(records) == len(tried) == 2


def test_nan_from_python_costs_no_other_message(recorder: Recorder):
    client = Client("key-1", host=recorder.url, upload_interval=0.05)
    client.track("u-1", "A", {"price": float("nan"), "half": "\ud83d"}, message_id="m-1")
    client.track("u-1", "B", message_id="m-2")
    records = recorder.wait_for(2)
    client.shutdown()
    assert [record.properties for record in records] == [{"price": None, "half": "?"}, {}]


@pytest.mark.parametrize("letter", ["t", "track"])
def test_the_web_form_is_one_message_as_plain_text(letter: str):
    body = {"event": "A", "anonymousId": "a-1", "timestamp": NOON_TEXT, "messageId": "ajs-next-1-x", "userId": None}
    record = only(body, f"/v1/{letter}", content_type="text/plain")
    assert (record.event, record.message_id) == ("A", "ajs-next-1-x")
    assert record.identities == (Identity("device", "a-1"),)


@pytest.mark.parametrize("nobody", ["", "null", "undefined", "0", 0, None, "00000000-0000-0000-0000-000000000000"])
def test_what_stands_for_nobody_is_no_identity(nobody: object):
    assert only({"batch": [message(userId=nobody, anonymousId="a-1")]}).identities == (Identity("device", "a-1"),)


def test_gzip_is_found_without_a_header():
    body = gzip.compress(json.dumps({"batch": [message(userId="u-1")]}).encode())
    assert len(FAMILY.decode(request(body)).records) == 1


@pytest.mark.parametrize(
    ("library", "late_ms", "corrected_ms"),
    [
        ("analytics.js", 3_600_000, 3_600_000),
        ("analytics-ios", -7_200_000, -7_200_000),
        ("analytics.js", 299_000, 0),
        ("analytics-python", 3_600_000, 0),
        ("@segment/analytics-node", 3_600_000, 0),
    ],
)
def test_only_clocks_of_browsers_and_phones_are_set_right(library: str, late_ms: int, corrected_ms: int):
    sent = datetime.fromtimestamp((RECEIVED - late_ms) / 1000, UTC).isoformat()
    body = {"batch": [message(context={"library": {"name": library}})], "sentAt": sent}
    record = only(body)
    assert record.happened_at == NOON_MS + corrected_ms
    assert record.skew_ms == corrected_ms
    assert record.told_at == NOON_TEXT
    assert record.sent_at == RECEIVED - late_ms


def test_the_groups_address_is_not_the_persons():
    body = {"userId": "u-1", "groupId": "g-1", "traits": {"email": "club@example.com"}, "messageId": "m-1"}
    assert only(body, "/v1/g").identities == (Identity("member_id", "u-1"),)


def test_an_alias_of_an_id_with_itself_is_nothing():
    decoded = FAMILY.decode(request(json.dumps({"batch": [message(type="alias", userId="u", previousId="u")]})))
    assert (decoded.records, decoded.faults) == ((), ())


def test_an_alias_from_the_anonymous_id_links_a_device():
    body = message(type="alias", userId="u-1", previousId="8c0a1d2e-0000-4000-8000-1234567890ab")
    assert [identity.type for identity in only({"batch": [body]}).identities] == ["device", "member_id"]


def test_a_message_without_an_id_has_the_same_hash_in_every_try():
    body = message(anonymousId="a", sentAt="2026-03-01T04:00:00Z")
    del body["messageId"]
    one, again = only({"batch": [body]}), only({"batch": [{**body, "sentAt": "2026-03-01T05:00:00Z"}]})
    assert one.message_id == again.message_id
    assert one.message_id.startswith("h:")
    assert only({"batch": [{**body, "event": "B"}]}).message_id != one.message_id


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": "zz"}, "record.unknown_type"),
        ({"type": None}, "record.no_type"),
        ({"event": " "}, "record.no_event"),
        ({"type": "identify"}, "record.no_identity"),
        ({"type": "group"}, "record.no_group"),
        ({"type": "alias", "userId": "u"}, "alias.incomplete"),
        ({"timestamp": "yesterday"}, "time.unreadable"),
        ({"timestamp": 12}, "time.unreadable"),
    ],
)
def test_a_bad_message_is_a_fault_and_its_neighbours_are_records(changes: dict[str, object], code: str):
    decoded = FAMILY.decode(request(json.dumps({"batch": [message(), message(**changes), message()]})))
    assert len(decoded.records) == 2
    assert [fault.code for fault in decoded.faults] == [code]
    assert json.loads(decoded.faults[0].text) == message(**changes)


def test_the_key_is_found_where_each_sdk_puts_it():
    basic = "Basic " + base64.b64encode(b"key-1:").decode()
    assert FAMILY.write_key(request(b"{}", authorization=basic)) == "key-1"
    assert FAMILY.write_key(request('{"batch":[{"a":NaN}],"writeKey":"key-1"}')) == "key-1"
    assert FAMILY.write_key(request(gzip.compress(b'{"writeKey":"key-1","batch":[]}'))) == "key-1"
    assert FAMILY.write_key(request(b"{}", "/v1/projects/key-1/settings", method="GET")) == "key-1"
    assert FAMILY.write_key(request(b"\xff")) is None
    assert FAMILY.write_key(request(b"{}", authorization="Basic !")) is None


def test_the_settings_send_the_page_back_to_us():
    asked = request(path="/v1/projects/key-1/settings", method="GET", host="c.example", x_forwarded_proto="http")
    told = FAMILY.setting(asked, "key-1")
    assert told is not None
    destination = json.loads(told.body)["integrations"]["Segment.io"]
    assert destination == {"apiKey": "key-1", "apiHost": "c.example/v1", "protocol": "http"}
    assert FAMILY.setting(request(b"{}"), "key-1") is None


def test_the_answer_is_exactly_200():
    assert FAMILY.answer(request()).status == 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
MESSAGES = JSON | st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "identify", "page", "group", "screen", ""])},
    optional={
        **{name: JSON for name in ("messageId", "timestamp", "properties", "traits", "context", "event")},
        **{name: JSON for name in ("userId", "anonymousId", "groupId", "originalTimestamp")},
    },
)


@settings(max_examples=50, deadline=None)
@given(st.lists(MESSAGES, max_size=5))
def test_every_message_of_a_batch_is_a_record_or_a_fault(messages: list[object]):
    decoded = FAMILY.decode(request(json.dumps({"batch": messages})))
    assert len(decoded.records) + len(decoded.faults) == len(messages)
