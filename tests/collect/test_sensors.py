"""神策: every form its SDKs write, every type of record, whom it names, what is answered."""

import base64
import datetime
import gzip
import json
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorsanalytics.sdk import (
    AsyncBatchConsumer,
    BatchConsumer,
    DebugConsumer,
    DefaultConsumer,
    SensorsAnalytics,
    SensorsAnalyticsDebugException,
    SensorsAnalyticsNetworkException,
)

from collect.recorder import Recorder, recording
from quanyu.collect.families.sensors import FAMILY, java_hash
from quanyu.collect.record import Change, Identity, Kind, Record, Request

NOW = 1_790_000_000_000
WEB = {
    "identities": {"$identity_cookie_id": "c1", "$identity_login_id": "M1", "$identity_anonymous_id": "c1"},
    "distinct_id": "M1",
    "login_id": "M1",
    "anonymous_id": "c1",
    "lib": {"$lib": "js", "$lib_method": "code", "$lib_version": "1.27.11"},
    "properties": {"$is_first_day": False, "$url": "https://shop.example/p/1", "sku": "A-1", "price": 69.9},
    "type": "track",
    "event": "CommodityDetail",
    "time": NOW - 1_000,
    "_track_id": 734_561_234,
    "_flush_time": NOW - 500,
}


def said(value: Any, *, zipped: bool = False) -> str:
    """The base64 text of a value, of its gzip when zipped."""
    data = json.dumps(value, ensure_ascii=False).encode()
    return base64.b64encode(gzip.compress(data, mtime=0) if zipped else data).decode()


def post(body: str, path: str = "/sa", query: str = "", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method="POST", path=path, query=query, headers=named, body=body.encode(), received_at=NOW)


def get(query: str, path: str = "/sa.gif") -> Request:
    return Request(method="GET", path=path, query=query, received_at=NOW)


def only(**fields: Any) -> Record:
    """The one record of a request that sends one entry."""
    decoded = FAMILY.decode(post("data=" + quote(said({**WEB, **fields}), safe="")))
    assert decoded.faults == ()
    (record,) = decoded.records
    return record


def bare(**fields: Any) -> Record:
    """The one record of an entry of the Python SDK, which has neither identities nor ids beside distinct_id."""
    entry = {"type": "track", "event": "PayOrder", "time": NOW, "distinct_id": "d1", "lib": {"$lib": "python"}}
    (record,) = FAMILY.decode(post("data=" + quote(said(entry | fields), safe=""))).records
    return record


TEXT = said(WEB)
LIST = said([WEB, {**WEB, "_track_id": 2}])
FORMS = {
    "web image": (get(f"project=default&data={quote(TEXT, safe='')}&ext=crc%3D{java_hash(TEXT)}"), 1),
    "web ajax": (post(f"data={quote(TEXT, safe='')}&ext=crc%3D{java_hash(TEXT)}"), 1),
    "web beacon": (post(f"data={quote(TEXT, safe='')}", content_type="text/plain;charset=UTF-8"), 1),
    "web batch": (post(f"data_list={quote(LIST, safe='')}"), 2),
    "python one": (post(f"data={quote(said(WEB, zipped=True))}&gzip=1"), 1),
    "python batch": (post(f"data_list={quote(said([WEB, WEB], zipped=True))}&gzip=1"), 2),
    "mini-program": (get(f"data={quote(TEXT, safe='')}", "/sa"), 1),
    "mini-program zipped": (get(f"data={quote(said(WEB, zipped=True), safe='')}&gzip=1", "/sa"), 1),
    "mini-program batch": (post(f"data_list={quote(LIST, safe='')}", content_type="text/plain"), 2),
    "android": (
        post(
            f"crc={java_hash(said([WEB], zipped=True))}&gzip=1&data_list={quote(said([WEB], zipped=True))}"
            "&instant_event=true"
        ),
        1,
    ),
    "gzip=0": (post(f"gzip=0&data_list={quote(LIST, safe='')}"), 2),
    "gzip=1 that lies": (post(f"gzip=1&data_list={quote(LIST, safe='')}"), 2),
    "bare JSON": (post(json.dumps([WEB, WEB])), 2),
    "bare base64": (post(LIST), 2),
    "plus signs eaten": (post(f"data={TEXT.replace('+', ' ')}"), 1),
    "wrong crc but readable": (post(f"data={quote(TEXT, safe='')}&ext=crc%3D1"), 1),
}


