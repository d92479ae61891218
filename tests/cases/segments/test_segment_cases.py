"""Rules as cases: rows in, rule, persons out, on every engine; and the waterfall of the gates."""

import datetime as dt
from dataclasses import replace
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
from quanyu.segments.ground import Caps
from quanyu.segments.waterfall import uncapped

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


def message(number: int, person: int | None, sent: str | None, is_marketing: bool | None = True) -> dict[str, Any]:
    """A message planned on the build's date, sent at a moment of UTC or not at all."""
    return {
        "message_id": f"n{number}",
        "person_id": person,
        "local_date": AS_OF,
        "is_skipped": sent is None,
        "sent_at": sent,
        "is_marketing": is_marketing,
    }


@pytest.mark.parametrize("case_engine", ["duckdb"], indirect=True)
def test_who_may_get_one_more_message(case_engine: Engine) -> None:
    """Of persons 1, 2 and 3: the day begins in Shanghai; a week has seven days; what is no marketing does not count."""
    today, first, before = "2024-06-29T16:00:00", "2024-06-23T16:00:00", "2024-06-23T15:59:59"
    cases: list[tuple[list[dict[str, Any]], Caps, int]] = [
        ([message(1, 1, today)], Caps(day=1, week=2), 2),
        ([message(1, 1, today)], Caps(day=2, week=2), 3),
        ([message(1, 1, first), message(2, 1, first)], Caps(day=1, week=2), 2),
        ([message(1, 1, first), message(2, 1, before)], Caps(day=1, week=2), 3),
        ([message(1, 1, today, False), message(2, 2, today, None)], Caps(day=1, week=2), 2),
        ([message(1, 1, None), message(2, None, today)], Caps(day=1, week=1), 3),
    ]
    for rows, caps, left in cases:
        here = replace(ground(case_engine, message_fact=rows), caps=caps)
        calm = uncapped(here, "wecom")
        assert calm is not None
        assert here.count(persons_tree([condition_of(here, audience("wecom").rule), calm])) == left
    here = replace(ground(case_engine, message_fact=[message(1, 1, today)]), caps=Caps(day=1, week=2))
    steps = [(step.gate.value, step.after) for step in waterfall(here, audience("wecom"))]
    assert steps[-2:] == [("risk", 1), ("fatigue", 0)]
    assert waterfall(here, audience("store"))[-1].after == 3


@pytest.mark.parametrize("case_engine", ["duckdb"], indirect=True)
def test_fatigue_is_not_judged_without_messages(case_engine: Engine) -> None:
    here = replace(ground(case_engine), caps=Caps(day=1, week=2))
    last = waterfall(here, audience("wecom"))[-1]
    assert (last.gate.value, last.before, last.after, last.why_unknown) == ("fatigue", 1, None, "message_fact")


@pytest.mark.parametrize("case_engine", ["duckdb"], indirect=True)
def test_the_counter_needs_no_address(case_engine: Engine) -> None:
    assert gates(ground(case_engine), "store") == [("rule", 5, 3), ("consent", 3, 3), ("reach", 3, 3), ("risk", 3, 3)]
