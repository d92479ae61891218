"""Stages of any past date, and why a person has one: read from the spans of a build, nothing is computed again."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from quanyu.engine import DuckDBEngine, Within
from quanyu.engine import tree as t
from quanyu.errors import Problem, UserError, did_you_mean
from quanyu.ids import PersonId, format_person_id
from quanyu.services.stage_words import Found, sentence
from quanyu.store import Build

OPEN_END: Final = date(9999, 12, 31)
_DAY: Final = timedelta(days=1)

Row = Mapping[str, Any]
Rule = tuple[str, str]
"""A rule of a stage by model and code."""


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
    stages = _by(_all(engine, "stage_def"), "model")
    _check(build, sorted(stages), model, day)
    named = [model] if model else sorted(stages)
    held = _spans(engine, person_id, day)
    spans = {name: held[name] for name in named if name in held}
    rules = _listened(engine, {(name, str(span["rule_code"])) for name, span in spans.items()})
    found = _found(engine, person_id, day, rules)
    return tuple(
        _reason(stages[name], spans[name], found[name, str(spans[name]["rule_code"])])
        if name in spans
        else _stageless(name, person_id, day)
        for name in named
    )


def on_day(day: date) -> list[t.Tree]:
    """Return the conditions under which a span holds on a day."""
    return [t.col("from_date") <= t.lit(day), t.col("until_date") > t.lit(day)]


def check_model(engine: DuckDBEngine, build: Build, model: str, day: date) -> None:
    """Refuse a model without spans or a day after the build; raises UserError `stages.unknown`, `stages.dates`."""
    _check(build, sorted(_by(_all(engine, "stage_def"), "model")), model, day)


def _check(build: Build, models: Sequence[str], model: str | None, day: date) -> None:
    problems = []
    if model is not None and model not in models:
        remedy = did_you_mean(model, models) or f"There are {', '.join(models)}."
        problems.append(Problem("stages.unknown", f'No stage model "{model[:40]}".', remedy))
    if day > build.as_of:
        message = f"{day.isoformat()} is after the build's date, {build.as_of.isoformat()}."
        problems.append(Problem("stages.dates", message, "Choose a day up to it, or run again."))
    if problems:
        raise UserError(problems)


def _stages(engine: DuckDBEngine, build: Build, model: str, day: date) -> list[Row]:
    stages = _by(_all(engine, "stage_def"), "model")
    _check(build, sorted(stages), model, day)
    return sorted(stages[model], key=lambda row: int(row["stage_no"]))


def _spans(engine: DuckDBEngine, person_id: int, day: date) -> dict[str, Row]:
    """Return by model the span of the brand that holds for a person on a day."""
    names = ("model", "scope", "stage", "from_date", "until_date", "rule_code", "evidence_event_id")
    rows = engine.look_up("stage_span", names, {"person_id": [person_id]})
    return {
        str(row["model"]): row
        for row in rows
        if row["scope"] == "brand" and row["from_date"] <= day < row["until_date"]
    }


def _listened(engine: DuckDBEngine, rules: Set[Rule]) -> dict[Rule, list[list[Row]]]:
    """Return the conditions of each rule by number, each with a row per signal it listens to."""
    listening = _by(_all(engine, "stage_condition"), "condition_no")
    numbers: dict[Rule, set[int]] = {rule: set() for rule in rules}
    for row in _all(engine, "stage_rule"):
        if (row["model"], row["rule_code"]) in numbers:
            numbers[row["model"], row["rule_code"]].add(int(row["condition_no"]))
    return {rule: [listening[number] for number in sorted(own) if number in listening] for rule, own in numbers.items()}


def _found(
    engine: DuckDBEngine, person_id: int, day: date, rules: Mapping[Rule, Sequence[Sequence[Row]]]
) -> dict[Rule, list[Found]]:
    """Return each condition of the rules with the latest record of the person that it rests on.

    What events they were is asked at once: by their days too, so that of a table in the order of time little is read.
    """
    names = ("signal", "local_date", "evidence_event_id")
    given = {"person_id": [person_id], "local_date": Within(date.min, day)}
    records = _by(engine.look_up("signal_day", names, given), "signal") if rules else {}
    latest = {signal: max(own, key=_age) for signal, own in records.items()}
    wanted = {signal: latest[signal] for one in rules.values() for signal in _signals(one) if signal in latest}
    events = engine.look_up(
        "event_fact",
        ("event_id", "type"),
        {
            "event_id": sorted({str(row["evidence_event_id"]) for row in wanted.values()}),
            "local_date": sorted({row["local_date"] for row in wanted.values()}),
        },
    )
    types = {row["code"]: row for row in _all(engine, "event_type")} if events else {}
    type_of = {str(row["event_id"]): types.get(row["type"]) for row in events}
    return {rule: [_condition(one, latest, type_of) for one in conditions] for rule, conditions in rules.items()}


def _condition(listening: Sequence[Row], latest: Mapping[str, Row], type_of: Mapping[str, Row | None]) -> Found:
    first = listening[0]
    signals = _signals([listening])
    newest = max((latest[one] for one in signals if one in latest), key=_age, default=None)
    return Found(
        shape=str(first["shape"]),
        signals=signals,
        days=int(first["days"]),
        window_days=first["window_days"],
        window_months=first["window_months"],
        latest=newest["local_date"] if newest is not None else None,
        event_type=type_of.get(str(newest["evidence_event_id"])) if newest is not None else None,
    )


def _reason(stages: Sequence[Row], span: Row, found: Sequence[Found]) -> StageReason:
    until = None if span["until_date"] == OPEN_END else span["until_date"] - _DAY
    stage = next(row for row in stages if row["stage"] == span["stage"])
    said = sentence(stage, found, span["from_date"], until)
    return StageReason(
        model=str(span["model"]),
        stage=span["stage"],
        since=span["from_date"],
        until=until,
        rule=span["rule_code"],
        evidence=span["evidence_event_id"],
        zh=said[0],
        en=said[1],
    )


def _stageless(model: str, person_id: int, day: date) -> StageReason:
    who = format_person_id(PersonId(person_id))
    zh = f"{day.isoformat()} {who} 不在此模型的任何阶段"
    en = f"{who} is in no stage of the model on {day.isoformat()}"
    return StageReason(model, None, None, None, None, None, zh, en)


def _signals(conditions: Iterable[Sequence[Row]]) -> tuple[str, ...]:
    return tuple(sorted(str(row["signal"]) for listening in conditions for row in listening))


def _age(record: Row) -> tuple[date, str]:
    return record["local_date"], record["evidence_event_id"]


def _by(rows: Iterable[Row], column: str) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    return found


def _all(engine: DuckDBEngine, table: str) -> Sequence[Row]:
    return engine.look_up(table, engine.contracts[table].column_names, {})
