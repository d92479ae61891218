"""Spans of stages against the rules evaluated day by day in plain Python, over small random logs of many persons."""

import datetime as dt
from calendar import monthrange
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cases.build import build, rows_of
from cases.rules import rule_tables, stage_models
from quanyu.definitions.stage_model import Condition, Rule, StageModel
from quanyu.engine import DuckDBEngine

FIRST = dt.date(2023, 12, 20)
LAST = dt.date(2024, 6, 30)
OPEN = dt.date(9999, 12, 31)
TYPES = ("ad_impression", "category_search", "product_view", "page_view", "follow", "share", "unsubscribe")
PERIODS = tuple((dt.date(2024, month, 1), dt.date(2024, month, monthrange(2024, month)[1])) for month in range(1, 7))
# Short windows and months of different length meet their edges often in half a year.
TIGHT = """
aipl:
  label: {zh: 测试, en: Test}
  source: test
  stages:
    - code: awareness
      label: {zh: A, en: A}
      any:
        - events: {activity: [passive, shallow], days: 2, window: 4}
        - identifier: device
    - code: interest
      label: {zh: I, en: I}
      any:
        - events: {types: [follow, product_view], window: {months: 1}}
        - all:
            - events: {types: share, window: lifetime}
            - relation: true
    - code: loyalty
      label: {zh: L, en: L}
      any:
        - purchase_days: {at_least: 3, window: {months: 2}}
        - purchase_days: {at_least: 2, window: lifetime}
        - all: [{spread: {kinds: share, window: 9}}, {member: true}, {period_purchase_days: {at_least: 2}}]
"""

DAY = st.integers(0, (LAST - FIRST).days).map(lambda number: FIRST + dt.timedelta(days=number))
SPAN = st.tuples(DAY, st.one_of(st.just(OPEN), DAY)).filter(lambda span: span[0] < span[1])
PERSON = st.fixed_dictionaries(
    {
        "events": st.lists(st.tuples(st.sampled_from(TYPES), DAY), max_size=9),
        "purchases": st.lists(st.tuples(DAY, st.booleans()), max_size=6),
        "spreads": st.lists(st.tuples(st.sampled_from(["review", "share"]), DAY), max_size=2),
        "capital": st.lists(SPAN, max_size=2),
        "member": st.lists(SPAN, max_size=2),
        "relation": st.lists(SPAN, max_size=2),
        "identifiers": st.lists(st.tuples(st.sampled_from(["device", "openid", "mobile"]), DAY), max_size=2),
    }
)


@pytest.mark.parametrize("models", [(), (("aipl", TIGHT),)], ids=["library", "tight windows"])
# Shrinking would build hundreds of engines; a failing log is small as it is.
@settings(max_examples=8, deadline=None, phases=[Phase.generate])
@given(logs=st.lists(PERSON, min_size=1, max_size=12))
def test_spans_are_the_rules_day_by_day(models: tuple[tuple[str, str], ...], logs: list[dict[str, Any]]) -> None:
    engine = _build(logs, models)
    found = {(model.name, number): {} for model in stage_models("", models) for number in range(len(logs))}
    spans = rows_of(engine, "stage_span")
    rules = {(model.name, rule.code): rule for model in stage_models("", models) for rule in model.rules}
    for span in spans:
        own, log = found[(span["model"], span["person_id"])], logs[span["person_id"]]
        for day in _days(span["from_date"], min(span["until_date"], LAST + dt.timedelta(days=1))):
            assert day not in own, "two stages on one day"
            own[day] = span["stage"]
        _check_evidence(span, rules[span["model"], span["rule_code"]], log)
    for model in stage_models("", models):
        for number, log in enumerate(logs):
            wanted = {
                day: stage for day in _days(FIRST, LAST + dt.timedelta(days=1)) if (stage := _stage(model, log, day))
            }
            assert found[(model.name, number)] == wanted, (model.name, log)
    assert not _repeats(spans), "neighbouring spans of one stage are one span"


