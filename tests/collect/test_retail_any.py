"""Whatever JSON a record holds: rows, no failure, the same ones each time, and money digit by digit."""

from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as some

from quanyu.collect.act import COLUMNS
from quanyu.collect.conventions import MEANINGS
from quanyu.collect.record import Change, Identity, Kind, Record
from quanyu.collect.retail import rows
from quanyu.collect.vocabulary import FIELDS, PRODUCT_LISTS
from quanyu.tables.identity import ID_TYPES

SETTINGS = settings(max_examples=50, deadline=None, derandomize=True)

_NAMES = some.sampled_from(sorted({name for names in FIELDS.values() for name in names} | set(PRODUCT_LISTS)))
_TEXTS = some.text(some.characters(), max_size=12)  # with lone surrogates
_LEAVES = (
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats()
    | some.decimals()
    | _TEXTS
    | some.sampled_from(["13800138000", "a@b.cn", "[{}]", "[" * 3000, '{"a":1}', "1||2", "NaN", "1e99", "-0", "１２"])
)
_JSON = some.recursive(
    _LEAVES,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(_NAMES | _TEXTS, inner, max_size=4),
    max_leaves=12,
)
_OBJECTS = some.dictionaries(_NAMES | _TEXTS, _JSON, max_size=8)
_RECORDS = some.builds(
    Record,
    kind=some.sampled_from(list(Kind)),
    message_id=some.text(max_size=8),
    happened_at=some.none() | some.integers(-(2**70), 2**70),
    event=some.sampled_from(sorted(MEANINGS)) | _TEXTS,
    identities=some.lists(
        some.builds(Identity, type=some.sampled_from(ID_TYPES) | _TEXTS, value=_TEXTS), max_size=5
    ).map(tuple),
    properties=_OBJECTS,
    traits=_OBJECTS,
    change=some.sampled_from(list(Change)),
    context=_OBJECTS,
    library=_TEXTS,
)


@SETTINGS
@given(_RECORDS)
def test_any_record_gives_rows_of_text_with_all_their_keys(record: Record):
    made = rows(record, received_at=1_760_000_000_000)
    assert made
    for row in made:
        assert tuple(row) == COLUMNS[row["row"] or ""]
        assert all(value is None or value.encode() is not None for value in row.values())
    keys = [(row["row"], row["message_id"]) for row in made]
    assert len(set(keys)) == len(keys)
    assert rows(record, received_at=1_760_000_000_000) == made


@SETTINGS
@given(some.recursive(_LEAVES, lambda inner: some.dictionaries(_TEXTS, inner, min_size=1, max_size=1), max_leaves=5))
def test_props_are_json_again(value: Any):
    record = Record(kind=Kind.TRACK, message_id="m", happened_at=1, event="x", properties={"v": value})
    assert msgspec.json.decode(rows(record, received_at=1)[0]["props"] or "")["$event"] == "x"


@SETTINGS
@given(some.integers(0, 10**15), some.integers(0, 4), some.booleans())
def test_money_keeps_every_digit(minor: int, scale: int, is_text: bool):
    said = f"{Decimal(minor).scaleb(-scale):f}"
    body = f'{{"order_id": "o", "total": {f""" "{said}" """ if is_text else said}}}'.encode()
    properties = msgspec.json.Decoder(float_hook=Decimal).decode(body)
    record = Record(kind=Kind.TRACK, message_id="m", happened_at=1, event="PayOrder", properties=properties)
    (order,) = [row for row in rows(record, received_at=1) if row["row"] == "order"]
    assert (order["total"], order["paid_amount"]) == (said, said)


@SETTINGS
@given(some.integers(0, 10**15 - 1), some.integers(0, 4))
def test_money_read_as_a_float_keeps_its_value(minor: int, scale: int):
    said = Decimal(minor).scaleb(-scale)
    properties = {
        "order_id": "o",
        "total": float(said),
        "products": [{"sku": "a", "price": float(said), "quantity": 3}],
    }
    record = Record(kind=Kind.TRACK, message_id="m", happened_at=1, event="PayOrder", properties=properties)
    order, line = (row for row in rows(record, received_at=1) if row["row"] in ("order", "order_line"))
    assert (Decimal(order["total"] or ""), Decimal(line["paid_amount"] or "")) == (said, 3 * said)


def test_a_deep_object_is_no_failure():
    deep: Any = 1
    for _ in range(500):
        deep = {"a": deep}
    record = Record(kind=Kind.TRACK, message_id="m", happened_at=1, event="x", properties={"deep": deep, "order": 1})
    assert '"order":1' in (rows(record, received_at=1)[0]["props"] or "")
