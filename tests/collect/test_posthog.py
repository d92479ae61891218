"""PostHog: the real Python SDK in both of its modes, and bodies as the Web and Node SDKs write them."""

import base64
import gzip
import json
import zlib
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from posthog import Posthog

from collect.recorder import Recorder, recording, request
from quanyu.collect.families.posthog import FAMILY
from quanyu.collect.record import Change, Identity, Kind

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
NOON_MS = 1_772_337_600_000
NOON_TEXT = "2026-03-01T04:00:00.000Z"
UUID = "0f8fad5b-d9cb-469f-a165-70867728950"
DEVICE = "0190a1b2-c3d4-7abc-8def-0123456789ab"


def client(recorder: Recorder, **options: object) -> Posthog:
    return Posthog("key-1", host=recorder.url, flush_interval=0.05, **options)


def event(**fields: object) -> dict[str, object]:
    properties = {"$lib": "web", "$device_id": DEVICE, "$session_id": "s-1", "token": "key-1"}
    told = {"event": "Product Viewed", "distinct_id": DEVICE, "uuid": "e-1", "timestamp": NOON_TEXT}
    return {**told, "properties": properties, **fields}


def decode(body: object, path: str = "/e/", **rest: object):
    return FAMILY.decode(request(json.dumps(body), path, **{"received_at": NOON_MS + 1_000, **rest}))


def only(body: object, path: str = "/e/", **rest: object):
    decoded = decode(body, path, **rest)
    assert decoded.faults == ()
    (record,) = decoded.records
    return record


@pytest.mark.parametrize("options", [{}, {"gzip": True}, {"capture_mode": "v1"}], ids=str)
def test_every_event_of_the_python_sdk_arrives_once(recorder: Recorder, options: dict[str, object]):
    sending = client(recorder, **options)
    sending.capture("Order Completed", distinct_id="u-1", properties={"total": 5}, timestamp=NOON, uuid=UUID + "1")
    sending.set(distinct_id="u-1", properties={"email": "a@example.com"}, timestamp=NOON, uuid=UUID + "2")
    sending.alias("a-1", "u-1", timestamp=NOON, uuid=UUID + "3")
    sending.group_identify("club", "g-1", {"name": "Club"}, timestamp=NOON, uuid=UUID + "4", distinct_id="u-1")
    sending.set_once(distinct_id="u-1", properties={"first": 1}, timestamp=NOON, uuid=UUID + "5")
    sending.flush()
    records = recorder.wait_for(6)
    sending.shutdown()
    assert [record.message_id for record in recorder.records] == [
        *(UUID + "1", UUID + "2", UUID + "3", UUID + "4", UUID + "5", UUID + "5:set_once")
    ]
    assert {record.happened_at for record in records} == {NOON_MS}
    assert [record.kind for record in records] == [
        *(Kind.TRACK, Kind.IDENTIFY, Kind.ALIAS, Kind.GROUP, Kind.IDENTIFY, Kind.IDENTIFY)
    ]
    assert records[0].properties["total"] == 5
    assert records[0].identities == (Identity("member_id", "u-1"),)
    assert records[1].traits == {"email": "a@example.com"}
    assert set(records[2].identities) == {Identity("member_id", "a-1"), Identity("member_id", "u-1")}
    assert records[3].properties == {"group_id": "g-1", "group_type": "club", "traits": {"name": "Club"}}
    assert (records[5].change, records[5].traits) == (Change.SET_ONCE, {"first": 1})
    assert recorder.faults == []
    assert recorder.unowned == []
    assert {FAMILY.write_key(kept) for kept in recorder.kept} == {"key-1"}


@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_a_retry_after_503_brings_the_same_ids(mode: str):
    with recording(refusals=1) as recorder:
        sending = client(recorder, capture_mode=mode)
        sent = [sending.capture(name, distinct_id="u-1") for name in ("A", "B")]
        sending.flush()
        recorder.wait_for(2)
        sending.shutdown()
        assert len(recorder.refused) == 1
        assert sorted(record.message_id for record in recorder.records) == sorted(map(str, sent))


def test_the_settings_and_flags_are_nothing_to_keep(recorder: Recorder):
    sending = client(recorder)
    assert sending.get_all_flags("u-1") == {}
    sending.shutdown()
    config = FAMILY.setting(request(path="/array/key-1/config", method="GET"), "key-1")
    script = FAMILY.setting(request(path="/array/key-1/config.js", method="GET"), "key-1")
    assert config is not None
    assert script is not None
    assert "gzip-js" in json.loads(config.body)["supportedCompression"]
    assert b'["key-1"]' in script.body
    assert FAMILY.setting(request(path="/e/"), "key-1") is None
    assert not FAMILY.owns("GET", "/array/<script>/config.js")
    assert recorder.kept == []


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(json.dumps({"api_key": "key-1", "batch": [event()]}).encode()),
        zlib.compress(json.dumps({"api_key": "key-1", "batch": [event()]}).encode()),
        b"data=" + quote(base64.b64encode(json.dumps([event()]).encode())).encode(),
        b"data=" + quote(json.dumps(event())).encode(),
        json.dumps(event()).encode(),
        base64.b64encode(gzip.compress(json.dumps(event()).encode())),
    ],
    ids=["gzip", "deflate", "base64 form", "form", "bare event", "gzip in base64"],
)
def test_every_packing_of_the_web_sdk_is_found_without_a_header(body: bytes):
    sent = request(body, "/e/", content_type="text/plain", received_at=NOON_MS)
    (record,) = FAMILY.decode(sent).records
    assert record.identities == (Identity("device", DEVICE),)
    assert "token" not in record.properties
    assert FAMILY.write_key(sent) == "key-1"


