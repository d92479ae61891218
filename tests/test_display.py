"""Numbers are shown by the cases that the console follows too."""

import json
from pathlib import Path
from typing import Any

import pytest

from quanyu import display
from quanyu.config import Currency, Language
from quanyu.errors import InternalError
from quanyu.money import Money

CASES = json.loads((Path(__file__).parent / "cases" / "format_cases.json").read_text(encoding="utf-8"))


def cases(kind: str) -> list[Any]:
    return [pytest.param(case, id=f"{kind}-{number}") for number, case in enumerate(CASES[kind])]


def money(case: dict[str, Any]) -> Money | None:
    currency = Currency(case["currency"], case["minor_digits"])
    return None if case["minor"] is None else Money(case["minor"], currency)


@pytest.fixture(params=list(Language))
def language(request: pytest.FixtureRequest) -> Language:
    return request.param


@pytest.mark.parametrize("case", cases("count"))
def test_short_counts(case: dict[str, Any], language: Language):
    assert display.format_count(case["value"], language) == case[language]


@pytest.mark.parametrize("case", cases("count_exact"))
def test_exact_counts(case: dict[str, Any], language: Language):
    assert display.format_count(case["value"], language, exact=True) == case[language]


@pytest.mark.parametrize("case", cases("money"))
def test_short_money(case: dict[str, Any], language: Language):
    assert display.format_money(money(case), language) == case[language]


@pytest.mark.parametrize("case", cases("money_exact"))
def test_exact_money(case: dict[str, Any], language: Language):
    assert display.format_money(money(case), language, exact=True) == case[language]


@pytest.mark.parametrize("case", cases("rate"))
def test_rates(case: dict[str, Any], language: Language):
    assert display.format_rate(case["value"]) == case[language]


@pytest.mark.parametrize("case", cases("index"))
def test_indexes(case: dict[str, Any], language: Language):
    assert display.format_index(case["value"]) == case[language]


@pytest.mark.parametrize("case", cases("change"))
def test_changes(case: dict[str, Any], language: Language):
    assert display.format_change(case["value"], case["base"], language) == case[language]


@pytest.mark.parametrize("case", cases("rate_change"))
def test_changes_of_rates_are_in_points(case: dict[str, Any], language: Language):
    assert display.format_rate_change(case["value"], case["base"], language) == case[language]


def test_null_zero_and_hidden_are_three_signs():
    assert len({display.NULL_SIGN, display.HIDDEN_SIGN, display.format_count(0, Language.ZH)}) == 3


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_our_bug_not_a_dash(value: float):
    with pytest.raises(InternalError, match="null or finite"):
        display.format_rate(value)
