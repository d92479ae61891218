"""Rules as cases: rows in, rule, persons out, on every engine; and the waterfall of the gates."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from cases.rows import table_of
from quanyu.definitions.playbook import AudienceShape
from quanyu.definitions.segment_rule import RuleShape
from quanyu.engine import Engine
from quanyu.engine import tree as t
from quanyu.segments import Ground, condition_of, persons_tree, unknown_in, waterfall

FILE = YAML(typ="safe", pure=True).load(Path(__file__).with_name("rules.yaml"))
AS_OF = dt.date(2024, 6, 30)


def ground(engine: Engine, **more: Any) -> Ground:
    """Return the tables of the file, and others, in an engine."""
    for name, rows in {**FILE["given"], **more}.items():
        engine.register(name, table_of(name, rows))
    return Ground(engine, AS_OF, "Asia/Shanghai", {"buyers": rule_of({"did": {"what": "order"}})})


def rule_of(said: Any) -> RuleShape:
    """Return a rule as the loader would: lists are tuples."""
    return RuleShape.model_validate(tupled(said))


def tupled(said: Any) -> Any:
    """Return plain values with tuples for lists."""
    if isinstance(said, dict):
        return {str(key): tupled(value) for key, value in said.items()}
    return tuple(tupled(one) for one in said) if isinstance(said, list) else said


def check_all(engine: Engine) -> None:
    """Check every case on one engine; all persons in one question, for a question costs seconds on Spark."""
    here = ground(engine)
    rules = [(case["says"], rule_of(case["rule"])) for case in FILE["cases"]]
    told = {says: unknown_in(here, rule) for says, rule in rules}
    assert told == {case["says"]: case.get("unknown", []) for case in FILE["cases"]}
    asked = [
        t.select({"says": t.lit(says), "person_id": t.col("person_id")}, persons_tree([condition_of(here, rule)]))
        for says, rule in rules
        if not told[says]
    ]
    found: dict[str, list[int]] = {says: [] for says, _ in rules if not told[says]}
    for row in engine.query(t.union_all(asked), {}).to_pylist():
        found[row["says"]].append(row["person_id"])
    expected = {case["says"]: case["expect"] for case in FILE["cases"] if "expect" in case}
    assert {says: sorted(persons) for says, persons in found.items()} == expected


@pytest.mark.parametrize("case_engine", ["duckdb"], indirect=True)
def test_rules(case_engine: Engine) -> None:
    check_all(case_engine)


@pytest.mark.spark
@pytest.mark.parametrize("case_engine", ["spark"], indirect=True)
def test_rules_on_spark(case_engine: Engine) -> None:
    check_all(case_engine)


def audience(means: str) -> AudienceShape:
    """Everybody who is known to the brand, by a means."""
    rule = {"any": ({"attribute": {"name": "purchase_days", "at_least": 0}},)}
    return AudienceShape.model_validate({"label": {"zh": "甲", "en": "a"}, "rule": rule, "means": means})


def gates(here: Ground, means: str) -> list[tuple[str, int | None, int | None]]:
    """Return gate, before and after of an audience."""
    return [(step.gate.value, step.before, step.after) for step in waterfall(here, audience(means))]


@pytest.mark.parametrize("case_engine", ["duckdb"], indirect=True)
def test_every_gate_counts_who_is_left(case_engine: Engine) -> None:
    here = ground(case_engine)
    assert gates(here, "wecom") == [("rule", 5, 3), ("consent", 3, 1), ("reach", 1, 1), ("risk", 1, 1)]


@pytest.mark.parametrize("case_engine", ["duckdb"], indirect=True)
def test_who_is_blocked_is_left_out(case_engine: Engine) -> None:
    here = ground(case_engine, person_risk=[{"person_id": 1, "decision": "blocked", "score": 80}])
    assert gates(here, "wecom")[-1] == ("risk", 1, 0)


@pytest.mark.parametrize("case_engine", ["duckdb"], indirect=True)
def test_a_gate_that_cannot_be_judged_ends_the_counting(case_engine: Engine) -> None:
    here = ground(case_engine)
    assert gates(here, "sms") == [("rule", 5, 3), ("consent", 3, 1), ("reach", 1, None), ("risk", None, None)]
    assert waterfall(here, audience("sms"))[2].why_unknown == "channel (sms)"


@pytest.mark.parametrize("case_engine", ["duckdb"], indirect=True)
def test_without_any_consent_known_nobody_is_said_to_agree(case_engine: Engine) -> None:
    here = ground(case_engine, consent=[])
    assert gates(here, "wecom")[1:] == [("consent", 3, None), ("reach", None, None), ("risk", None, None)]


@pytest.mark.parametrize("case_engine", ["duckdb"], indirect=True)
def test_the_counter_needs_no_address(case_engine: Engine) -> None:
    assert gates(ground(case_engine), "store") == [("rule", 5, 3), ("consent", 3, 3), ("reach", 3, 3), ("risk", 3, 3)]
