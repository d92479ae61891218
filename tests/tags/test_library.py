"""The built-in tags: enough, of every class, and each right on its own test rows."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from conformance.conftest import spark_home
from quanyu.definitions.tag import FAMILIES, Tag
from quanyu.engine import tree as t
from quanyu.engine.adapters.spark import SparkEngine
from quanyu.tables import CONTRACTS
from quanyu.tables.contract import Type
from quanyu.tables.features import FEATURE_NEEDS, PERSON_FEATURE, TASTES
from tags.library import held, tags_of, with_features

__all__ = ["spark_home"]

ROWS = [(tag, test) for tag in tags_of().valued for test in tag.shape.tests]


def _feature(name: str, value: Any) -> Any:
    column = PERSON_FEATURE.column(name)
    is_day = column is not None and column.type is Type.DATE
    return dt.date.fromisoformat(value) if is_day else value


def _features() -> list[dict[str, Any]]:
    """One person per test row; what a row does not give is null, or empty where the table allows no null."""
    return [
        {"person_id": number, **{name: _feature(name, value) for name, value in test.given.items()}}
        for number, (_, test) in enumerate(ROWS, start=1)
    ]


def _wrong(found: dict[tuple[int, str], tuple[str, Any]]) -> list[str]:
    told = []
    for number, (tag, test) in enumerate(ROWS, start=1):
        value = found.get((number, tag.code), (None, None))[0]
        if value != test.expect:
            told.append(f"{tag.code} {dict(test.given)}: {value}, not {test.expect}")
    return told


def test_every_tag_is_right_on_its_own_rows():
    assert _wrong(held(with_features(_features()), tags_of().valued)) == []


@pytest.mark.spark
def test_every_rule_gives_the_same_on_spark(spark_home: Any, tmp_path: Path):
    engine = SparkEngine(spark_home.url, CONTRACTS, tmp_path)
    values = {tag.code: tag.value.copy() for tag in tags_of().valued if tag.value is not None}
    try:
        # One row per person and one column per tag: one job in place of a branch per tag.
        query = t.select({"person_id": t.col("person_id"), **values}, "person_feature")
        rows = with_features(_features(), engine).query(query, {}).to_pylist()
    finally:
        engine.close()
    found = {(row["person_id"], code): (row[code], None) for row in rows for code in values if row[code] is not None}
    assert _wrong(found) == []


def test_there_are_at_least_150_tags_in_three_families_three_levels_deep():
    tags = tags_of().valued
    assert len(tags) >= 150
    assert {tag.family for tag in tags} == set(FAMILIES)
    assert min(len(tag.path) for tag in tags) >= 3
    assert max(len(tag.path) for tag in tags) >= 4


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("volatility", {"static", "dynamic"}),
        ("origin", {"base", "business", "smart"}),
        ("derivation", {"fact", "model", "predict"}),
    ],
)
def test_every_class_has_tags(name: str, values: set[str]):
    assert {tag.inherited[name] for tag in tags_of().valued} == values


def test_every_tag_has_a_test_row_with_a_value_and_one_without_or_another():
    for tag in tags_of().valued:
        expected = {test.expect for test in tag.shape.tests}
        assert expected - {None}, tag.code
        assert len(expected) >= 2 or tag.code == "profile_fields", tag.code


def test_named_values_are_all_given_by_the_rule():
    for tag in tags_of().valued:
        rule = tag.shape.rule
        assert rule is not None
        given = {case.value for case in rule.cases} | set(rule.bands.values if rule.bands else ())
        given |= {rule.otherwise} if rule.otherwise else set()
        assert not given or set(tag.shape.values) == given, tag.code


def test_five_families_of_preference_and_the_wecom_tags_are_there():
    codes = set(tags_of().by_code)
    assert {f"prefers_{family}" for family in TASTES} <= codes
    assert {"basic", "product_preference", "channel_preference", "content_preference", "activity_preference"} <= codes
    assert {"bought", "not_bought", "bought_in_store_region", "bought_online_in", "occupation", "income_level"} <= codes


def test_features_that_need_data_stand_in_the_table():
    assert set(FEATURE_NEEDS) <= set(PERSON_FEATURE.column_names)


def test_only_what_describes_a_person_is_personal():
    def classes(tag: Tag) -> set[str]:
        columns = [PERSON_FEATURE.column(name) for name in tag.features]
        return {column.privacy.value for column in columns if column is not None} & {"personal", "sensitive"}

    for tag in tags_of().valued:
        if "sensitive" in classes(tag):
            assert tag.inherited["sensitivity"] == "sensitive", tag.code
        elif classes(tag):
            assert tag.inherited["sensitivity"] != "none", tag.code
