"""Metrics are judged in periods of their own, signs in every group they name, models only where they have data."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from diagnosis.retailer import NOW, RULE, diagnosed, known, make_orders, playbooks, workspace
from diagnosis.retailer import engine_of as made
from quanyu.definitions.readiness import Readiness, load_readiness
from quanyu.diagnosis import diagnose, tables_of
from quanyu.diagnosis.audience import audiences_of
from quanyu.diagnosis.diagnose import Request
from quanyu.diagnosis.judge import Verdict
from quanyu.diagnosis.readiness import readiness_rows, unready
from quanyu.engine import DuckDBEngine
from quanyu.metrics import Grain
from quanyu.segments import Ground
from quanyu.tables.run import READINESS

QUARTERS = (dt.date(2023, 6, 30), dt.date(2023, 9, 30), dt.date(2023, 12, 31), dt.date(2024, 3, 31), NOW.last_day)
MONTHS = tuple(dt.date(2024, month, 1) for month in range(2, 7))


@cache
def orders() -> Any:
    return make_orders(1, persons=600)


def capital(values: Sequence[int]) -> list[dict[str, Any]]:
    """Capital at the ends of five quarters."""
    return [
        {"period_no": number, "date": date, "relation_type": "all", "capital": value}
        for number, (date, value) in enumerate(zip(QUARTERS, values, strict=True))
    ]


def newcomers(suspicious: int) -> list[dict[str, Any]]:
    """New persons by channel and month; in the last month the mini-program brings so many suspicious ones."""
    return [
        {"period_kind": "month", "period_start_date": month, "channel_id": channel, "new_persons": persons,
         "suspicious_persons": suspicious if channel == "mini" and month == MONTHS[-1] else 0}
        for month in MONTHS for channel, persons in (("mini", 200), ("pos", 1_800))
    ]  # fmt: skip


def test_fast_plus_is_judged_by_its_own_periods():
    engine = made(orders(), fp_capital=capital([4_000, 4_040, 3_960, 4_010, 2_000]))
    outcome = diagnosed(engine, "pb_05")
    assert [outcome.shelf.grain(name) for name in ("fp_capital", "buyers")] == [Grain.QUARTER, Grain.MONTH]
    rows = {name: table.to_pylist() for name, table in tables_of(known(engine), outcome, "test").items()}
    finding = next(row for row in rows["finding"] if row["metric_code"] == "fp_capital")
    assert (finding["amount"], finding["period_kind"]) == (2_000, "quarter")
    assert (finding["period_start_date"], finding["period_end_date"]) == (dt.date(2024, 4, 1), dt.date(2024, 7, 1))
    assert "2024-04-01" in finding["says_zh"]
    assert "2024-04-01" in finding["says_en"]
    kinds = {row["metric_code"]: row["period_kind"] for row in rows["diagnosis_indicator"]}
    assert kinds["fp_capital"] == "quarter"
    assert kinds["buyers"] == "month"


def test_a_quarter_that_has_not_ended_is_not_judged():
    engine = made(orders(), fp_capital=capital([4_000, 4_040, 3_960, 4_010, 2_000]))
    may = {"period": type(NOW)(dt.date(2024, 5, 1), dt.date(2024, 6, 1))}
    outcome = diagnosed(engine, "pb_05", **may)
    judged = next(one for watch, one in outcome.diagnoses[0].indicators if watch.metric == "fp_capital")
    assert judged.value == 4_010


@pytest.mark.parametrize(("suspicious", "channels"), [(50, {"mini"}), (8, set()), (0, set())])
def test_a_sign_is_asked_of_every_channel(suspicious: int, channels: set[str]):
    # 50 of 2,000 are half of the limit; 50 of the 200 that came by the mini-program are five times the limit.
    outcome = diagnosed(made(orders(), channel_quality=newcomers(suspicious)), "pb_01")
    found = [one.judged for one in outcome.findings if one.rule_code == "threshold"]
    assert {dict(one.series.group).get("channel") for one in found} == channels
    assert all(one.base == 200 for one in found)


def readiness() -> Readiness:
    found, problems = load_readiness(workspace())
    assert found is not None, problems
    return found


def with_readiness(engine: DuckDBEngine) -> DuckDBEngine:
    engine.register(READINESS.name, readiness_rows(readiness(), engine))
    return engine


def test_a_model_without_its_data_is_not_looked_at():
    star = [{"date": date, "stage": "r1", "persons": persons}
            for date, persons in zip((dt.date(2024, month, 29) for month in range(2, 7)), (900,) * 4 + (300,),
                                     strict=True)]  # fmt: skip
    engine = with_readiness(made(orders(), star_scaling=star))
    here = known(engine)
    lacks = unready(readiness(), here.metrics, engine)
    assert "star_scaling" in lacks
    told = replace(here, unready=lacks)
    outcome = diagnose(told, Request(("pb_01",), NOW, Grain.MONTH, 4), RULE)
    judged = next(one for watch, one in outcome.diagnoses[0].indicators if watch.metric == "star_scaling")
    assert judged.verdict is Verdict.UNKNOWN
    row = next(one for one in tables_of(told, outcome, "test")["diagnosis_indicator"].to_pylist()
               if one["metric_code"] == "star_scaling")  # fmt: skip
    assert row["is_computable"] is False
    assert row["why_not_en"].endswith(lacks["star_scaling"][1])
    assert row["why_not_zh"].endswith(lacks["star_scaling"][0])


def test_without_the_table_of_readiness_nothing_is_out():
    assert unready(readiness(), known(made(orders())).metrics, made(orders())) == {}


@pytest.mark.parametrize(
    ("group", "leaf"),
    [
        (("value_tier_opening", "key"), {"attribute": {"name": "value_tier", "is": ["key"]}}),
        # Events are not known here: what nobody knows of must not empty the audience.
        (("store", "S01"), {"any": [{"did": {"what": "order", "days": 365, "where": {"store": ["S01"]}}}]}),
        (("touchpoint", "t1"), None),
        (("person_city", "广州"), None),
        (("value_tier_opening", "none"), None),
        (("first_channel", None), None),
    ],
)
def test_an_audience_is_narrowed_to_what_a_rule_can_say(group: tuple[str, str | None], leaf: dict[str, Any] | None):
    ground = Ground(made(orders()), NOW.last_day, "Asia/Shanghai")
    playbook = playbooks()["pb_08"].value
    found = audiences_of(ground, [("f", (group,), playbook)])
    assert {code for _, code in found} == set(playbook.audiences)
    audience = found["f", "newcomers"]
    said = audience.shape.rule.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    own = playbook.audiences["newcomers"].rule.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    assert said == (own if leaf is None else {"all": [own, leaf]})
    assert audience.within == (() if leaf is None else (group,))


def test_parts_and_names_are_told_in_both_languages():
    channels = [{"channel_id": "mini", "name_zh": "小程序", "name_en": "Mini-program"}]
    engine = made(make_orders(2, lose=lambda row: 0.35 if row["ordered_channel_id"] == "mini"
                              and row["local_date"] >= NOW.start else 0.0), channel=channels)  # fmt: skip
    outcome = diagnosed(engine, "pb_04")
    parts = tables_of(known(engine), outcome, "test")["finding_part"].to_pylist()
    named = {(row["value_zh"], row["value_en"]) for row in parts if row["value"] == "mini"}
    assert named == {("“小程序”", "Mini-program")}
