"""RudderStack: the real Python SDK, and bodies as the Web and Node SDKs write them."""

import base64
import gzip
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rudderstack.analytics.client import Client

from collect.recorder import Recorder, recording, request
from quanyu.collect.body import value_of
from quanyu.collect.families.rudderstack import FAMILY
from quanyu.collect.record import Identity, Kind
from quanyu.collect.routes import find

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
NOON_MS = 1_772_337_600_000
NOON_TEXT = "2026-03-01T04:00:00.000Z"
WEB = {"name": "RudderLabs JavaScript SDK", "version": "3.34.1"}


def web(**fields: object) -> dict[str, object]:
    """A message as the Web SDK writes it for a visitor who is not known."""
    return {
        "type": "track",
        "event": "Product Viewed",
        "channel": "web",
        "messageId": "m-1",
        "userId": "",
        "anonymousId": "a-1",
        "originalTimestamp": NOON_TEXT,
        "properties": {},
        "context": {"library": WEB, "traits": {}, "sessionId": 1772337600000},
        **fields,
    }


def only(body: object, path: str = "/v1/track", received_at: int = NOON_MS + 1_000, **headers: str):
    decoded = FAMILY.decode(request(json.dumps(body), path, received_at=received_at, **headers))
    assert decoded.faults == ()
    (record,) = decoded.records
    return record


@pytest.mark.parametrize("packed", [False, True])
def test_every_message_of_the_python_sdk_arrives_once(recorder: Recorder, packed: bool):
    client = Client("key-1", host=recorder.url, gzip=packed, upload_interval=0.05)
    client.track("u-1", "Order Completed", {"total": 12}, timestamp=NOON, message_id="m-1")
    client.identify("u-1", {"phone": "13800000000", "level": "gold"}, timestamp=NOON, message_id="m-2")
    client.alias("a-1", "u-1", timestamp=NOON, message_id="m-3")
    client.page(None, "Goods", "Home", anonymous_id="a-1", timestamp=NOON, message_id="m-4")
    client.group("u-1", "g-1", {"name": "Club"}, timestamp=NOON, message_id="m-5")
    recorder.wait_for(5)
    client.flush()
    client.join()
    records = recorder.records
    assert [record.message_id for record in records] == ["m-1", "m-2", "m-3", "m-4", "m-5"]
    assert {record.happened_at for record in records} == {NOON_MS}
    assert {record.skew_ms for record in records} == {0}
    assert [record.kind for record in records] == [Kind.TRACK, Kind.IDENTIFY, Kind.ALIAS, Kind.TRACK, Kind.GROUP]
    assert records[1].identities == (Identity("member_id", "u-1"), Identity("mobile", "13800000000"))
    assert records[1].traits == {"phone": "13800000000", "level": "gold"}
    assert records[3].identities == (Identity("device", "a-1"),)
    assert recorder.faults == []
    family = find("POST", "/v1/batch")
    assert family is not None
    assert {family.write_key(kept) for kept in recorder.kept} == {"key-1"}


def test_a_retry_after_503_brings_the_same_message_ids():
    with recording(refusals=1) as recorder:
        client = Client("key-1", host=recorder.url, upload_interval=0.05)
        client.track("u-1", "A")
        client.track("u-1", "B")
        records = recorder.wait_for(2)
        client.flush()
        client.join()
        tried = [record.message_id for came in recorder.refused for record in FAMILY.decode(came).records]
        assert tried
        assert set(tried) <= {record.message_id for record in records}
        assert len({record.message_id for record in recorder.records}) == len(recorder.records) == 2


def test_the_past_time_that_a_callers_node_says_is_taken():
    called = "2026-03-02T00:00:00.000Z"
    node = {"channel": "server", "originalTimestamp": called, "context": {"library": {"name": "analytics-node"}}}
    assert only(web(**node, timestamp=NOON_TEXT)).happened_at == NOON_MS
    assert only(web(**{**node, "originalTimestamp": NOON_TEXT})).happened_at == NOON_MS
    assert only(web(timestamp=called)).happened_at == NOON_MS


def test_an_anonymous_visitor_is_a_device_and_nobody_else():
    record = only(web())
    assert record.identities == (Identity("device", "a-1"),)
    assert record.happened_at == NOON_MS
    assert record.context["sessionId"] == 1772337600000
    assert record.library == "RudderLabs JavaScript SDK 3.34.1"


def test_identify_has_its_traits_in_the_context():
    record = only(web(type="identify", userId="u-1", context={"library": WEB, "traits": {"email": "a@example.com"}}))
    assert record.kind is Kind.IDENTIFY
    assert record.traits == {"email": "a@example.com"}
    assert Identity("email", "a@example.com") in record.identities


def test_the_time_of_sending_in_a_header_sets_a_browsers_clock_right():
    record = only(web(), received_at=NOON_MS + 7_200_500, sentat="2026-03-01T04:00:00.500Z")
    assert (record.happened_at, record.skew_ms) == (NOON_MS + 7_200_000, 7_200_000)
    assert record.told_at == NOON_TEXT


def test_the_alias_that_the_web_sdk_sends_after_identify_is_nothing():
    decoded = FAMILY.decode(request(json.dumps(web(type="alias", userId="u-1", previousId="u-1")), "/v1/alias"))
    assert (decoded.records, decoded.faults) == ((), ())


def test_a_beacon_is_a_batch_with_the_key_in_the_query():
    body = json.dumps({"batch": [web(), web(messageId="m-2")], "sentAt": NOON_TEXT})
    beacon = request(body, "/beacon/v1/batch", query="writeKey=key%2D1", content_type="text/plain")
    assert FAMILY.owns("POST", "/beacon/v1/batch")
    assert FAMILY.write_key(beacon) == "key-1"
    assert [record.message_id for record in FAMILY.decode(beacon).records] == ["m-1", "m-2"]


def test_nodes_gzip_under_the_name_of_a_form_is_read():
    body = gzip.compress(json.dumps({"batch": [web(channel="server")], "sentAt": NOON_TEXT}).encode())
    form = request(body, content_type="application/x-www-form-urlencoded", content_encoding="gzip")
    assert len(FAMILY.decode(form).records) == 1


def test_the_settings_let_the_web_sdk_start():
    basic = "Basic " + base64.b64encode(b"key-1:").decode()
    asked = request(path="/sourceConfig/", method="GET", query="p=npm", authorization=basic)
    assert FAMILY.owns("GET", "/sourceConfig/")
    assert FAMILY.write_key(asked) == "key-1"
    told = FAMILY.setting(asked, "key-1")
    assert told is not None
    source = json.loads(told.body)["source"]
    assert (source["writeKey"], source["enabled"], source["destinations"]) == ("key-1", True, [])
    assert FAMILY.setting(request(), "key-1") is None


def test_the_answer_is_exactly_200():
    assert FAMILY.answer(request()).status == 200


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(["/v1/track", "/v1/identify", "/v1/merge", "/beacon/v1/batch"]), st.binary(max_size=60))
def test_no_bytes_are_lost_or_raise(path: str, body: bytes):
    decoded = FAMILY.decode(request(body, path))
    assert decoded.records or decoded.faults or value_of(body) in ([], {"batch": []})
