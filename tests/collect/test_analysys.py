"""易观方舟: the forms of its SDKs, aliases and profiles, checks, what is answered."""

import base64
import gzip
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.collect.families.analysys import FAMILY
from quanyu.collect.record import Change, Identity, Kind, Record, Request

NOW = 1_790_000_000_000
WEB = {
    "appid": "app1",
    "xwho": "JS-uuid-1",
    "xwhat": "ViewProduct",
    "xwhen": NOW - 1_000,
    "xcontext": {
        "$lib": "JS",
        "$lib_version": "4.5.5",
        "$platform": "JS",
        "$is_login": False,
        "$debug": 0,
        "$session_id": "s1",
        "$url": "https://shop.example/?utm_source=小红书",
        "sku": "A-1",
    },
}


def post(body: bytes | str, query: str = "", **headers: str) -> Request:
    data = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method="POST", path="/up", query=query, headers=named, body=data, received_at=NOW)


def only(xwhat: str = "ViewProduct", xwho: Any = "u1", **context: Any) -> Record:
    """The one record of an entry with these in its xcontext."""
    decoded = FAMILY.decode(post(json.dumps([{**WEB, "xwhat": xwhat, "xwho": xwho, "xcontext": context}])))
    assert decoded.faults == ()
    (record,) = decoded.records
    return record


TEXT = json.dumps([WEB], ensure_ascii=False)
BASE64 = base64.b64encode(TEXT.encode()).decode()
FORMS = {
    "web post": post(TEXT, "appid=app1", content_type="application/x-www-form-urlencoded"),
    "mini-program": post(TEXT, content_type="application/json"),
    "python": post(base64.b64encode(gzip.compress(TEXT.encode())), content_type="application/x-www-form-urlencoded"),
    "gzip itself": post(gzip.compress(TEXT.encode())),
    "form": post("data=" + quote(BASE64, safe="")),
    "web image": Request(
        method="GET", path="/up", query=f"appid=app1&data={quote(BASE64, safe='')}&send_type=a1f", received_at=NOW
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_the_same_record(form):
    decoded = FAMILY.decode(FORMS[form])

    assert decoded.faults == ()
    (record,) = decoded.records
    assert (record.kind, record.event, record.happened_at) == (Kind.TRACK, "ViewProduct", NOW - 1_000)
    assert record.identities == (Identity("device", "JS-uuid-1"),)
    assert record.properties["$url"].endswith("小红书")
    assert record.library == "JS 4.5.5"
    assert FAMILY.write_key(FORMS[form]) == "app1"


def test_is_login_makes_xwho_a_member():
    assert only(**{"$is_login": True}).identities == (Identity("member_id", "u1"),)


def test_alias_ties_the_old_id_to_the_member():
    record = only("$alias", "M1", **{"$original_id": "JS-uuid-1", "$is_login": True})
    assert (record.kind, record.event) == (Kind.ALIAS, "$alias")
    assert record.identities == (Identity("member_id", "M1"), Identity("device", "JS-uuid-1"))


@pytest.mark.parametrize("before", ["M1", "", None])
def test_alias_without_another_id_ties_nothing(before):
    record = only("$alias", "M1", **{"$original_id": before})
    assert (record.kind, record.identities) == (Kind.TRACK, (Identity("member_id", "M1"),))


@pytest.mark.parametrize("change", list(Change))
def test_profiles_change_traits(change):
    record = only(f"$profile_{change}", **{"$lib": "JS", "$first_visit_time": "2026", "city": ""})
    assert (record.kind, record.change, record.event) == (Kind.IDENTIFY, change, "")
    assert record.traits == ({} if change is Change.DELETE else {"$first_visit_time": "2026", "city": ""})
    assert record.context == {"$lib": "JS", "appid": "app1"}


def test_imports_are_historic():
    assert only(**{"$importFlag": 1}).historic
    assert not only().historic


def test_records_that_ask_only_for_a_check_are_a_dry_run():
    check = {**WEB, "xcontext": {"$debug": 1}}
    assert FAMILY.decode(post(json.dumps([check, check]))).dry_run
    assert not FAMILY.decode(post(json.dumps([{**WEB, "xcontext": {"$debug": 2}}]))).dry_run


def test_of_a_mixed_list_the_checks_are_not_stored():
    decoded = FAMILY.decode(post(json.dumps([WEB, {**WEB, "xcontext": {"$debug": 1}}])))
    assert (len(decoded.records), decoded.dry_run) == (1, False)
    assert [fault.code for fault in decoded.faults] == ["analysys.check_only"]


def test_each_entry_is_a_record_or_a_fault():
    entries = [WEB, "x", {**WEB, "xwhat": ""}, {**WEB, "xwho": "null"}, {**WEB, "xwhen": "soon"}]
    decoded = FAMILY.decode(post(json.dumps(entries)))
    assert len(decoded.records) == 1
    assert [fault.code for fault in decoded.faults] == [
        "record.not_object",
        "analysys.no_event",
        "analysys.no_identity",
        "time.unreadable",
    ]


@pytest.mark.parametrize("body", ["U2FsdGVkX1+abc=", "not base64!", base64.b64encode(b"\x00\x01").decode()])
def test_an_encrypted_body_is_kept_with_what_to_do(body):
    (fault,) = FAMILY.decode(post(body)).faults
    assert (fault.code, fault.text) == ("analysys.unreadable", body)
    assert "encryption must be off" in fault.detail


def test_the_same_record_sent_again_has_the_same_id():
    again = Request(method="POST", path="/up", body=TEXT.encode(), received_at=NOW + 60_000)
    assert FAMILY.decode(again).records[0].message_id == FAMILY.decode(FORMS["python"]).records[0].message_id
    assert only(sku="B").message_id != only(sku="A").message_id


def test_answer_is_the_code_that_clears_the_queue_of_the_web_sdk():
    answer = FAMILY.answer(post(TEXT))
    assert (answer.status, json.loads(answer.body)) == (200, {"code": 200})
    assert answer.headers["content-type"] == "application/json"


def test_paths_are_exact():
    assert FAMILY.owns("POST", "/up")
    assert FAMILY.owns("GET", "/up")
    assert not FAMILY.owns("POST", "/upload")
    assert not FAMILY.owns("DELETE", "/up")


def test_a_request_without_data_is_a_fault():
    (fault,) = FAMILY.decode(post("")).faults
    assert fault.code == "body.empty"
    assert FAMILY.write_key(post("")) is None


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), st.lists, max_leaves=6)
ENTRY = st.dictionaries(
    st.sampled_from(["appid", "xwho", "xwhat", "xwhen", "xcontext"]),
    JSON | st.sampled_from(["$alias", "$profile_set"]) | st.dictionaries(st.text(max_size=9), JSON, max_size=3),
)


@given(st.lists(ENTRY | JSON, max_size=6))
@settings(max_examples=50, deadline=None)
def test_entries_of_any_list_are_accounted_for(entries):
    decoded = FAMILY.decode(post(json.dumps(entries)))
    assert len(decoded.records) + len(decoded.faults) == len(entries)


@given(st.binary(max_size=120), st.sampled_from(["POST", "GET"]))
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_decoded_without_raising(data, method):
    query = "data=" + data.decode("latin-1")
    decoded = FAMILY.decode(Request(method=method, path="/up", query=query, body=data, received_at=NOW))
    assert decoded.records or decoded.faults or data == b"[]"