def test_the_visitor_of_the_web_is_a_device_until_identified():
    told = event(event="$identify", distinct_id="u-1", uuid="e-2")
    told["properties"] = {"$lib": "web", "$anon_distinct_id": DEVICE, "$device_id": DEVICE}
    record = only({"batch": [{**told, "$set": {"phone": "13800000000"}}]})
    assert record.kind is Kind.IDENTIFY
    assert set(record.identities) == {
        *(Identity("member_id", "u-1"), Identity("device", DEVICE), Identity("mobile", "13800000000"))
    }


@pytest.mark.parametrize(("own", "other"), [(DEVICE, "u-1"), ("u-1", DEVICE)])
def test_an_alias_links_the_same_two_whichever_way_it_runs(own: str, other: str):
    told = event(event="$create_alias", distinct_id=own, properties={"alias": other})
    assert set(only(told).identities) == {Identity("device", DEVICE), Identity("member_id", "u-1")}


def test_an_alias_of_an_id_with_itself_is_nothing():
    decoded = decode(event(event="$create_alias", distinct_id="u", properties={"alias": "u"}))
    assert (decoded.records, decoded.faults) == ((), ())


def test_an_offset_is_the_time_before_sending():
    told = event(offset=2_500)
    del told["timestamp"]
    assert only(told, received_at=NOON_MS + 2_500).happened_at == NOON_MS


@pytest.mark.parametrize(("library", "corrected_ms"), [("web", 3_600_000), ("posthog-python", 0), ("posthog-node", 0)])
def test_only_clocks_of_browsers_and_phones_are_set_right(library: str, corrected_ms: int):
    body = {"batch": [event(properties={"$lib": library})], "sent_at": NOON_TEXT}
    record = only(body, received_at=NOON_MS + 3_600_000)
    assert (record.happened_at, record.skew_ms) == (NOON_MS + corrected_ms, corrected_ms)


@pytest.mark.parametrize("made_up", ["$club_g-1", "1b4e28ba-2fa1-41d2-883f-0016d3cca427"])
def test_a_group_without_a_person_makes_none_up(made_up: str):
    told = {"$group_type": "club", "$group_key": "g-1"}
    assert only(event(event="$groupidentify", distinct_id=made_up, properties=told)).identities == ()


def test_a_migration_is_historic():
    assert only({"batch": [event()], "historical_migration": True}, "/batch/").historic


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (event(event=""), "record.no_event"),
        (event(event="$identify", distinct_id="", properties={}), "record.no_identity"),
        (event(event="$create_alias"), "alias.incomplete"),
        (event(event="$groupidentify"), "record.no_group"),
        (event(timestamp="now"), "time.unreadable"),
        ([], "record.not_object"),
    ],
)
def test_a_bad_event_is_a_fault_and_its_neighbours_are_records(bad: object, code: str):
    decoded = decode({"batch": [event(), bad, event()]})
    assert len(decoded.records) == 2
    assert [fault.code for fault in decoded.faults] == [code]


def test_the_answer_is_exactly_200_and_v1_hears_of_no_failure():
    assert FAMILY.answer(request(path="/batch/")).status == 200
    assert json.loads(FAMILY.answer(request(path="/i/v1/analytics/events")).body) == {"results": {}}


VALUES = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.dictionaries(st.text(max_size=4), st.none())
)
EVENTS = VALUES | st.fixed_dictionaries(
    {"event": st.sampled_from(["a", "$identify", "$groupidentify", ""])},
    optional={name: VALUES for name in ("distinct_id", "properties", "uuid", "timestamp", "$set", "offset")},
)


@settings(max_examples=50, deadline=None)
@given(st.lists(EVENTS, max_size=4))
def test_every_event_of_a_batch_is_a_record_or_a_fault(events: list[object]):
    decoded = decode({"batch": events})
    assert len(decoded.records) + len(decoded.faults) == len(events)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=60))
def test_no_bytes_raise(body: bytes):
    for path in ("/e/", "/batch/", "/i/v1/analytics/events"):
        FAMILY.decode(request(body, path))
        FAMILY.write_key(request(body, path))
    FAMILY.decode(request(path="/e/", method="GET", query=body.decode("latin-1")))
