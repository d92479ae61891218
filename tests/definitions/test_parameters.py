"""Parameters: every default of the list, industries, overrides, and a version that follows the values."""

from dataclasses import replace
from decimal import Decimal

import pytest

from quanyu.definitions import load_parameters, load_workspace


def parameters_of(workspace, **changes):
    found, problems = load_parameters(replace(workspace, **changes))
    assert problems == []
    assert found is not None
    return found


def test_defaults_are_those_of_the_domain_list(workspace) -> None:
    found = parameters_of(workspace, industry="apparel")
    assert found.text("P.tz") == "Asia/Shanghai"
    assert found.text("P.week_start") == "monday"
    assert (found.integer("P.rfm.window"), found.text("P.rfm.mode")) == (365, "standard")
    assert [found.integer(f"P.life.{name}") for name in ("q_dormant", "q_lost", "m")] == [80, 95, 4]
    assert found.integers("P.value_tier.cuts") == (5, 20, 70, 100)
    assert (found.integer("P.finding.gap"), found.decimal("P.finding.z")) == (10, Decimal("1.96"))
    assert (found.integer("P.finding.n"), found.integer("P.small_group")) == (100, 20)


@pytest.mark.parametrize(
    ("industry", "fallback", "period"),
    [
        ("grocery", (30, 90), "month"),
        ("beauty", (180, 365), "quarter"),
        ("apparel", (120, 365), "quarter"),
        ("electronics", (365, 1095), "year"),
    ],
)
def test_industries_have_their_own_defaults(workspace, industry, fallback, period) -> None:
    found = parameters_of(workspace, industry=industry)
    assert found.integers("P.life.fallback") == fallback
    assert found.text("P.fp.period") == period


def test_an_override_names_its_line(write, workspace) -> None:
    write("quanyu.yaml", "brand: demo\nparameters:\n  P.rfm.window: 180\n")
    found = parameters_of(load_workspace(workspace.root)[0])
    one = found["P.rfm.window"]
    assert (one.value, one.overridden, one.where.file, one.where.line) == (180, True, "quanyu.yaml", 3)
    assert found["P.rfm.mode"].where.file == "quanyu:library/parameters.yaml"


def test_the_version_follows_every_value_and_nothing_else(workspace) -> None:
    first = parameters_of(workspace).version
    assert len(first) == 16
    assert parameters_of(workspace, parameters={"P.rfm.window": 365}).version == first
    assert parameters_of(workspace, parameters={"P.rfm.window": 366}).version != first
    assert parameters_of(workspace, time_zone="Europe/Berlin").version != first


BAD = [
    ({"P.rfm.windw": 1}, "config.reference"),
    ({"P.tz": "Asia/Shanghai"}, "config.exclusive"),
    ({"P.rfm.window": "long"}, "config.type"),
    ({"P.rfm.window": True}, "config.type"),
    ({"P.rfm.window": None}, "config.required"),
    ({"P.rfm.window": 0}, "config.range"),
    ({"P.rfm.mode": "meen"}, "config.value"),
    ({"P.finding.z": 1.96}, "config.type"),
    ({"P.finding.z": "many"}, "config.type"),
    ({"P.finding.z": "NaN"}, "config.type"),
    ({"P.life.fallback": (90, 30)}, "config.order"),
    ({"P.life.fallback": (30, 90, 120)}, "config.range"),
    ({"P.life.q_dormant": 95}, "config.order"),
    ({"P.value_tier.cuts": (5, 20, 70, 90)}, "config.range"),
]


@pytest.mark.parametrize(("overrides", "code"), BAD)
def test_bad_overrides_are_refused(workspace, overrides, code) -> None:
    found, problems = load_parameters(replace(workspace, parameters=overrides))
    assert found is None
    assert [problem.code for problem in problems] == [code]
