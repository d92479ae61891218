from dataclasses import replace

import pytest

from quanyu.config import Workspace
from quanyu.definitions import load_parameters
from quanyu.definitions.event_types import load_event_types
from quanyu.definitions.rules.stages import same_signals
from quanyu.definitions.stage_models import load_stage_model, load_stage_models

HEAD = "aipl:\n  label: {zh: 甲, en: a}\n  source: x\n"


def told(workspace: Workspace) -> set[tuple[str, int | None, str]]:
    """Code, line and remedy of every problem of the workspace's stage models."""
    parameters, _ = load_parameters(workspace)
    assert parameters is not None
    models, problems = load_stage_models(workspace, parameters)
    assert models is None
    assert all(problem.where.file == "library/stages/own.yaml" for problem in problems)
    return {(problem.code, problem.where.line, problem.remedy) for problem in problems}


def stage(code: str, *rules: str) -> str:
    lines = "".join(f"        - {rule}\n" for rule in rules)
    return f"    - code: {code}\n      label: {{zh: 甲, en: a}}\n      any:\n{lines}"


def versions(workspace: Workspace) -> dict[str, str]:
    parameters, _ = load_parameters(workspace)
    assert parameters is not None
    models, problems = load_stage_models(workspace, parameters)
    assert models is not None, problems
    return {model.name: model.version for model in models}


def test_the_library_is_sound_and_durable_goods_have_longer_windows(workspace: Workspace) -> None:
    fast, durable = workspace, replace(workspace, industry="furniture")
    assert set(versions(fast)) == {"5r", "aipl", "fp_layer", "identity_state"}
    changed = {name for name, version in versions(durable).items() if version != versions(fast)[name]}
    assert changed == {"5r"}
    windows = []
    for one in (fast, durable):
        parameters, _ = load_parameters(one)
        assert parameters is not None
        windows.append([parameters.integer(f"P.5r.window.r{number}") for number in range(1, 6)])
    assert windows == [[30, 30, 90, 365, 365], [60, 60, 180, 730, 730]]


def test_default_5r_rules_agree_with_the_event_types(workspace: Workspace) -> None:
    parameters, _ = load_parameters(workspace)
    assert parameters is not None
    models, _ = load_stage_models(workspace, parameters)
    event_types, problems = load_event_types(workspace)
    assert models is not None
    assert problems == []
    rules = next(model for model in models if model.name == "5r").rules
    by_event = {
        name: rule.stage for rule in reversed(rules) for one in rule.conditions if one.days == 1 for name in one.types
    }
    declared = {one.name: one.value.five_r_min_stage for one in event_types if one.value.activity != "transaction"}
    assert by_event == {name: lowest for name, lowest in declared.items() if lowest}


def test_every_problem_is_told_at_once_with_its_line(workspace: Workspace, write) -> None:
    text = HEAD + "  stages:\n"
    text += stage("low", "events: {types: [folow], window: 10}", "events: {activity: deep, window: 0}")
    text += stage(
        "low", "events: {activity: deep, days: 3, window: 2}", "purchase_days: {at_least: 1, window: P.aipl.q}"
    )
    text += stage(
        "high", "purchase_days: {at_least: 2, window: -5}", "purchase_days: {at_least: 1, window: P.rfm.mode}"
    )
    text += stage("top", "identifier: [mobil]")
    write("library/stages/own.yaml", text)
    assert told(workspace) == {
        ("stage.event_type", 8, 'Did you mean "follow"?'),
        ("stage.window", 9, "Write 1 or more."),
        ("stage.duplicate", 10, "Rename one."),
        ("stage.impossible", 13, "Make the window longer, or ask for fewer days."),
        ("config.reference", 14, 'Did you mean "P.aipl.p"?'),
        ("stage.window", 18, "Write 1 or more."),
        ("stage.parameter", 19, "Name one that is."),
        ("config.reference", 23, 'Did you mean "mobile"?'),
    }


def test_stages_that_share_a_rule_are_told(workspace: Workspace, write) -> None:
    rule = "all: [{member: true}, {capital: true}]"
    other = "all: [{capital: true}, {member: true}]"
    write("library/stages/own.yaml", HEAD + "  stages:\n" + stage("low", rule) + stage("high", other))
    assert told(workspace) == {("stage.overlap", 12, "Make them differ, or remove one.")}


def test_a_window_by_industry_must_know_the_industry(workspace: Workspace, write) -> None:
    rule = "events: {activity: deep, window: {by_industry: {furnitur: 180, food: 90}}}"
    write("library/stages/own.yaml", HEAD + "  stages:\n" + stage("low", rule))
    problems = told(replace(workspace, industry="beauty"))
    assert problems == {
        ("stage.industry", 8, 'Did you mean "furniture"?'),
        ("stage.industry", 8, "Add beauty: … here."),
    }


def test_items_have_no_capital(workspace: Workspace, write) -> None:
    text = HEAD + "  scopes: [brand, spu]\n  stages:\n" + stage("low", "capital: true")
    write("library/stages/own.yaml", text)
    assert told(workspace) == {("stage.scope", 9, "Keep scope brand alone, or drop the condition.")}


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("{}", "config.required"),
        ("{capital: true, member: true}", "config.exclusive"),
        ("events: {window: 3}", "config.required"),
        ("events: {activity: depp, window: 3}", "config.value"),
    ],
)
def test_a_rule_says_one_thing(workspace: Workspace, write, rule: str, code: str) -> None:
    write("library/stages/own.yaml", HEAD + "  stages:\n" + stage("low", rule))
    assert {found for found, _, _ in told(workspace)} == {code}


def test_a_model_of_another_name_is_refused(workspace: Workspace, write) -> None:
    write("library/stages/own.yaml", HEAD.replace("aipl", "aipi") + "  stages:\n" + stage("low", "capital: true"))
    assert told(workspace) == {("stage.model", 1, 'Did you mean "aipl"?')}


def test_the_version_is_of_the_meaning_not_of_the_words(workspace: Workspace, write) -> None:
    rule, other = "events: {types: [follow, share], window: 9}", "events: {types: [share, follow], days: 1, window: 9}"
    found = []
    for number, text in enumerate((rule, other, rule.replace("9", "10"))):
        write(f"library/stages/own{number}.yaml", HEAD + "  stages:\n" + stage("low", text))
        parameters, _ = load_parameters(workspace)
        assert parameters is not None
        path = workspace.root / "library" / "stages" / f"own{number}.yaml"
        model, problems = load_stage_model(path, "aipl", workspace, parameters)
        assert model is not None, problems
        found.append(model.version)
    assert found[0] == found[1] != found[2]


def test_types_that_all_rules_use_alike_share_a_signal(workspace: Workspace) -> None:
    parameters, _ = load_parameters(workspace)
    assert parameters is not None
    models, _ = load_stage_models(workspace, parameters)
    assert models is not None
    signals = same_signals(one for model in models for rule in model.rules for one in rule.conditions)
    assert signals["ad_impression"] == signals["message_delivered"]
    assert len({signals[name] for name in ("ad_impression", "product_view", "page_view", "follow")}) == 4
    assert "order_paid" not in signals