def _build(logs: Sequence[dict[str, Any]], models: tuple[tuple[str, str], ...]) -> DuckDBEngine:
    numbered = list(enumerate(logs))
    events = [(n, place, kind, day) for n, log in numbered for place, (kind, day) in enumerate(log["events"])]
    orders = [(n, place, day, member) for n, log in numbered for place, (day, member) in enumerate(log["purchases"])]
    rules = {name: rows.to_pylist() for name, rows in rule_tables("", models).items()}
    engine = build(
        {
            **rules,
            "event_fact": [
                {"event_id": f"{n}-{place}", "person_id": n, "type": kind, "local_date": day}
                for n, place, kind, day in events
            ],
            "order_fact": [
                {"order_id": f"{n}-{place}", "person_id": n, "local_date": day, "net_fen": 1, "is_valid": True}
                | ({"member_id": f"m{n}"} if member else {})
                for n, place, day, member in orders
            ],
            "spread_fact": [
                {"spread_id": f"{n}-{place}", "person_id": n, "kind": kind, "local_date": day}
                for n, log in numbered
                for place, (kind, day) in enumerate(log["spreads"])
            ],
            "capital_span": [_span(n, span, evidence_id="r") for n, log in numbered for span in _union(log["capital"])],
            "membership_fact": [
                _span(n, span, member_id=f"{n}-{place}", joined_at=dt.datetime.combine(span[0], dt.time()))
                for n, log in numbered
                for place, span in enumerate(log["member"])
            ],
            "relation_fact": [
                _span(n, span, relation_id=f"{n}-{place}", type="shop_follow")
                for n, log in numbered
                for place, span in enumerate(log["relation"])
            ],
            "identifier": [
                {
                    "identifier_id": n * 10 + place,
                    "id_type": kind,
                    "first_seen_at": dt.datetime.combine(day, dt.time(3)),
                }
                for n, log in numbered
                for place, (kind, day) in enumerate(log["identifiers"])
            ],
            "identifier_person": [
                {"identifier_id": n * 10 + place, "person_id": n, "cluster_id": n}
                for n, _ in numbered
                for place in range(2)
            ],
            "fp_period": [
                {"period_no": number, "period_start_date": start, "period_end_date": end}
                for number, (start, end) in enumerate(PERIODS)
            ],
        },
        ["stage_span"],
    )
    assert isinstance(engine, DuckDBEngine)
    return engine


def _span(person: int, span: tuple[dt.date, dt.date], **more: Any) -> dict[str, Any]:
    return {"person_id": person, "from_date": span[0], "until_date": span[1], **more}


def _union(spans: list[tuple[dt.date, dt.date]]) -> list[tuple[dt.date, dt.date]]:
    """Capital comes as maximal spans."""
    done: list[tuple[dt.date, dt.date]] = []
    for start, end in sorted(spans):
        if done and start <= done[-1][1]:
            done[-1] = (done[-1][0], max(end, done[-1][1]))
        else:
            done.append((start, end))
    return done


def _days(start: dt.date, end: dt.date) -> Iterator[dt.date]:
    return (start + dt.timedelta(days=number) for number in range((end - start).days))


def _stage(model: StageModel, log: dict[str, Any], day: dt.date) -> str | None:
    holding = [rule for rule in model.rules if all(_holds(one, log, day) for one in rule.conditions)]
    return max(holding, key=lambda rule: rule.stage_no).stage if holding else None


def _holds(condition: Condition, log: dict[str, Any], day: dt.date) -> bool:
    if condition.shape == "span":
        return any(_lasts(signal, log, day) for signal in condition.signals)
    given = {date for date in _dates(condition, log) if date <= day}
    if condition.shape == "period":
        period = next(((start, end) for start, end in PERIODS if start <= day <= end), None)
        given = {date for date in given if period and period[0] <= date <= period[1]}
    elif condition.window_days is not None:
        given = {date for date in given if (day - date).days < condition.window_days}
    elif condition.window_months is not None:
        start = _months_before(day + dt.timedelta(days=1), condition.window_months)
        given = {date for date in given if date >= start}
    return len(given) >= condition.days


def _dates(condition: Condition, log: dict[str, Any]) -> Iterator[dt.date]:
    yield from (date for kind, date in log["events"] if kind in condition.types)
    yield from (date for kind, date in log["spreads"] if kind in condition.signals)
    if "purchase" in condition.signals:
        yield from (date for date, _ in log["purchases"])
    if "member_buy" in condition.signals and log["member"]:
        joined = min(start for start, _ in log["member"])
        yield from (date for date, as_member in log["purchases"] if as_member and date >= joined)


def _lasts(signal: str, log: dict[str, Any], day: dt.date) -> bool:
    if signal.startswith("id:"):
        return any(f"id:{kind}" == signal and date <= day for kind, date in log["identifiers"])
    return any(start <= day < end for start, end in log[signal])


def _months_before(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _check_evidence(span: dict[str, Any], rule: Rule, log: dict[str, Any]) -> None:
    """The rule holds when the span begins; its evidence is a record of it, the latest where it is simple."""
    start = span["from_date"]
    assert all(_holds(condition, log, start) for condition in rule.conditions)
    days = {day for condition in rule.conditions for day in _dates(condition, log) if day <= start}
    signals = {signal for condition in rule.conditions for signal in condition.signals}
    days |= {day for day, _ in _union(log["capital"]) if "capital" in signals}
    days |= {day for day, _ in log["member"] if "member" in signals}
    unrecorded = any(signal == "relation" or signal.startswith("id:") for signal in signals)
    assert (span["evidence_event_id"] is None) == (span["evidence_date"] is None)
    assert span["evidence_date"] in days or (span["evidence_date"] is None and unrecorded)
    first = rule.conditions[0]
    if len(rule.conditions) == 1 and first.days == 1 and first.shape == "days":
        assert span["evidence_date"] == max(days)


def _repeats(spans: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    ends = {(one["model"], one["person_id"], one["until_date"]): one["stage"] for one in spans}
    return [one for one in spans if ends.get((one["model"], one["person_id"], one["from_date"])) == one["stage"]]
