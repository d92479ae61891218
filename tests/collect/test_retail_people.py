"""What records say of people: links, attributes, consents, and what must stay out of the tables."""

from typing import Any

import pytest

from quanyu.collect.record import Change, Identity, Kind, Record
from quanyu.collect.retail import rows

AT = 1_760_000_000_000
ANN = (Identity("member_id", "m1"), Identity("device", "d1"))


def record(kind: Kind = Kind.IDENTIFY, **fields: Any) -> Record:
    given: dict[str, Any] = {"message_id": "i1", "happened_at": AT, "identities": ANN} | fields
    return Record(kind=kind, **given)


def found(told: Record, kind: str, *names: str) -> list[tuple[str | None, ...]]:
    return [tuple(row[name] for name in names) for row in rows(told, received_at=AT) if row["row"] == kind]


def test_traits_are_attributes_in_the_words_of_the_tables():
    told = record(
        traits={"Sex": "F", "dob": "1990-02-03", "address": {"city": "上海", "street": "南京路 1"}, "shoe": 38.5}
    )
    assert found(told, "attribute", "message_id", "attribute", "value", "change") == [
        ("i1#1", "gender", "F", "set"),
        ("i1#2", "birthday", "1990-02-03", "set"),
        ("i1#3", "city", "上海", "set"),
        ("i1#4", "shoe", "38.5", "set"),
    ]


def test_what_reaches_a_person_is_no_attribute():
    traits = {
        "name": "王小明",
        "phone": "13800138000",
        "Email": "a@b.cn",
        "note": "13800138001",
        "tags": ["a", "c@d.cn"],
    }
    told = record(traits=traits)
    assert found(told, "attribute", "attribute", "value") == [("tags", '["a"]')]
    assert found(told, "link", "member_id", "device", "mobile", "email") == [("m1", "d1", "13800138000", "a@b.cn")]
    ((direct,),) = found(told, "link", "direct")
    assert all(value in f"{direct}" for value in ("王小明", "13800138000", "a@b.cn", "13800138001", "c@d.cn"))


def test_the_decoders_identifier_holds_before_the_traits():
    told = record(identities=(Identity("mobile", "13900139000"),), traits={"phone": "139 0013 9000"})
    assert found(told, "link", "mobile") == [("13900139000",)]


def test_properties_keep_nothing_that_reaches_a_person():
    properties = {
        "email": "a@b.cn",
        "buyer": {"name": "王", "tier": 3},
        "who": "13800138000",
        "number": 13900139000,
        "link": "https://a.cn/?a=1&email=x@y.cn",
        "lines": [{"name": "Tee", "receiver": "李"}],
    }
    (row,) = rows(record(Kind.TRACK, event="x", properties=properties), received_at=AT)
    assert row["props"] == '{"$event":"x","buyer":{"tier":3},"link":"https://a.cn/?a=1","lines":[{"name":"Tee"}]}'
    assert row["direct"] == (
        '{"email":"a@b.cn","buyer/name":"王","who":"13800138000","number":13900139000,'
        '"link":"https://a.cn/?a=1&email=x@y.cn","lines/0/receiver":"李"}'
    )


@pytest.mark.parametrize(
    ("number", "is_person"),
    [("11010519491231002X", True), ("110105194912310021", False), ("209935160012345678", False)],
)
def test_an_id_card_is_told_from_an_order_number_by_its_check_digit(number: str, is_person: bool):
    (row,) = rows(record(Kind.TRACK, event="x", properties={"number": number}), received_at=AT)
    assert (number in f"{row['direct']}", number in f"{row['props']}") == (is_person, not is_person)


@pytest.mark.parametrize("change", [Change.INCREMENT, Change.APPEND, Change.DELETE])
def test_relative_changes_are_no_attribute(change: Change):
    (row,) = rows(record(traits={"points": 5}, change=change), received_at=AT)
    assert (row["row"], row["type"], row["event_name"]) == ("event", "custom", f"profile_{change}")
    assert '"points":5' in f"{row['props']}"


def test_set_once_is_older_than_every_time_and_its_earliest_holds():
    early, late = (
        found(record(traits={"via": "qr"}, change=Change.SET_ONCE, happened_at=at), "attribute", "version")[0][0] or ""
        for at in (AT, AT + 1)
    )
    (set_,) = found(record(traits={"via": "ad"}, happened_at=1), "attribute", "version")[0]
    assert late < early < f"{set_}"


