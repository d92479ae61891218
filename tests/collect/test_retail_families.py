"""From the bytes that an SDK sends to rows, and from rows to the headings that the profile maps."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from quanyu.collect.act import COLUMNS
from quanyu.collect.families import growingio, posthog, segment, sensors, snowplow
from quanyu.collect.fields import Sdk
from quanyu.collect.record import Request
from quanyu.collect.retail import rows
from quanyu.collect.vocabulary import FULFILMENTS, PURPOSES, REFUND_KINDS, STATUSES
from quanyu.tables import CONTRACTS

AT = 1_760_000_000_000
MOMENT = "2025-10-09T08:53:20.000Z"
PROFILE = Path(__file__).resolve().parents[2] / "src" / "quanyu" / "library" / "profiles" / "live.yaml"


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _form(value: Any) -> bytes:
    return b"data=" + base64.urlsafe_b64encode(_json(value)).replace(b"=", b"%3D")


_PRODUCTS = [{"product_id": "p1", "price": 9.95, "quantity": 2}]
_ORDER = {"order_id": "o1", "total": 19.9, "currency": "CNY", "products": _PRODUCTS}
_ECOMMERCE = "iglu:com.snowplowanalytics.snowplow.ecommerce"


def _schema(name: str, data: Any) -> dict[str, Any]:
    return {"schema": f"{_ECOMMERCE}/{name}/jsonschema/1-0-0", "data": data}


_TRANSACTION = {
    "e": "ue",
    "eid": "4c1b7a5e-9f9c-4d5e-8d5a-0a0a0a0a0a0a",
    "dtm": str(AT),
    "uid": "m1",
    "ue_pr": json.dumps({"data": _schema("snowplow_ecommerce_action", {"type": "transaction"})}),
    "co": json.dumps(
        {
            "data": [
                _schema("transaction", {"transaction_id": "o1", "revenue": 19.9, "currency": "CNY"}),
                _schema("product", {"id": "p1", "price": 9.95, "quantity": 2}),
            ]
        }
    ),
}


@pytest.mark.parametrize(
    ("sdk", "path", "body"),
    [
        (
            segment.FAMILY,
            "/v1/batch",
            _json({"batch": [{"type": "track", "event": "Order Completed", "userId": "m1", "properties": _ORDER}]}),
        ),
        (
            posthog.FAMILY,
            "/batch/",
            _json({"api_key": "k", "batch": [{"event": "Order Completed", "distinct_id": "m1", "properties": _ORDER}]}),
        ),
        (
            sensors.FAMILY,
            "/sa",
            _form(
                {
                    "type": "track",
                    "event": "PayOrder",
                    "distinct_id": "m1",
                    "time": AT,
                    "properties": {"$is_login_id": True, **_ORDER},
                }
            ),
        ),
        (
            growingio.FAMILY,
            "/v3/projects/p/collect",
            _json(
                [
                    {
                        "eventType": "CUSTOM",
                        "eventName": "payOrderSuccess",
                        "userId": "m1",
                        "timestamp": AT,
                        "attributes": {
                            "order_id": "o1",
                            "pay_amount": "19.9",
                            "currency": "CNY",
                            "items": json.dumps([{"id": "p1", "price": 9.95, "num": 2}]),
                        },
                    }
                ]
            ),
        ),
        (snowplow.FAMILY, "/com.snowplowanalytics.snowplow/tp2", _json({"data": [_TRANSACTION]})),
    ],
    ids=["segment", "posthog", "sensors", "growingio", "snowplow"],
)
def test_one_order_is_the_same_from_every_sdk(sdk: Sdk, path: str, body: bytes):
    decoded = sdk.decode(Request(method="POST", path=path, body=body, received_at=AT))
    assert decoded.faults == ()
    made = [row for record in decoded.records for row in rows(record, received_at=AT)]
    orders = [row for row in made if row["row"] == "order"]
    lines = [row for row in made if row["row"] == "order_line"]
    found = [(row["order_id"], row["status"], row["paid_at"], row["paid_amount"], row["currency"]) for row in orders]
    assert found == [("o1", "paid", MOMENT, "19.9", "CNY")]
    assert [(row["line_no"], row["product_id"], row["quantity"], row["paid_amount"]) for row in lines] == [
        ("1", "p1", "2", "19.90")
    ]
    assert {row["type"] for row in made if row["row"] == "event"} <= {"order_paid"}


def test_the_profile_maps_keys_that_the_rows_have():
    feeds = YAML(typ="safe").load(PROFILE.read_text(encoding="utf-8"))["feeds"]
    kinds = [feed["where"].split("'")[1] for feed in feeds]
    assert set(kinds) == set(COLUMNS)
    for kind, feed in zip(kinds, feeds, strict=True):
        told = [feed.get("version"), *feed["key"], *(id_["from"][0] for id_ in feed.get("identifiers", ()))]
        for column in feed["columns"].values():
            told.append(column.get("from") if isinstance(column, dict) else column)
        assert {name for name in told if name is not None} - set(COLUMNS[kind]) == set()


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        ("order", "status", set(STATUSES.values())),
        ("order", "fulfil_type", set(FULFILMENTS.values())),
        ("refund", "kind", set(REFUND_KINDS.values())),
        ("consent", "purpose", set(PURPOSES.values())),
    ],
)
def test_our_words_are_the_tables(table: str, column: str, words: set[str]):
    (contract,) = [one for one in CONTRACTS if one.name == table]
    assert words == set(next(one.values for one in contract.columns if one.name == column))
