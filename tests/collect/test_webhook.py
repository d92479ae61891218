"""Plain JSON: one object, a list, lines; what became of each is told."""

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collect.recorder import request
from quanyu.collect.families.webhook import FAMILY
from quanyu.collect.record import Identity, Kind, Request

NOON_MS = 1_772_337_600_000
GOOD = {"event": "Order Completed", "user_id": "u-1", "timestamp": "2026-03-01T04:00:00Z", "message_id": "m-1"}


def sent(body: object, **rest: object) -> Request:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return request(data, "/collect/pos-east", **rest)


def answered(came: Request) -> dict[str, object]:
    answer = FAMILY.answer(came)
    assert answer.status == 200
    return json.loads(answer.body)


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(GOOD).encode(),
        json.dumps([GOOD]).encode(),
        b"\n" + json.dumps(GOOD).encode() + b"\n",
        json.dumps(GOOD, indent=1).encode(),
        gzip.compress(json.dumps(GOOD).encode()),
    ],
)
def test_one_object_in_every_form(body: bytes):
    (record,) = FAMILY.decode(sent(body)).records
    assert (record.kind, record.event, record.message_id) == (Kind.TRACK, "Order Completed", "m-1")
    assert (record.happened_at, record.told_at) == (NOON_MS, "2026-03-01T04:00:00Z")
    assert record.identities == (Identity("member_id", "u-1"),)


def test_every_field_has_its_place():
    told = {
        **{"type": "identify", "user_id": "u", "anonymous_id": "a", "mobile": "13800000000", "email": "e@example.com"},
        **{"openid": "o", "unionid": "w", "traits": {"level": "gold"}, "shop": "s-1", "context": {"ip": "::1"}},
    }
    (record,) = FAMILY.decode(sent(told)).records
    assert record.kind is Kind.IDENTIFY
    assert {(identity.type, identity.value) for identity in record.identities} == {
        *(("member_id", "u"), ("device", "a"), ("mobile", "13800000000"), ("email", "e@example.com")),
        *(("openid", "o"), ("unionid", "w")),
    }
    assert record.traits == {"level": "gold"}
    assert record.context == {"shop": "s-1", "ip": "::1"}


def test_lines_are_told_apart_and_each_is_answered():
    lines = [json.dumps(GOOD), "{bad", json.dumps({**GOOD, "event": ""}), json.dumps({**GOOD, "message_id": "m-2"})]
    came = sent("\n".join(lines).encode())
    decoded = FAMILY.decode(came)
    assert [record.message_id for record in decoded.records] == ["m-1", "m-2"]
    assert [fault.code for fault in decoded.faults] == ["body.not_json", "record.no_event"]
    assert decoded.faults[0].text == "{bad"
    told = answered(came)
    assert (told["accepted"], told["rejected"]) == (2, 2)
    assert [(entry["index"], entry["status"]) for entry in told["records"]] == [
        *((0, "accepted"), (1, "rejected"), (2, "rejected"), (3, "accepted"))
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": "page"}, "record.unknown_type"),
        ({"event": None}, "record.no_event"),
        ({"type": "identify", "user_id": "null"}, "record.no_identity"),
        ({"type": "alias"}, "alias.incomplete"),
        ({"type": "unlink"}, "alias.incomplete"),
        ({"timestamp": "13800000000 yesterday"}, "time.unreadable"),
    ],
)
def test_a_reason_is_told_without_the_value(changes: dict[str, object], code: str):
    told = answered(sent([{**GOOD, **changes}]))
    (entry,) = told["records"]
    assert entry["code"] == code
    assert entry["reason"]
    assert "13800000000" not in json.dumps(told)


def test_two_identifiers_are_linked_and_parted():
    for kind in (Kind.ALIAS, Kind.UNLINK):
        (record,) = FAMILY.decode(sent({"type": kind, "user_id": "u-1", "openid": "o-1"})).records
        assert record.kind is kind
        assert set(record.identities) == {Identity("member_id", "u-1"), Identity("openid", "o-1")}


def test_alike_records_without_id_and_time_are_one_within_the_hour_only():
    def id_at(received_at: int) -> str:
        (record,) = FAMILY.decode(sent({"event": "Visit", "user_id": "u"}, received_at=received_at)).records
        return record.message_id

    assert id_at(NOON_MS) == id_at(NOON_MS + 3_599_999)
    assert id_at(NOON_MS) != id_at(NOON_MS + 3_600_000)


def test_the_key_comes_in_any_of_four_places():
    assert FAMILY.write_key(sent(b"", authorization="Bearer k-1")) == "k-1"
    assert FAMILY.write_key(sent(b"", authorization="Basic ay0xOg==")) == "k-1"
    assert FAMILY.write_key(sent(b"", x_write_key="k-1")) == "k-1"
    assert FAMILY.write_key(sent(b"", query="write_key=k-1")) == "k-1"
    assert FAMILY.write_key(sent(b"")) is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "body.empty"),
        (b"hello", "body.not_json"),
        (b'{\n "event": "a",\n "user_id": \n}', "body.not_json"),
        (b"x" * 5_000_001, "body.too_large"),
        (gzip.compress(bytes(50_000_000)), "body.bomb"),
    ],
)
def test_an_unreadable_body_is_one_fault(body: bytes, code: str):
    decoded = FAMILY.decode(sent(body))
    assert [fault.code for fault in decoded.faults] == [code]
    assert answered(sent(body))["rejected"] == 1


ENTRIES = (
    st.none()
    | st.integers()
    | st.fixed_dictionaries(
        {"event": st.text(max_size=4)},
        optional={
            "type": st.sampled_from(["track", "identify", "alias", "x"]),
            "user_id": st.text(max_size=4) | st.integers(),
            "mobile": st.text(max_size=4),
            "timestamp": st.integers() | st.text(max_size=4),
            "traits": st.none() | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
        },
    )
)


@settings(max_examples=50, deadline=None)
@given(st.lists(ENTRIES, min_size=1, max_size=5), st.booleans())
def test_every_entry_is_a_record_or_a_fault(told: list[object], as_lines: bool):
    # Lines are told from one broken text by a whole object among them.
    told = [GOOD, *told]
    body = "\n".join(map(json.dumps, told)).encode() if as_lines else json.dumps(told).encode()
    decoded = FAMILY.decode(sent(body))
    assert len(decoded.records) + len(decoded.faults) == len(told)
    assert len(answered(sent(body))["records"]) == len(told)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=60))
def test_no_bytes_raise(body: bytes):
    FAMILY.decode(sent(body))
    FAMILY.answer(sent(body))