def test_unset_is_an_attribute_without_value():
    told = record(traits={"city": True}, change=Change.UNSET)
    assert found(told, "attribute", "attribute", "value", "change") == [("city", None, "unset")]


def test_an_alias_of_many_is_linked_through_the_first():
    many = tuple(Identity("member_id", f"m{number}") for number in range(1, 5))
    told = record(Kind.ALIAS, identities=(*many, Identity("openid", "o1", "wx1")))
    assert found(told, "link", "message_id", "member_id", "member_id_2", "openid", "unlink") == [
        ("i1", "m1", "m2", "o1", None),
        ("i1#2", "m1", "m3", None, None),
        ("i1#3", "m1", "m4", None, None),
    ]


def test_unlink_says_so():
    told = record(Kind.UNLINK, identities=(Identity("member_id", "m1"), Identity("mobile", "13800138000")))
    assert found(told, "link", "member_id", "mobile", "unlink") == [("m1", "13800138000", "1")]


def test_an_event_with_two_identifiers_of_a_type_links_them():
    told = record(Kind.TRACK, event="x", identities=(Identity("device", "d1"), Identity("device", "d2")))
    assert found(told, "event", "device") == [("d1",)]
    assert found(told, "link", "device", "device_2") == [("d1", "d2")]


@pytest.mark.parametrize(
    ("traits", "consents"),
    [
        ({"subscribed": True}, [(None, None, "1")]),
        ({"unsubscribed": "true"}, [(None, None, "0")]),
        ({"sms_opt_in": 0}, [("marketing_sms", "sms", "0")]),
        ({"email_opt_out": True}, [(None, "email", "0")]),
        (
            {"consent": {"marketing": "no", "advertising": "yes", "sms": True}},
            [("marketing", None, "0"), ("ads_matching", None, "1"), ("marketing_sms", "sms", "1")],
        ),
    ],
)
def test_consent_traits(traits: dict[str, Any], consents: list[tuple[str | None, ...]]):
    assert found(record(traits=traits), "consent", "purpose", "channel", "granted") == consents
    assert found(record(traits=traits), "attribute", "attribute") == []


@pytest.mark.parametrize(
    ("event", "properties", "context", "consents"),
    [
        ("$opt_out", {}, {}, [(None, None, "0")]),
        ("SMS Subscribed", {}, {}, [("marketing_sms", "sms", "1")]),
        ("unsubscribed", {"purpose": "marketing", "channel": "push"}, {}, [("marketing_push", "push", "0")]),
        (
            "consent",
            {"purpose": ["个性化推荐", "sms"], "granted": "1"},
            {},
            [("personalisation", None, "1"), ("marketing_sms", "sms", "1")],
        ),
        ("Consent Updated", {"purpose": "newsletter", "granted": False}, {}, [("newsletter", None, "0")]),
        (
            "Segment Consent Preference Updated",
            {},
            {"consent": {"categoryPreferences": {"Advertising": True, "Functional": False}}},
            [("ads_matching", None, "1"), ("service", None, "0")],
        ),
        (
            "Consent Updated",
            {},
            {"consentManagement": {"allowedConsentIds": ["sms"], "deniedConsentIds": ["c2"]}},
            [("marketing_sms", "sms", "1"), ("c2", None, "0")],
        ),
    ],
)
def test_consent_events(event: str, properties: dict[str, Any], context: dict[str, Any], consents: list[Any]):
    told = record(Kind.TRACK, event=event, properties=properties, context=context)
    assert found(told, "consent", "purpose", "channel", "granted") == consents
    assert len(set(found(told, "consent", "consent_id"))) == len(consents)


def test_an_events_traits_are_told_too():
    told = record(Kind.TRACK, event="x", traits={"city": "杭州", "phone": "13800138000"})
    assert [row["row"] for row in rows(told, received_at=AT)] == ["event", "link", "attribute"]
    assert found(told, "link", "mobile") == [("13800138000",)]


@pytest.mark.parametrize(
    ("kind", "change", "name"),
    [
        (Kind.GROUP, Change.SET, "group"),
        (Kind.ITEM, Change.SET, "item_set"),
        (Kind.ITEM, Change.DELETE, "item_delete"),
    ],
)
def test_groups_and_items_are_kept_as_events(kind: Kind, change: Change, name: str):
    (row,) = rows(record(kind, properties={"group_id": "acme", "size": 3}, change=change), received_at=AT)
    assert (row["row"], row["type"], row["event_name"]) == ("event", "custom", name)
    assert row["props"] == f'{{"$event":"{name}","group_id":"acme","size":3}}'