CONSUMERS = {
    "default": DefaultConsumer,
    "batch": BatchConsumer,
    "async": partial(AsyncBatchConsumer, flush_max_time=0.05),
}


def send_everything(sdk: SensorsAnalytics) -> None:
    """One call of every kind the Python SDK has."""
    at = datetime.datetime(2026, 11, 11, 8, 0, 0, 5_000)
    sdk.track("d1", "PayOrder", {"pay_time": at, "total": 69.9, "remark": "好", "$token": "t2"})
    sdk.track_signup("M1", "d1", {"channel": "门店"})
    sdk.profile_set("M1", {"gender": "女"}, is_login_id=True)
    sdk.profile_set_once("M1", {"first": "S1"}, is_login_id=True)
    sdk.profile_increment("M1", {"points": 5}, is_login_id=True)
    sdk.profile_append("M1", {"brands": ["a", "b"]}, is_login_id=True)
    sdk.profile_unset("M1", ["city"], is_login_id=True)
    sdk.profile_delete("M1", is_login_id=True)
    sdk.item_set("sku", "A-1", {"name": "茶"})
    sdk.item_delete("sku", "A-1")


# The SDK's own thread calls what Python 3.10 deprecated.
@pytest.mark.filterwarnings("ignore:isSet:DeprecationWarning")
@pytest.mark.parametrize("consumer", CONSUMERS)
def test_every_call_of_the_python_sdk_arrives_once(recorder: Recorder, consumer: str):
    sdk = SensorsAnalytics(CONSUMERS[consumer](f"{recorder.url}/sa?project=default&token=key-1"))
    send_everything(sdk)
    sdk.flush()
    records = recorder.wait_for(10)
    sdk.close()

    assert recorder.faults == []
    assert [record.kind for record in records] == [Kind.TRACK, Kind.ALIAS, *[Kind.IDENTIFY] * 6, *[Kind.ITEM] * 2]
    assert [record.change for record in records[2:8]] == list(Change)
    assert records[0].properties["pay_time"] == "2026-11-11 08:00:00.5"
    assert records[0].context["token"] == "t2"
    assert records[0].identities == (Identity("device", "d1"),)
    assert records[1].identities == (Identity("member_id", "M1"), Identity("device", "d1"))
    assert {record.identities for record in records[2:8]} == {(Identity("member_id", "M1"),)}
    assert [record.traits for record in records[2:8]] == [
        *({"gender": "女"}, {"first": "S1"}, {"points": 5}, {"brands": ["a", "b"]}, {"city": True}, {})
    ]
    assert records[8].properties == {"name": "茶", "item_type": "sku", "item_id": "A-1"}
    assert {record.library for record in records} == {"python 1.11.0"}
    assert {FAMILY.write_key(kept) for kept in recorder.kept} == {"key-1"}


def test_a_batch_of_the_python_sdk_that_was_refused_comes_again_with_the_same_ids():
    with recording(refusals=1) as recorder:
        sdk = SensorsAnalytics(BatchConsumer(f"{recorder.url}/sa"))
        sdk.track("d1", "A")
        sdk.track("d1", "B")
        with pytest.raises(SensorsAnalyticsNetworkException):
            sdk.flush()
        sdk.flush()
    tried = [record.message_id for record in FAMILY.decode(recorder.refused[0]).records]
    assert tried == [record.message_id for record in recorder.records]
    assert len(set(tried)) == 2


