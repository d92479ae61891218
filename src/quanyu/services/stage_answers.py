"""Stages of any past date, and why a person has one: read from the spans of a build, nothing is computed again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from quanyu.engine import DuckDBEngine
from quanyu.engine import tree as t
from quanyu.errors import Problem, UserError, did_you_mean
from quanyu.ids import PersonId, format_person_id
from quanyu.services.stage_words import Found, sentence
from quanyu.store import Build

OPEN_END: Final = date(9999, 12, 31)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StageCount:
    """The persons in one stage of a model on one day, lowest stage first."""

    stage: str
    zh: str
    en: str
    persons: int


@dataclass(frozen=True, slots=True)
class StageReason:
    """Why one person has one stage of a model on a day; without a stage `stage` is None.

    `until` is the last day on which the stage holds if nothing more happens, None when it has no end.
    """

    model: str
    stage: str | None
    since: date | None
    until: date | None
    rule: str | None
    evidence: str | None
    zh: str
    en: str


def stages_on(engine: DuckDBEngine, build: Build, model: str, day: date) -> tuple[StageCount, ...]:
    """Return how many persons were in each stage of a model on any day up to the build's, with the build's persons.

    Raises UserError `stages.unknown`, `stages.dates`.
    """
    stages = _stages(engine, build, model, day)
    columns = {"stage": t.col("stage"), "persons": t.count()}
    where = t.all_of([t.col("model").eq(t.lit(model)), t.col("scope").eq(t.lit("brand")), *on_day(day)])
    rows = engine.query(t.select(columns, "stage_span", where=where, group=[t.col("stage")])).to_pylist()
    counted = {row["stage"]: int(row["persons"]) for row in rows}
    return tuple(
        StageCount(row["stage"], row["name_zh"], row["name_en"], counted.get(row["stage"], 0)) for row in stages
    )


def explain_stage(
    engine: DuckDBEngine, build: Build, person_id: int, model: str | None, day: date
) -> tuple[StageReason, ...]:
    """Return why a person has their stage on a day, of one model or of all; raises UserError as `stages_on`."""
    models = [model] if model else sorted({str(row["model"]) for row in _rows(engine, "stage_def", None)})
    return tuple(_reason(engine, build, person_id, name, day) for name in models)


def on_day(day: date) -> list[t.Tree]:
    """Return the conditions under which a span holds on a day."""
    return [t.col("from_date") <= t.lit(day), t.col("until_date") > t.lit(day)]


def check_model(engine: DuckDBEngine, build: Build, model: str, day: date) -> None:
    """Refuse a model without spans or a day after the build; raises UserError `stages.unknown`, `stages.dates`."""
    models = sorted({str(row["model"]) for row in _rows(engine, "stage_def", None)})
    problems = []
    if model not in models:
        remedy = did_you_mean(model, models) or f"There are {', '.join(models)}."
        problems.append(Problem("stages.unknown", f'No stage model "{model[:40]}".', remedy))
    if day > build.as_of:
        message = f"{day.isoformat()} is after the build's date, {build.as_of.isoformat()}."
        problems.append(Problem("stages.dates", message, "Choose a day up to it, or run again."))
    if problems:
        raise UserError(problems)


def _stages(engine: DuckDBEngine, build: Build, model: str, day: date) -> list[dict[str, Any]]:
    check_model(engine, build, model, day)
    rows = _rows(engine, "stage_def", t.col("model").eq(t.lit(model)))
    return sorted(rows, key=lambda row: int(row["stage_no"]))


def _reason(engine: DuckDBEngine, build: Build, person_id: int, model: str, day: date) -> StageReason:
    stages = {row["stage"]: row for row in _stages(engine, build, model, day)}
    of_person = [t.col("person_id").eq(t.lit(person_id)), t.col("model").eq(t.lit(model))]
    spans = _rows(engine, "stage_span", t.all_of([*of_person, t.col("scope").eq(t.lit("brand")), *on_day(day)]))
    who = format_person_id(PersonId(person_id))
    if not spans:
        zh, en = (
            f"{day.isoformat()} {who} 不在此模型的任何阶段",
            f"{who} is in no stage of the model on {day.isoformat()}",
        )
        return StageReason(model, None, None, None, None, None, zh, en)
    span = spans[0]
    found = _found(engine, person_id, model, str(span["rule_code"]), day)
    until = None if span["until_date"] == OPEN_END else span["until_date"] - _DAY
    said = sentence(stages[span["stage"]], found, span["from_date"], until)
    return StageReason(
        model=model,
        stage=span["stage"],
        since=span["from_date"],
        until=until,
        rule=span["rule_code"],
        evidence=span["evidence_event_id"],
        zh=said[0],
        en=said[1],
    )


def _found(engine: DuckDBEngine, person_id: int, model: str, rule: str, day: date) -> list[Found]:
    """Return each condition of the rule with the latest record of the person that it rests on."""
    of_rule = t.all_of([t.col("model").eq(t.lit(model)), t.col("rule_code").eq(t.lit(rule))])
    numbers = [int(row["condition_no"]) for row in _rows(engine, "stage_rule", of_rule)]
    conditions: dict[int, list[dict[str, Any]]] = {}
    for row in _rows(engine, "stage_condition", None):
        if row["condition_no"] in numbers:
            conditions.setdefault(int(row["condition_no"]), []).append(row)
    given = t.all_of([t.col("person_id").eq(t.lit(person_id)), t.col("local_date") <= t.lit(day)])
    records = _rows(engine, "signal_day", given)
    types = {str(row["code"]): row for row in _rows(engine, "event_type", None)}
    return [_condition(engine, conditions[number], records, types) for number in sorted(conditions)]


def _condition(
    engine: DuckDBEngine,
    listened: Sequence[Mapping[str, Any]],
    records: Sequence[Mapping[str, Any]],
    types: Mapping[str, Mapping[str, Any]],
) -> Found:
    first = listened[0]
    signals = tuple(sorted(str(row["signal"]) for row in listened))
    own = [row for row in records if row["signal"] in signals]
    latest = max(own, key=lambda row: (row["local_date"], row["evidence_event_id"]), default=None)
    event_type = None
    if latest is not None:
        same = t.col("event_id").eq(t.lit(str(latest["evidence_event_id"])))
        events = engine.query(t.select({"type": t.col("type")}, "event_fact", where=same)).to_pylist()
        event_type = types.get(str(events[0]["type"])) if events else None
    return Found(
        shape=str(first["shape"]),
        signals=signals,
        days=int(first["days"]),
        window_days=first["window_days"],
        window_months=first["window_months"],
        latest=latest["local_date"] if latest is not None else None,
        event_type=event_type,
    )


def _rows(engine: DuckDBEngine, table: str, where: t.Tree | None) -> list[dict[str, Any]]:
    columns = {name: t.col(name) for name in engine.contracts[table].column_names}
    rows: list[dict[str, Any]] = engine.query(t.select(columns, table, where=where)).to_pylist()
    return rows
