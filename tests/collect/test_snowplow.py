"""Snowplow: the real Python tracker by POST and by pixel, and bodies as the Web tracker writes them."""

import base64
import json
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snowplow_tracker import Emitter, PageView, SelfDescribing, SelfDescribingJson, StructuredEvent, Subject, Tracker

from collect.recorder import Recorder, recording, request
from quanyu.collect.families.snowplow import FAMILY
from quanyu.collect.record import Identity

POST = "/com.snowplowanalytics.snowplow/tp2"
NOON_MS = 1_772_337_600_000


def iglu(name: str, data: object) -> dict[str, object]:
    return {"schema": f"iglu:com.example/{name}/jsonschema/1-0-0", "data": data}


def coded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def event(**fields: str) -> dict[str, str]:
    return {"e": "pv", "eid": "e-1", "dtm": str(NOON_MS), "stm": str(NOON_MS + 900), "duid": "d-1", **fields}


def decode(*events: object, **rest: object):
    body = json.dumps({"schema": "iglu:x/payload_data/jsonschema/1-0-4", "data": list(events)})
    return FAMILY.decode(request(body, POST, **{"received_at": NOON_MS + 1_000, **rest}))


def only(*events: object, **rest: object):
    decoded = decode(*events, **rest)
    assert decoded.faults == ()
    (record,) = decoded.records
    return record


@pytest.mark.parametrize("method", ["post", "get"])
@pytest.mark.parametrize("in_base64", [True, False])
def test_every_event_of_the_python_tracker_arrives_once(recorder: Recorder, method: str, in_base64: bool):
    subject = Subject().set_user_id("u-1").set_domain_user_id("d-1").set_network_user_id("n-1")
    emitter = Emitter("127.0.0.1", "http", recorder.port, method, batch_size=3)
    tracker = Tracker("t", emitter, subject, app_id="shop", encode_base64=in_base64)
    bought = SelfDescribingJson("iglu:com.example/order_completed/jsonschema/1-0-0", {"总额": 69.9})
    place = [SelfDescribingJson("iglu:com.example/store/jsonschema/1-0-0", {"store_id": "s+1"})]
    tracker.track(PageView("https://shop.example/?a=b c", "首页", true_timestamp=NOON_MS))
    tracker.track(StructuredEvent("shop", "add-to-basket", "sku-1", "web", 2, true_timestamp=NOON_MS))
    tracker.track(SelfDescribing(bought, context=place, true_timestamp=NOON_MS))
    records = recorder.wait_for(3)
    assert len(recorder.records) == len({record.message_id for record in records}) == 3
    assert {record.happened_at for record in records} == {NOON_MS}
    assert [record.event for record in records] == ["page_view", "add-to-basket", "order_completed"]
    assert {record.identities for record in records} == {
        (Identity("member_id", "u-1"), Identity("device", "d-1"), Identity("device", "n-1", "snowplow-network"))
    }
    assert records[0].context["page_url"] == "https://shop.example/?a=b c"
    assert records[0].context["page_title"] == "首页"
    assert records[1].properties["action_category"] == "shop"
    assert records[2].properties == {"总额": 69.9}
    assert records[2].context["store"] == {"store_id": "s+1"}
    assert recorder.faults == []


def test_a_retry_after_503_brings_the_same_ids():
    with recording(refusals=1) as recorder:
        emitter = Emitter("127.0.0.1", "http", recorder.port, batch_size=1)
        tracker = Tracker("t", emitter)
        tracker.track(PageView("https://shop.example/"))
        # Its own second try would come after a second or two.
        emitter.retry_timer.cancel()
        emitter.flush()
        records = recorder.wait_for(1)
        refused = [record for came in recorder.refused for record in FAMILY.decode(came).records]
        assert [record.message_id for record in refused] == [record.message_id for record in records]


def test_the_devices_clock_is_set_right_but_the_true_time_is_trusted():
    late = {"received_at": NOON_MS + 3_600_900}
    assert (only(event(), **late).happened_at, only(event(), **late).skew_ms) == (NOON_MS + 3_600_000, 3_600_000)
    assert only(event(ttm=str(NOON_MS - 5)), **late).happened_at == NOON_MS - 5
    assert only(event(stm=str(NOON_MS // 1000 * 1000))).skew_ms == 0


def test_who_is_not_to_be_known_is_not():
    told = event(nuid="n-1", ip="203.0.113.9")
    assert Identity("device", "n-1", "snowplow-network") in only(told).identities
    hidden = only(told, sp_anonymous="*")
    assert hidden.identities == (Identity("device", "d-1"),)
    assert "ip" not in hidden.context


def test_what_the_shop_plugin_says_is_one_event_with_its_products():
    told = event(
        e="ue",
        ue_px=coded(iglu("unstruct_event", iglu("snowplow_ecommerce_action", {"type": "transaction"}))),
        cx=coded(
            iglu(
                "contexts",
                [
                    iglu("transaction", {"transaction_id": "o-1", "revenue": 10, "currency": "CNY"}),
                    iglu("product", {"id": "p-1", "price": 4}),
                    iglu("product", {"id": "p-2", "price": 6}),
                ],
            )
        ),
    )
    record = only(told)
    assert record.event == "transaction"
    assert record.properties["transaction_id"] == "o-1"
    assert [product["id"] for product in record.properties["products"]] == ["p-1", "p-2"]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (event(e="zz"), "record.unknown_type"),
        (event(e="se"), "record.no_event"),
        (event(e="ue"), "record.no_event"),
        (event(e="ue", ue_px="§"), "body.bad_base64"),
        (event(e="ue", ue_pr="{"), "body.not_json"),
        (event(cx=coded([1])), "record.not_object"),
        (event(dtm="soon"), "time.unreadable"),
        ("pv", "record.not_object"),
    ],
)
def test_a_bad_event_is_a_fault_and_its_neighbours_are_records(bad: object, code: str):
    decoded = decode(event(), bad, event())
    assert len(decoded.records) == 2
    assert [fault.code for fault in decoded.faults] == [code]


def test_a_pixel_is_answered_with_a_picture():
    pixel = request(path="/i", method="GET", query=urlencode(event(page="首 页")), received_at=NOON_MS)
    assert FAMILY.answer(pixel).body.startswith(b"GIF89a")
    (record,) = FAMILY.decode(pixel).records
    assert record.context["page_title"] == "首 页"
    assert FAMILY.answer(request(path=POST)).body == b"ok"


def test_a_query_of_too_many_fields_is_kept_as_a_fault():
    query = "&".join(f"a{n}=1" for n in range(501))
    (fault,) = FAMILY.decode(request(path="/i", method="GET", query=query)).faults
    assert (fault.code, fault.text) == ("body.too_many_fields", query)


TEXTS = st.text(max_size=6) | st.none() | st.integers()
EVENTS = TEXTS | st.fixed_dictionaries(
    {"e": st.sampled_from(["pv", "pp", "ue", "se", "tr", "ti", ""])},
    optional={name: TEXTS for name in ("eid", "dtm", "stm", "ttm", "ue_px", "ue_pr", "cx", "co", "se_ac", "uid")},
)


@settings(max_examples=50, deadline=None)
@given(st.lists(EVENTS, max_size=4))
def test_every_event_of_a_post_is_a_record_or_a_fault(events: list[object]):
    decoded = decode(*events)
    assert len(decoded.records) + len(decoded.faults) == len(events)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_every_pixel_is_a_record_or_a_fault(query: str):
    decoded = FAMILY.decode(request(path="/i", method="GET", query=query))
    assert len(decoded.records) + len(decoded.faults) == 1