def test_the_debug_consumer_of_the_python_sdk_hears_what_is_wrong(recorder: Recorder, capsys):
    consumer = DebugConsumer(f"{recorder.url}/sa?token=key-1", write_data=False)
    SensorsAnalytics(consumer).track("d1", "PayOrder", {"total": 1})
    with pytest.raises(SensorsAnalyticsDebugException):
        consumer.send('{"type":"track","distinct_id":"d1"}')

    assert [kept.path for kept in recorder.kept] == ["/debug", "/debug"]
    assert all(FAMILY.decode(kept).dry_run for kept in recorder.kept)
    assert "sensors.no_event" in capsys.readouterr().out


def test_imports_of_the_python_sdk_may_be_of_any_age(recorder: Recorder):
    sdk = SensorsAnalytics(DefaultConsumer(f"{recorder.url}/sa"), enable_time_free=True)
    sdk.track("d1", "PayOrder", {"$time": 1_500_000_000_000})
    (record,) = recorder.records
    assert (record.happened_at, record.historic, record.skew_ms) == (1_500_000_000_000, True, 0)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_the_same_record(form):
    request, count = FORMS[form]

    decoded = FAMILY.decode(request)

    assert decoded.faults == ()
    assert len(decoded.records) == count
    first = decoded.records[0]
    assert (first.kind, first.event, first.happened_at) == (Kind.TRACK, "CommodityDetail", NOW - 1_000)
    assert first.properties["sku"] == "A-1"
    assert first.library == "js 1.27.11"


def test_java_hash_is_string_hash_code():
    # "polygenelubricants" is the text whose hashCode is Integer.MIN_VALUE.
    assert java_hash("polygenelubricants") == -(2**31)
    assert java_hash("hello") == 99_162_322
    assert java_hash("😀") == 1_772_899


def test_a_text_damaged_on_its_way_is_kept_with_the_checksum_as_reason():
    damaged = TEXT[:-30]
    decoded = FAMILY.decode(post(f"crc={java_hash(TEXT)}&data={quote(damaged, safe='')}"))

    assert decoded.records == ()
    (fault,) = decoded.faults
    assert (fault.code, fault.text) == ("sensors.crc", damaged)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("gzip=9&data=" + said({"pkv": 1, "ekey": "k", "payload": "p"}), "sensors.encrypted"),
        ("data=" + said({"pkv": 1, "ekey": "k", "payload": "p"}), "sensors.encrypted"),
        ("data=%%%", "body.bad_base64"),
        ("data=" + base64.b64encode(b'{"type":').decode(), "body.not_json"),
        ("gzip=1", "body.empty"),
        ("", "body.empty"),
    ],
)
def test_an_unreadable_request_is_one_fault_that_keeps_its_text(body, code):
    (fault,) = FAMILY.decode(post(body)).faults

    assert fault.code == code
    assert fault.text in (body, body.removeprefix("data="), body.removeprefix("gzip=9&data="))


def test_each_entry_of_a_list_is_a_record_or_a_fault():
    entries = [
        WEB,
        7,
        {**WEB, "type": "dance"},
        {**WEB, "event": ""},
        {"type": "track", "event": "x"},
        {**WEB, "time": "x"},
    ]

    decoded = FAMILY.decode(post("data_list=" + quote(said(entries), safe="")))

    assert len(decoded.records) == 1
    assert [fault.code for fault in decoded.faults] == [
        "record.not_object",
        "sensors.unknown_type",
        "sensors.no_event",
        "sensors.no_identity",
        "time.unreadable",
    ]
    assert json.loads(decoded.faults[1].text)["type"] == "dance"


def test_an_unhashable_type_is_a_fault():
    (fault,) = FAMILY.decode(post(json.dumps({**WEB, "type": ["track"]}))).faults
    assert fault.code == "sensors.unknown_type"


PROFILES = {
    "profile_set": ({"gender": "女", "$is_login_id": True}, Change.SET, {"gender": "女"}),
    "profile_set_once": ({"first_store": "S1"}, Change.SET_ONCE, {"first_store": "S1"}),
    "profile_increment": ({"points": 5}, Change.INCREMENT, {"points": 5}),
    "profile_append": ({"brands": ["a"]}, Change.APPEND, {"brands": ["a"]}),
    "profile_unset": ({"city": True}, Change.UNSET, {"city": True}),
    "profile_delete": ({}, Change.DELETE, {}),
}


