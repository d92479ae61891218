"""Segments of other products: what can be said becomes a rule, everything else is listed with place and reason."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.errors import Severity
from quanyu.segments.imports import Imported, Product, import_segment
from quanyu.segments.language import write_rule
from segments.imports.documents import DITTOFEED, MAUTIC, UNOMI
from segments.language.words import VOCABULARY


def taken(product: Product, document: Any, **names: str) -> Imported:
    return import_segment(product, document, VOCABULARY, names)


def text_of(found: Imported) -> str | None:
    return write_rule(found.rule, VOCABULARY).text if found.rule is not None else None


def listed(found: Imported, severity: Severity = Severity.ERROR) -> list[tuple[str, str | None]]:
    return [(one.code, one.where.field) for one in found.problems if one.severity is severity]


def test_dittofeed_segment_becomes_a_rule_and_a_list() -> None:
    found = taken(Product.DITTOFEED, DITTOFEED)
    assert found.name == "Gold viewers" and not found.is_whole
    assert (
        text_of(found)
        == 'tier = "Gold" and event("product_view", 30d) >= 2 and (age >= 18 or spend <= 99.49 or sample(25, "bucket"))'
    )
    assert listed(found) == [
        ("import.unsupported", "/definition/nodes/6"),
        ("import.left_out", "/definition/entryNode/children/3"),
    ]
    assert listed(found, Severity.WARNING)[0] == ("import.differs", "/definition/nodes/1")


def test_unomi_segment_becomes_a_rule_and_a_list() -> None:
    found = taken(Product.UNOMI, UNOMI)
    assert found.name == "Lapsed viewers"
    assert text_of(found) == (
        '(not city in ["Paris", "Lyon"] and event("product_view", 30d) = 0) or not between(age, 18, 60)'
    )
    assert listed(found) == [
        ("import.unsupported", "/condition/parameterValues/subConditions/2"),
        ("import.left_out", "/condition/parameterValues/subConditions/2"),
    ]
    assert "fewer persons" in found.problems[-1].message


def test_mautic_or_begins_a_new_group() -> None:
    found = taken(Product.MAUTIC, MAUTIC)
    assert found.name == "Mr. of two states"
    assert text_of(found) == '(city = "IA" and name is set) or age >= 31 or not tier = "Gold"'
    assert listed(found) == [("import.unsupported", "/list/filters/3"), ("import.left_out", "/list/filters/3")]
    assert "more persons" in found.problems[-1].message


def performed(**said: Any) -> dict[str, Any]:
    return {
        "entryNode": {"type": "Performed", "id": "1", "event": "pay_success", "withinSeconds": 86_400, **said},
        "nodes": [],
    }


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({}, 'event("pay_success", 1d) = 1'),
        ({"times": 0}, 'event("pay_success", 1d) = 0'),
        ({"times": 3, "timesOperator": "<"}, 'event("pay_success", 1d) <= 2'),
        ({"times": 1, "timesOperator": ">="}, 'event("pay_success", 1d) >= 1'),
        ({"withinSeconds": None}, 'event("pay_success").count() = 1'),
        (
            {"timeOperator": "AfterAbsolute", "absoluteTimestamp": "2026-01-01T00:00:00Z"},
            'event("pay_success").count(from: 2026-01-01) = 1',
        ),
        (
            {"properties": [{"path": "store", "operator": {"type": "Equals", "value": "S1"}}]},
            'event("pay_success")[store = "S1"].count(1d) = 1',
        ),
    ],
)
def test_dittofeed_counts_exactly_unless_it_says_otherwise(said: dict[str, Any], text: str) -> None:
    assert text_of(taken(Product.DITTOFEED, performed(**said))) == text


@pytest.mark.parametrize(
    "said",
    [
        {"withinSeconds": 3_600},
        {"timeOperator": "AfterAbsolute", "absoluteTimestamp": "yesterday"},
        {"times": -1},
        {"times": 0, "timesOperator": ">="},
        {"properties": [{"path": "price", "operator": {"type": "LessThan", "value": 5}}]},
        {"event": "unheard_of"},
    ],
)
def test_dittofeed_count_that_cannot_be_said_gives_no_rule(said: dict[str, Any]) -> None:
    found = taken(Product.DITTOFEED, performed(**said))
    assert found.rule is None and listed(found)


def test_names_that_differ_are_mapped() -> None:
    document = {
        "entryNode": {"type": "Trait", "id": "1", "path": "plan", "operator": {"type": "Equals", "value": "Gold"}},
        "nodes": [],
    }
    assert listed(taken(Product.DITTOFEED, document)) == [("import.unknown_name", "/entryNode")]
    assert text_of(taken(Product.DITTOFEED, document, plan="tier")) == 'tier = "Gold"'
    consent = {
        "entryNode": {
            "type": "SubscriptionGroup",
            "id": "1",
            "subscriptionGroupId": "g7",
            "subscriptionGroupType": "OptIn",
        },
        "nodes": [],
    }
    found = taken(Product.DITTOFEED, consent, g7="marketing_sms")
    assert text_of(found) == 'consent("marketing_sms")' and found.is_whole


def test_dittofeed_ring_of_nodes_is_listed() -> None:
    nodes = [{"type": "And", "id": "1", "children": ["1"]}, {"type": "Or", "id": "2", "children": ["gone"]}]
    document = {"entryNode": {"type": "And", "id": "0", "children": ["1", "2"]}, "nodes": nodes}
    found = taken(Product.DITTOFEED, document)
    assert found.rule is None
    assert [one.message for one in found.problems] == [
        'The node "1" stands inside itself.',
        'There is no node "gone".',
    ]


def test_unomi_minimum_of_none_still_asks_for_one_event() -> None:
    event = {"type": "eventTypeCondition", "parameterValues": {"eventTypeId": "pay_success"}}
    values = {"numberOfDays": 10, "eventCondition": event, "maximumEventCount": "4"}
    found = taken(Product.UNOMI, {"type": "pastEventCondition", "parameterValues": values})
    assert text_of(found) == 'between(event("pay_success", 10d), 1, 4)'


@pytest.mark.parametrize(
    ("pattern", "operator"), [("Mr%", "like"), ("%Mr%", "like"), ("M_r", "like"), ("%r", "like"), ("Mr%", "!like")]
)
def test_mautic_pattern_that_no_rule_can_ask_is_listed(pattern: str, operator: str) -> None:
    found = taken(Product.MAUTIC, [{"glue": "and", "field": "name", "operator": operator, "filter": pattern}])
    assert found.rule is None and listed(found) == [("import.unsupported", "/0")]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def _mutated(data: st.DataObject, document: Any) -> Any:
    """Return the document with some of its values replaced by anything."""
    if data.draw(st.integers(0, 12)) == 0:
        return data.draw(_JSON)
    if isinstance(document, dict):
        return {key: _mutated(data, value) for key, value in document.items()}
    if isinstance(document, list):
        return [_mutated(data, value) for value in document]
    return document


@given(st.data(), st.sampled_from(((Product.DITTOFEED, DITTOFEED), (Product.UNOMI, UNOMI), (Product.MAUTIC, MAUTIC))))
@settings(max_examples=100)
def test_no_document_raises_and_nothing_is_dropped_silently(data: st.DataObject, pair: tuple[Product, Any]) -> None:
    product, document = pair
    found = taken(product, _mutated(data, document))
    assert found.rule is not None or listed(found)


def test_a_document_of_thousands_of_parts_ends_with_a_limit() -> None:
    part: dict[str, Any] = {"type": "matchAllCondition", "parameterValues": {}}
    wide = {"type": "booleanCondition", "parameterValues": {"operator": "and", "subConditions": [part] * 5_000}}
    assert ("import.size", "/parameterValues/subConditions/299") in listed(taken(Product.UNOMI, wide))
    for _ in range(500):
        part = {"type": "notCondition", "parameterValues": {"subCondition": part}}
    assert [code for code, _ in listed(taken(Product.UNOMI, part))] == ["import.depth"]


def test_segments_and_tags_of_theirs_become_ours() -> None:
    lists = {"glue": "and", "type": "leadlist", "field": "leadlist", "operator": "!in", "filter": [8, 9]}
    found = taken(Product.MAUTIC, [lists], **{"8": "plain", "9": "b"})
    assert text_of(found) is not None and found.is_whole
    assert found.rule is not None and found.rule.not_ is not None and len(found.rule.not_.any) == 2
    assert listed(taken(Product.MAUTIC, [lists], **{"8": "plain"})) == [("import.unknown_name", "/0")]
    tagged = {"glue": "and", "type": "text", "field": "heavy", "operator": "!empty", "filter": None}
    assert text_of(taken(Product.MAUTIC, [tagged])) == 'tag("heavy")'
