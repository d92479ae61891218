"""What each convention's events tell, row by row."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from quanyu.collect.act import COLUMNS
from quanyu.collect.conventions import MEANINGS, meaning
from quanyu.collect.record import Identity, Kind, Record
from quanyu.collect.retail import rows

AT = 1_760_000_000_000
MOMENT = "2025-10-09T08:53:20.000Z"
ANN = (Identity("member_id", "m1"), Identity("device", "d1"))
_DECIMALS = msgspec.json.Decoder(float_hook=Decimal)
LIBRARY = Path(__file__).resolve().parents[2] / "src" / "quanyu" / "library"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "live-events.md"

# Columns that every row of one record has alike; each is asked for where it matters.
SHARED = {"row", "record_id", "occurred_at", "member_id", "device", "visitor_key", "props", "version"}


def track(event: str, properties: str = "{}", **fields: Any) -> Record:
    given: dict[str, Any] = {"message_id": "e1", "happened_at": AT, "identities": ANN} | fields
    return Record(kind=Kind.TRACK, event=event, properties=_DECIMALS.decode(properties), **given)


def told(record: Record, kind: str) -> list[dict[str, str | None]]:
    """The rows of a kind, without nulls and without what all rows of the record share."""
    return [
        {name: value for name, value in row.items() if value is not None and name not in SHARED}
        for row in rows(record, received_at=AT + 5)
        if row["row"] == kind
    ]


def test_segment_order_completed_is_an_order_its_lines_and_its_coupon():
    record = track(
        "Order Completed",
        """{"order_id": "50314b8e", "checkout_id": "fksdjfsdjfisjf9sdfjsd9f", "affiliation": "Store", "subtotal": 22.50,
        "total": 27.50, "revenue": 25.00, "shipping": 3.00, "tax": 2.00, "discount": 2.5, "coupon": "hasbros",
        "currency": "USD", "products": [
        {"product_id": "507f1f77", "sku": "45790-32", "name": "Monopoly", "price": 19.00, "quantity": 1,
         "category": "Games"},
        {"product_id": "505bd76785ebb509fc183733", "sku": "46493-32", "name": "Uno Card Game", "price": 3,
         "quantity": 2, "category": "Games"}]}""",
    )
    assert told(record, "order") == [
        {
            "message_id": "e1",
            "order_id": "50314b8e",
            "status": "paid",
            "paid_at": MOMENT,
            "currency": "USD",
            "paid_amount": "22.50",
            "total": "27.50",
            "subtotal": "22.50",
            "revenue": "25.00",
            "freight": "3.00",
            "tax": "2.00",
            "discount": "2.5",
            "coupon_id": "hasbros",
        }
    ]
    assert told(record, "order_line") == [
        {
            "message_id": "e1#1",
            "order_id": "50314b8e",
            "line_no": "1",
            "product_id": "45790-32",
            "sku": "45790-32",
            "spu_id": "507f1f77",
            "product_name": "Monopoly",
            "category_id": "Games",
            "quantity": "1",
            "price": "19.00",
            "currency": "USD",
            "list_amount": "19.00",
            "paid_amount": "19.00",
        },
        {
            "message_id": "e1#2",
            "order_id": "50314b8e",
            "line_no": "2",
            "product_id": "46493-32",
            "sku": "46493-32",
            "spu_id": "505bd76785ebb509fc183733",
            "product_name": "Uno Card Game",
            "category_id": "Games",
            "quantity": "2",
            "price": "3",
            "currency": "USD",
            "list_amount": "6",
            "paid_amount": "6",
        },
    ]
    (coupon,) = told(record, "coupon")
    assert coupon.pop("coupon_id", "").startswith("hasbros:")
    assert coupon == {
        "message_id": "e1",
        "batch_id": "hasbros",
        "state": "redeemed",
        "redeemed_at": MOMENT,
        "order_id": "50314b8e",
    }
    (event,) = told(record, "event")
    assert (event["type"], event["event_name"]) == ("order_paid", "Order Completed")


@pytest.mark.parametrize(
    ("properties", "paid"),
    [
        ('"total": 27.50, "shipping": 3, "tax": 2.00, "subtotal": 99', "22.50"),
        ('"total": 27.50, "subtotal": 22.5', "22.5"),
        ('"total": 27.50, "tax": 2', "25.50"),
        ('"total": "27.50"', "27.50"),
        ('"revenue": 25', "25"),
        ('"total": 12345678901234567890123.45', "12345678901234567890123.45"),
        ('"order_amount": 100, "order_actual_amount": 88.8, "transportation_costs": 8.80', "80.00"),
        ('"total": 1.5e3', "1500"),
        ('"paid_amount": 0, "total": 10', "0"),
    ],
)
def test_paid_for_goods_is_without_freight_and_tax_on_top(properties: str, paid: str):
    assert [
        order["paid_amount"] for order in told(track("Order Completed", f'{{"order_id": 7, {properties}}}'), "order")
    ] == [paid]


@pytest.mark.parametrize(
    ("event", "properties", "fault"),
    [
        ("Order Completed", '{"total": 5}', "order.no_id"),
        ("Order Completed", '{"order_id": "o"}', "order.no_amount"),
        ("Order Completed", '{"order_id": "o", "total": "¥1,299"}', "order.amount_not_number"),
        ("Order Completed", '{"order_id": "o", "total": 1, "shipping": 2}', "order.amount_negative"),
        ("Order Completed", '{"order_id": "o", "total": true}', "order.amount_not_number"),
        ("Order Updated", '{"order_id": "o", "total": 5}', "order.no_paid_at"),
        ("Order Cancelled", '{"order_id": "o"}', "order.no_amount"),
        ("Order Refunded", '{"total": 5}', "refund.no_order"),
        ("Order Refunded", '{"order_id": "o"}', "refund.no_amount"),
        ("Order Refunded", '{"order_id": "o", "total": "all"}', "refund.amount_not_number"),
        ("PayOrderDetail", '{"order_id": "o", "present_price": 5}', "line.no_product"),
        ("PayOrderDetail", '{"order_id": "o", "sku": "s"}', "line.no_amount"),
        ("UseDiscount", "{}", "coupon.no_id"),
        ("$AppStart", "{}", "visit.no_id"),
        ("Consent Updated", "{}", "consent.not_told"),
    ],
)
def test_what_cannot_be_made_is_an_event_with_its_reason(event: str, properties: str, fault: str):
    (row,) = rows(track(event, properties), received_at=AT)
    assert (row["row"], row["fault"]) == ("event", fault)
    assert msgspec.json.decode(row["props"] or "")["$fault"] == fault


def test_an_order_updated_with_its_time_of_payment_replaces_what_is_known():
    given = '{"order_id": "o", "total": 7, "paid_at": 1759990000, "status": "Delivered"}'
    (order,) = told(track("Order Updated", given), "order")
    found = (order["status"], order["paid_at"], order["paid_amount"])
    assert found == ("fulfilled", "2025-10-09T06:06:40.000Z", "7")


@pytest.mark.parametrize(
    ("agent", "is_bot"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", "1"),
        ("Mozilla/5.0 HeadlessChrome/120", "1"),
        ("curl/8.0", "1"),
        ("Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20)", None),
        ("okhttp/4.9", None),
    ],
)
def test_robots_are_marked_and_kept(agent: str, is_bot: str | None):
    (row,) = rows(track("page", context={"userAgent": agent}), received_at=AT)
    assert row["is_bot"] == is_bot


def test_a_bad_line_leaves_the_order_and_the_other_lines():
    record = track(
        "Order Completed", '{"order_id": "o", "total": 9, "products": [{"sku": "a"}, {"sku": "b", "price": 9}]}'
    )
    assert [order["paid_amount"] for order in told(record, "order")] == ["9"]
    assert [(line["line_no"], line["product_id"]) for line in told(record, "order_line")] == [("2", "b")]
    assert [event["fault"] for event in told(record, "event")] == ["line.no_amount"]


def test_the_words_of_a_shop_reach_the_order():
    record = track(
        "Order Completed",
        """{"order_id": "o", "total": 10, "store_id": "s9", "pos_id": "till 2", "guide_id": "g1", "member_no": "v7",
        "channel": "mini", "order_type": "pickup", "points_used": 100, "points_earned": 9, "payments":
        [{"kind": "card", "amount": 4.10}, {"kind": "points", "amount": 5.90}], "test": true, "staff": false,
        "paid_at": "2025-10-09T17:00:00+08:00", "lines": [{"sku": "a", "price": 10, "cost": 4, "points_earned": 9}]}""",
        identities=(),
    )
    (order,) = told(record, "order")
    expected = {
        "store_id": "s9",
        "pos_id": "till 2",
        "associate_id": "g1",
        "channel_id": "mini",
        "ordered_channel_id": "mini",
        "order_type": "pickup",
        "points_used": "100",
        "points_earned": "9",
        "payments": '[{"kind":"card","amount":4.10},{"kind":"points","amount":5.90}]',
        "is_test": "1",
        "is_staff": "0",
        "paid_at": "2025-10-09T09:00:00.000Z",
    }
    assert expected.items() <= order.items()
    assert {row["member_id"] for row in rows(record, received_at=AT) if row["row"] == "order"} == {"v7"}
    (line,) = told(record, "order_line")
    assert (line["cost_amount"], line["points_earned"]) == ("4", "9")


def test_snowplow_transaction_and_item():
    order = track("transaction", '{"tr_id": "T-1", "tr_tt": "18.45", "tr_tx": "1.00", "tr_sh": "2.45", "tr_cu": "EUR"}')
    assert told(order, "order") == [
        {
            "message_id": "e1",
            "order_id": "T-1",
            "status": "paid",
            "paid_at": MOMENT,
            "currency": "EUR",
            "paid_amount": "15.00",
            "total": "18.45",
            "tax": "1.00",
            "freight": "2.45",
        }
    ]
    item = track("ti", '{"ti_id": "T-1", "ti_sk": "S1", "ti_nm": "Tee", "ti_pr": "5.00", "ti_qu": "3", "ti_cu": "EUR"}')
    (line,) = told(item, "order_line")
    assert (line["order_id"], line["product_id"], line["paid_amount"], line["currency"]) == (
        "T-1",
        "S1",
        "15.00",
        "EUR",
    )


def test_sensors_submit_pay_and_cancel():
    submitted = track("SubmitOrder", '{"order_id": "o", "order_amount": 50, "$is_login_id": true}')
    paid = track(
        "PayOrder", '{"order_id": "o", "order_amount": 50, "order_actual_amount": 45.5, "discount_amount": 4.5}'
    )
    failed = track("PayOrder", '{"order_id": "o", "order_actual_amount": 45.5, "is_success": false}')
    cancelled = track("CancelPayOrder", '{"order_id": "o", "order_amount": 50, "cancel_reason": "贵"}')
    found = [told(record, "order")[0] for record in (submitted, paid, failed, cancelled)]
    assert [(order["status"], order["paid_amount"], order.get("paid_at")) for order in found] == [
        ("placed", "50", None),
        ("paid", "45.5", MOMENT),
        ("placed", "45.5", None),
        ("cancelled", "50", None),
    ]


def test_lines_told_alone_are_the_same_lines_when_paid():
    given = (
        '{"order_id": "o", "commodity_id": "%s", "present_price": 12.5, "original_price": 20, "commodity_quantity": 2}'
    )
    submitted, paid, other = (
        told(track(event, given % sku), "order_line")[0]
        for event, sku in (("SubmitOrderDetail", "c9"), ("PayOrderDetail", "c9"), ("PayOrderDetail", "c8"))
    )
    assert submitted == paid
    assert paid["line_no"] != other["line_no"]
    assert (paid["paid_amount"], paid["list_amount"]) == ("25.0", "40")


def test_a_late_submit_has_the_smaller_version():
    versions = [
        rows(track(event, '{"order_id": "o", "total": 1}', happened_at=at), received_at=AT)[1]["version"]
        for event, at in (("SubmitOrder", AT - 1), ("PayOrder", AT))
    ]
    assert versions == ["2025-10-09T08:53:19.999Z", MOMENT]


def test_growingio_items_in_any_of_their_forms():
    forms = (
        '{"order_id": "o", "pay_amount": "30", "items": [{"id": "a", "price": "10", "num": "3"}]}',
        r'{"order_id": "o", "pay_amount": "30", "items": "[{\"id\": \"a\", \"price\": \"10\", \"num\": 3}]"}',
    )
    for form in forms:
        (line,) = told(track("payOrderSuccess", form), "order_line")
        assert (line["product_id"], line["quantity"], line["paid_amount"]) == ("a", "3", "30")
    joined = '{"order_id": "o", "pay_amount": "30", "product_id": "a||b", "price": "10||20", "note": "x||y||z"}'
    lines = told(track("payOrderSuccess", joined), "order_line")
    assert [(line["product_id"], line["paid_amount"]) for line in lines] == [("a", "10"), ("b", "20")]


def test_refunds_by_line_make_up_the_whole_or_are_one():
    products = '[{"sku": "a", "price": 6}, {"sku": "b", "price": 3, "quantity": 2}]'
    by_line = '{"order_id": "o", "total": %s, "products": ' + products + "}"
    found = told(track("Order Refunded", by_line % "12.00"), "refund")
    assert [(row["message_id"], row["refund_id"], row["product_id"], row["amount"]) for row in found] == [
        ("e1#1", "e1#1", "a", "6"),
        ("e1#2", "e1#2", "b", "6"),
    ]
    (whole,) = told(track("Order Refunded", by_line % "10"), "refund")
    assert whole == {
        "message_id": "e1",
        "refund_id": "e1",
        "order_id": "o",
        "amount": "10",
        "refunded_at": MOMENT,
        "kind": "return",
    }
    (told_so,) = told(
        track("Order Refunded", '{"order_id": "o", "refund_id": "R1", "refund_amount": 3, "refund_type": "换货"}'),
        "refund",
    )
    assert (told_so["refund_id"], told_so["amount"], told_so["kind"]) == ("R1", "3", "exchange")


def test_a_coupon_claimed_and_used_by_one_person_is_one_coupon():
    claimed, used, others = (
        told(record, "coupon")[0]
        for record in (
            track("ReceiveDiscount", '{"discount_id": "B1", "channel": "mini"}'),
            track("UseDiscount", '{"discount_id": "B1", "order_id": "o"}'),
            track("ReceiveDiscount", '{"discount_id": "B1"}', identities=(Identity("member_id", "m2"),)),
        )
    )
    assert claimed["coupon_id"] == used["coupon_id"] != others["coupon_id"]
    assert (claimed["state"], claimed["claimed_at"], claimed["claimed_channel_id"]) == ("claimed", MOMENT, "mini")
    assert (used["state"], used["redeemed_at"], used["batch_id"], used["order_id"]) == ("redeemed", MOMENT, "B1", "o")


def test_a_coupon_with_a_number_of_its_own_keeps_it():
    (coupon,) = told(track("UseCoupon", '{"coupon_no": "C-77", "batch_id": "B1"}'), "coupon")
    assert (coupon["coupon_id"], coupon["batch_id"]) == ("C-77", "B1")


def test_a_coupon_is_never_named_after_a_mobile():
    mobile = (Identity("mobile", "13800138000"),)
    (row,) = rows(track("UseDiscount", '{"discount_id": "B1"}', identities=mobile), received_at=AT)
    assert row["fault"] == "coupon.no_holder"
    (coupon,) = told(track("UseDiscount", '{"discount_id": "B1", "order_id": "o"}', identities=mobile), "coupon")
    assert "13800138000" not in f"{coupon['coupon_id']}"


def test_several_products_are_several_events():
    record = track("AddToShoppingCart", '{"cart": 1, "items": [{"sku": "a", "price": 1.10}, {"sku": "b", "qty": 2}]}')
    assert told(record, "event") == [
        {
            "message_id": "e1#1",
            "type": "cart_added",
            "event_name": "AddToShoppingCart",
            "product_id": "a",
            "sku": "a",
            "price": "1.10",
        },
        {
            "message_id": "e1#2",
            "type": "cart_added",
            "event_name": "AddToShoppingCart",
            "product_id": "b",
            "sku": "b",
            "quantity": "2",
        },
    ]
    first = rows(record, received_at=AT)[0]["props"]
    assert first == '{"$event":"AddToShoppingCart","cart":1,"product":{"sku":"a","price":1.10}}'


def test_goods_by_weight_are_rounded_half_up_and_told_amounts_are_not():
    given = '{"order_id": "o", "total": 9, "products": [{"sku": "a", "price": 12.9, "quantity": 0.355}, %s]}'
    lines = told(track("Order Completed", given % '{"sku": "b", "price": 12.345}'), "order_line")
    assert [line["paid_amount"] for line in lines] == ["4.58", "12.345"]


def test_what_an_optional_column_cannot_hold_stays_in_the_properties():
    given = '{"discount_id": "B", "expires_on": "%s", "value": 0.30000000000000004, "delivery_type": "drone"}'
    (event, *_) = rows(track("ReceiveDiscount", given % "2025-12-31 23:59"), received_at=AT)
    assert event["value"] is None
    assert '"value":0.30000000000000004' in f"{event['props']}"
    days = [
        told(track("ReceiveDiscount", given % day), "coupon")[0].get("expires_on")
        for day in ("2025-12-31 23:59", "soon")
    ]
    assert days == ["2025-12-31", None]
    ways = ("drone", "自提")
    paid = '{"order_id": "o", "total": 1, "delivery_type": "%s"}'
    orders = [track("PayOrder", paid % way) for way in ways]
    assert [told(order, "order")[0].get("fulfil_type") for order in orders] == [None, "pickup"]


def test_shares_and_visits():
    (share,) = told(track("Product Shared", '{"share_via": "email", "product_id": "p", "campaign_id": "c"}'), "share")
    assert share == {
        "message_id": "e1",
        "share_id": "e1",
        "share_via": "email",
        "product_id": "p",
        "spu_id": "p",
        "campaign_id": "c",
    }
    (begun,) = told(track("$AppStart", '{"$session_id": "v1"}'), "visit")
    assert begun == {"message_id": "e1", "visit_id": "v1", "started_at": MOMENT}
    (ended,) = told(track("$AppEnd", '{"$session_id": "v1", "event_duration": 61.5}'), "visit")
    assert (ended["started_at"], ended["ended_at"]) == ("2025-10-09T08:52:18.500Z", MOMENT)


def test_where_it_stood():
    context = {
        "page": {
            "url": "https://a.cn/p?utm_source=wx&utm_campaign=11.11&phone=13800138000",
            "path": "/p",
            "title": "T",
        },
        "userAgent": "Mozilla/5.0 (compatible; bingbot/2.0)",
        "sessionId": 17,
    }
    (event,) = told(track("Products Searched", '{"query": "雨伞"}', context=context, library="analytics.js/4"), "event")
    assert event == {
        "message_id": "e1",
        "library": "analytics.js/4",
        "is_bot": "1",
        "platform": "web",
        "type": "search",
        "event_name": "Products Searched",
        "visit_id": "17",
        "keyword": "雨伞",
        "campaign_id": "11.11",
        "page_url": "https://a.cn/p?utm_source=wx&utm_campaign=11.11",
        "page_path": "/p",
        "page_title": "T",
        "utm_source": "wx",
        "utm_campaign": "11.11",
    }


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("Product Viewed", "product_view"),
        ("commodityDetail", "product_view"),
        ("$pageview", "page_view"),
        ("Viewed Home Page", "page_view"),
        ("store_visit", "store_visit"),
        ("fitting_booked", "fitting_booked"),
        ("buttonClick", "custom"),
        ("", "custom"),
    ],
)
def test_names_and_their_types(name: str, type_: str):
    assert meaning(name).type == type_


def test_every_type_of_the_library_is_met_by_its_code_and_no_other_is_named():
    lines = (LIBRARY / "event_types" / "event_types.yaml").read_text(encoding="utf-8").splitlines()
    codes = {line.removesuffix(":") for line in lines if line.endswith(":") and not line.startswith((" ", "#"))}
    assert len(codes) > 40
    assert {code: meaning(code).type for code in codes} == {code: code for code in codes}
    assert {known.type for known in MEANINGS.values()} - codes == {"custom"}


def test_times_nobody_told_and_times_beyond_the_calendar():
    assert rows(track("x", happened_at=None), received_at=AT)[0]["occurred_at"] == MOMENT
    assert rows(track("x", happened_at=10**18), received_at=AT)[0]["occurred_at"] is None


def test_the_page_names_every_key_with_its_rows():
    written: dict[str, str] = {}
    for line in PAGE.read_text(encoding="utf-8").split("## Keys")[1].splitlines():
        if line.startswith("| `"):
            key, kinds, _ = (cell.strip() for cell in line.strip("|").split("|", 2))
            written[key.strip("`")] = kinds
    kinds_of: dict[str, list[str]] = {}
    for kind, columns in COLUMNS.items():
        for column in columns:
            kinds_of.setdefault(column, []).append(kind)
    names = {len(COLUMNS): "all", len(COLUMNS) - 1: "all but order_line"}
    assert written == {key: names.get(len(kinds), ", ".join(kinds)) for key, kinds in kinds_of.items()}