@pytest.mark.parametrize("said_type", PROFILES)
def test_profiles_change_traits(said_type):
    properties, change, traits = PROFILES[said_type]

    record = only(type=said_type, properties=properties, event=None)

    assert (record.kind, record.change, record.event) == (Kind.IDENTIFY, change, "")
    assert (record.traits, record.properties) == (traits, {})


def test_a_trait_without_a_value_changes_nothing():
    properties = {"$first_referrer": "未取到值_直接打开", "city": None, "$utm_source": "red", "$timezone_offset": -480}
    assert only(type="profile_set_once", properties=properties).traits == {"$utm_source": "red"}
    assert only(type="profile_unset", properties={"city": None}).traits == {"city": None}


def test_items_are_things_with_type_and_id():
    record = only(type="item_set", item_type="sku", item_id="A-1", properties={"name": "茶"})
    assert (record.kind, record.change) == (Kind.ITEM, Change.SET)
    assert record.properties == {"name": "茶", "item_type": "sku", "item_id": "A-1"}
    assert record.identities == ()
    assert only(type="item_delete", item_type="sku", item_id="A-1").change is Change.DELETE


def test_an_item_without_an_id_is_a_fault():
    (fault,) = FAMILY.decode(post(json.dumps({"type": "item_set", "item_type": "sku"}))).faults
    assert fault.code == "sensors.no_item"


def test_signup_ties_the_old_id_to_the_login_id():
    record = bare(type="track_signup", event="$SignUp", distinct_id="M1", original_id="d1")
    assert (record.kind, record.event) == (Kind.ALIAS, "$SignUp")
    assert record.identities == (Identity("member_id", "M1"), Identity("device", "d1"))


def test_signup_with_the_same_id_twice_ties_nothing():
    record = bare(type="track_signup", event="$SignUp", distinct_id="M1", original_id="M1")
    assert (record.kind, record.identities) == (Kind.TRACK, (Identity("member_id", "M1"),))


def test_bind_names_all_identities():
    identities = {"$identity_login_id": "M1", "$identity_mobile": "13800000000"}
    record = only(type="track_id_bind", event="$BindID", identities=identities, anonymous_id=None)
    assert record.kind is Kind.ALIAS
    assert record.identities == (Identity("member_id", "M1"), Identity("mobile", "13800000000"))


@pytest.mark.parametrize(
    ("distinct_id", "id_type"),
    [
        ("M1", "member_id"),
        ("1000000000000001", "member_id"),
        ("1795412808025-2546296-08581709574cc4-23176239", "device"),
        ("18c5a3f1b2c0de-0a1b2c3d4e5f67-1f525637-1327104-18c5a3f1b2d1a2", "device"),
        ("0D2B4F0E-9A1C-4E0B-8F7A-1B2C3D4E5F60", "device"),
        ("9774d56d682e549c", "device"),
    ],
)
def test_unbind_names_one_identity_and_the_person_without_saying_whether_by_login_id(distinct_id: str, id_type: str):
    record = bare(
        type="track_id_unbind",
        event="$UnbindID",
        identities={"$identity_email": "a@b.example"},
        distinct_id=distinct_id,
    )
    assert (record.kind, record.event) == (Kind.UNLINK, "$UnbindID")
    assert record.identities == (Identity("email", "a@b.example"), Identity(id_type, distinct_id))


IDENTITIES = {
    "$identity_login_id": Identity("member_id", "v"),
    "$identity_mobile": Identity("mobile", "v"),
    "$identity_email": Identity("email", "v"),
    "$identity_cookie_id": Identity("device", "v"),
    "$identity_anonymous_id": Identity("device", "v"),
    "$identity_android_id": Identity("device", "v"),
    "$identity_mp_id": Identity("device", "v"),
    "$identity_mp_wx12ab_openid": Identity("openid", "v", "wx12ab"),
    "$identity_mp_openid": Identity("openid", "v"),
    "$mp_wx12ab_openid": Identity("openid", "v", "wx12ab"),
    "$identity_mp_unionid": Identity("unionid", "v"),
    "$identity_external_userid": Identity("external_userid", "v"),
}


