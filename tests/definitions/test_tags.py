"""Tags in YAML: what is wrong is told at once, with file, line and the nearest name."""

from typing import Any

import pytest

from quanyu.config import Workspace
from quanyu.definitions.tag import load_tags
from quanyu.errors import Problem

GOOD = """own_group:
  label: {zh: 自有, en: Own}
  parent: behaviour
own:
  label: {zh: 甲, en: Own tag}
  description: {zh: 乙, en: Says something}
  parent: own_group
  type: flag
  rule: {when: "orders > 3"}
  tests:
    - {given: {orders: 4}, expect: "yes"}
"""


def _problems(workspace: Workspace, write: Any, text: str) -> list[Problem]:
    write("library/tags/own.yaml", text)
    tags, problems = load_tags(workspace)
    assert (tags is None) == bool(problems)
    return problems


def test_a_workspace_adds_tags_that_inherit_from_their_groups(workspace: Workspace, write: Any):
    assert _problems(workspace, write, GOOD) == []
    tags, _ = load_tags(workspace)
    assert tags is not None
    own = tags.by_code["own"]
    assert own.path == ("behaviour", "own_group", "own")
    assert own.inherited["owner"] == "CRM"
    assert own.needs == ("orders",)
    assert own.measure == "qualitative"


def test_a_workspace_overrides_a_tag_and_its_version_changes(workspace: Workspace, write: Any):
    before, _ = load_tags(workspace)
    write("library/tags/own.yaml", GOOD.replace("own:", "bought:"))
    after, problems = load_tags(workspace)
    assert before is not None
    assert after is not None, problems
    assert after.by_code["bought"].version != before.by_code["bought"].version
    assert after.by_code["not_bought"].version == before.by_code["not_bought"].version


@pytest.mark.parametrize(
    ("change", "code", "line", "remedy"),
    [
        (("orders > 3", "order > 3"), "config.reference", 9, 'Did you mean "orders"?'),
        (("orders > 3", "orders + 3"), "config.type", 9, ""),
        (("orders > 3", "sleep(3) > 1"), "config.sql_refused", 9, ""),
        (("orders > 3", "orders >"), "expression.syntax", 9, ""),
        (("orders > 3", "gender > 3"), "sql.mixed_types", 9, ""),
        (("parent: own_group", "parent: own_grup"), "config.reference", 7, 'Did you mean "own_group"?'),
        (("parent: behaviour", "parent: own"), "config.cycle", 3, ""),
        (("  parent: behaviour\n", ""), "config.required", 1, ""),
        (("type: flag", "type: flagg"), "config.value", 8, ""),
        (("type: flag", "type: number"), "config.required", 4, ""),
        (("{zh: 甲, en: Own tag}", "{zh: 甲}"), "config.required", 5, ""),
        (('  tests:\n    - {given: {orders: 4}, expect: "yes"}\n', ""), "config.required", 4, ""),
        (("{orders: 4}", "{order: 4}"), "config.reference", 11, 'Did you mean "orders"?'),
        (("type: flag", "type: flag\n  derivation: model"), "config.required", 4, ""),
        (("type: flag", "type: flag\n  derivation: predict\n  model: guess"), "config.required", 4, ""),
        (("type: flag", "type: flag\n  review_on: '2027-13-01'"), "config.value", 9, ""),
        (("type: flag", "type: flag\n  volatility: sometimes"), "config.value", 9, ""),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(
    workspace: Workspace, write: Any, change: tuple[str, str], code: str, line: int, remedy: str
):
    problems = _problems(workspace, write, GOOD.replace(*change))
    told = [(one.code, one.where.line) for one in problems]
    assert (code, line) in told, [str(one) for one in problems]
    assert {one.where.file for one in problems} == {"library/tags/own.yaml"}
    assert any(remedy in one.remedy for one in problems)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ('{cases: [{when: "orders > 1", value: many}], otherwise: few}', None),
        ('{cases: [{when: "orders > 1", value: mani}]}', "config.reference"),
        ('{cases: [{when: "orders > 1", value: many}], otherwise: non}', "config.reference"),
        ("{bands: {of: orders, cuts: [2], values: [few, many]}}", None),
        ("{bands: {of: orders, cuts: [2], values: [few]}}", "config.value"),
        ("{bands: {of: orders, cuts: [3, 2], values: [few, many, few]}}", "config.value"),
        ("{bands: {of: gender, cuts: [2], values: [few, many]}}", "config.type"),
        ("{value: orders}", "config.type"),
        ('{when: "orders > 1", value: gender}', "config.exclusive"),
        ("{value: gender, score: gender}", "config.type"),
    ],
)
def test_values_of_a_category_have_names_and_bands_rise(workspace: Workspace, write: Any, rule: str, code: str | None):
    text = GOOD.replace('{when: "orders > 3"}', rule).replace("type: flag", "type: category")
    text = text.replace("  tests:", "  values:\n    few: {zh: 少, en: Few}\n    many: {zh: 多, en: Many}\n  tests:")
    problems = _problems(workspace, write, text.replace('expect: "yes"', "expect: many"))
    assert {one.code for one in problems} == ({code} if code else set()), [str(one) for one in problems]


def test_a_number_is_whole_or_decimal(workspace: Workspace, write: Any):
    text = GOOD.replace('{when: "orders > 3"}', '{value: "safe_divide(net_fen, orders)"}').replace("flag", "number")
    problems = _problems(workspace, write, text)
    assert [(one.code, one.where.line) for one in problems] == [("config.type", 9)]
    assert "int_div" in problems[0].remedy


def test_the_same_code_twice_in_a_workspace_is_refused(workspace: Workspace, write: Any):
    write("library/tags/more.yaml", GOOD)
    assert {one.code for one in _problems(workspace, write, GOOD)} == {"config.duplicate"}


def test_a_group_has_no_rule(workspace: Workspace, write: Any):
    problems = _problems(workspace, write, GOOD.replace("  type: flag\n", ""))
    assert [one.code for one in problems] == ["config.required"]


def test_every_problem_is_told_at_once(workspace: Workspace, write: Any):
    text = GOOD.replace("orders > 3", "order > 3").replace("{orders: 4}", "{order: 4}").replace("own_group\n", "none\n")
    assert len(_problems(workspace, write, text)) == 3