@pytest.mark.parametrize("key", IDENTITIES)
def test_each_key_of_identities_is_its_type(key):
    assert bare(identities={key: "v"}, distinct_id="v").identities == (IDENTITIES[key],)
    assert bare(identities={key: "v"}, distinct_id=f"{key}+v").identities == (IDENTITIES[key],)


def test_a_key_of_the_retailers_own_identifies_without_merging():
    record = bare(identities={"card": "V-9", "$identity_login_id": "M1"}, distinct_id="M1")
    assert record.identities == (Identity("device", "card+V-9"), Identity("member_id", "M1"))
    assert bare(identities={"card": "V-9"}, distinct_id="card+V-9").identities == (Identity("device", "card+V-9"),)


def test_a_login_id_of_another_key_is_split():
    mobile = {"identities": {"$identity_mobile": "138"}, "distinct_id": "$identity_mobile+138"}
    assert bare(**mobile, login_id="$identity_mobile+138").identities == (Identity("mobile", "138"),)
    own = {"identities": {"$identity_cookie_id": "c1", "user_no": "U9"}, "distinct_id": "user_no+U9"}
    assert bare(**own, login_id="user_no+U9").identities == (Identity("device", "c1"), Identity("member_id", "U9"))


def test_a_plus_in_an_id_without_identities_is_part_of_it():
    assert bare(distinct_id="86+13800000000").identities == (Identity("device", "86+13800000000"),)


def test_distinct_id_alone_is_a_device_unless_it_says_login():
    assert bare().identities == (Identity("device", "d1"),)
    assert bare(properties={"$is_login_id": True}).identities == (Identity("member_id", "d1"),)
    assert bare(properties={"$is_login_id": "true"}).identities == (Identity("device", "d1"),)


def test_the_openid_of_an_old_mini_program_is_an_openid():
    openid = "o" + "a1B2c3D4e5F" * 2 + "x_y-z"
    assert bare(distinct_id=openid, lib={"$lib": "MiniProgram"}).identities == (Identity("openid", openid),)
    assert bare(distinct_id=openid).identities == (Identity("device", openid),)


@pytest.mark.parametrize(
    "nobody", ["", "0", "null", "undefined", "未取到值", "00000000-0000-0000-0000-000000000000", None]
)
def test_what_stands_for_nobody_is_no_identity(nobody):
    entry = {**WEB, "identities": {"$identity_login_id": nobody}, "distinct_id": nobody, "login_id": nobody}
    (record,) = FAMILY.decode(post(json.dumps(entry))).records
    assert record.identities == (Identity("device", "c1"),)


def test_fills_for_no_value_are_null_wherever_they_stand():
    record = only(properties={"$referrer": "未取到值_直接打开", "$latest": ["未取到值", "x"], "中文": "未取"})
    assert record.properties == {"$referrer": None, "$latest": [None, "x"], "中文": "未取"}


def test_local_datetimes_stay_as_they_were_told():
    assert bare(properties={"pay_time": "2026-11-11 00:00:00.5"}).properties["pay_time"] == "2026-11-11 00:00:00.5"


def test_a_browsers_clock_an_hour_behind_is_set_right():
    hour = 3_600_000
    record = only(time=NOW - hour - 9_000, _flush_time=NOW - hour)
    assert (record.happened_at, record.skew_ms, record.sent_at) == (NOW - 9_000, hour, NOW - hour)
    assert record.told_at == str(NOW - hour - 9_000)


def test_a_servers_past_times_and_imports_are_left_alone():
    past = NOW - 86_400_000
    assert only(time=past, _flush_time=past, time_free=True).happened_at == past
    assert only(time=past, _flush_time=past, time_free=True).historic
    assert only(time=past, _flush_time=past, lib={"$lib": "Java"}).happened_at == past


def test_seconds_are_read_as_seconds():
    assert bare(time=NOW // 1_000).happened_at == NOW


def test_the_same_record_sent_again_has_the_same_id():
    first, again = only(_flush_time=NOW - 500), only(_flush_time=NOW)
    assert first.message_id == again.message_id
    assert first.message_id != only(_track_id=5).message_id
    assert bare().message_id == bare().message_id != bare(event="AddCart").message_id
    assert bare().message_id.startswith("h:")


def test_project_of_a_record_is_in_its_context():
    assert bare(project="vip", token="t").context["project"] == "vip"


def test_key_is_the_token_of_the_query_else_of_the_first_record():
    assert FAMILY.write_key(post("data=x", query="project=p&token=abc%2B")) == "abc+"
    assert FAMILY.write_key(post("data=" + said({**WEB, "token": "t9"}))) == "t9"
    assert FAMILY.write_key(post("data=" + said(WEB))) is None
    assert FAMILY.write_key(post("data=%%%")) is None


def test_paths_are_exact():
    assert all(FAMILY.owns(method, path) for method in ("GET", "POST") for path in ("/sa", "/sa.gif", "/debug"))
    assert not any(FAMILY.owns("POST", path) for path in ("/", "/sales", "/sa/x", "/debugger"))
    assert not FAMILY.owns("PUT", "/sa")


def test_answers():
    assert FAMILY.answer(post("data=x")).status == 200
    assert FAMILY.answer(post("data=x")).body == b""
    picture = FAMILY.answer(get("data=x"))
    assert (picture.status, picture.headers["content-type"], picture.body[:3]) == (200, "image/gif", b"GIF")


def test_debug_is_told_what_is_wrong_and_a_dry_run_stays_one():
    good = post("data=" + said(WEB), "/debug", dry_run="true")
    bad = post("data=" + said({**WEB, "event": ""}), "/debug")
    assert FAMILY.decode(good).dry_run
    assert FAMILY.answer(good).status == 200
    assert not FAMILY.decode(bad).dry_run
    assert (FAMILY.answer(bad).status, FAMILY.answer(bad).body[:17]) == (400, b"sensors.no_event:")


def test_a_dry_run_on_another_path_is_none():
    assert not FAMILY.decode(post("data=" + said(WEB), dry_run="true")).dry_run


def test_a_gzip_bomb_is_a_fault():
    bomb = base64.b64encode(gzip.compress(b"[" + b" " * 30_000_000 + b"]")).decode()
    (fault,) = FAMILY.decode(post(f"gzip=1&data={quote(bomb)}")).faults
    assert fault.code == "body.bomb"


@pytest.mark.parametrize("depth", [20, 40, 300, 900, 990, 1_100, 50_000])
def test_deep_json_is_a_record_or_a_fault(depth):
    deep = '{"type":"track","event":"e","distinct_id":"d","properties":{"x":' + "[" * depth + "]" * depth + "}}"
    decoded = FAMILY.decode(post(deep))
    assert (len(decoded.records), len(decoded.faults)) == ((1, 0) if depth == 20 else (0, 1))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8), st.lists, max_leaves=6
)
ENTRY = st.dictionaries(
    st.sampled_from(
        ["type", "event", "distinct_id", "time", "properties", "identities", "lib", "_track_id", "item_id"]
    ),
    JSON
    | st.sampled_from(["track", "profile_set", "item_set", "track_signup"])
    | st.dictionaries(st.text(max_size=9), JSON),
)


@given(st.lists(ENTRY | JSON, max_size=6))
@settings(max_examples=50, deadline=None)
def test_entries_of_any_list_are_accounted_for(entries):
    decoded = FAMILY.decode(post("data_list=" + quote(said(entries), safe="")))
    assert len(decoded.records) + len(decoded.faults) == len(entries)


@given(st.binary(max_size=120), st.sampled_from(["", "data=", "gzip=1&data_list=", "crc=1&data="]))
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_decoded_without_raising(data, before):
    request = Request(method="POST", path="/sa", body=before.encode() + data, received_at=NOW)
    decoded = FAMILY.decode(request)
    assert decoded.records or decoded.faults or before + data.decode("latin-1") == before + "[]"
