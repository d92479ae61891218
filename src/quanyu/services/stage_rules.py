"""The stage models of a workspace as tables: what the fixed SQL of `stages/` reads in place of rules in code."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from quanyu.config import Workspace
from quanyu.definitions import Parameters
from quanyu.definitions.event_types import load_event_types
from quanyu.definitions.rules.stages import same_signals
from quanyu.definitions.stage_model import Condition, StageModel
from quanyu.definitions.stage_models import load_stage_models
from quanyu.engine.column_types import arrow_schema
from quanyu.errors import UserError, raise_if_errors
from quanyu.tables import CONTRACTS

RULE_TABLES: Final = ("event_type", "stage_def", "stage_rule", "stage_condition", "stage_signal")


def open_stage_models(workspace: Workspace, parameters: Parameters) -> tuple[StageModel, ...]:
    """Return the stage models of a workspace; raises UserError with every problem of their definitions."""
    models, problems = load_stage_models(workspace, parameters)
    raise_if_errors(problems)
    if models is None:
        raise UserError(problems)
    return models


def rule_rows(workspace: Workspace, parameters: Parameters) -> dict[str, pa.Table]:
    """Return the rows of every rule table of a workspace; raises UserError with every problem of the definitions."""
    models = open_stage_models(workspace, parameters)
    return {"event_type": event_type_rows(workspace), **stage_rows(models)}


def event_type_rows(workspace: Workspace) -> pa.Table:
    """Return the rows of `event_type`."""
    event_types, problems = load_event_types(workspace)
    raise_if_errors(problems)
    rows = [
        {
            "code": one.name,
            "name_zh": one.value.label.zh,
            "name_en": one.value.label.en,
            "activity": one.value.activity,
            "counts_as_active": one.value.counts_as_active,
            "five_r_min_stage": one.value.five_r_min_stage,
            "fp_active_for_venues": "[" + ", ".join(f'"{venue}"' for venue in one.value.venues) + "]",
        }
        for one in event_types
    ]
    return _table("event_type", rows)


def stage_rows(models: Sequence[StageModel]) -> dict[str, pa.Table]:
    """Return the rows of `stage_def`, `stage_rule`, `stage_condition` and `stage_signal`.

    Conditions that several rules share stand once; they are numbered in the order of models and rules.
    """
    numbers = condition_numbers(models)
    signals = same_signals(iter(numbers))
    return {
        "stage_def": _table("stage_def", [row for model in models for row in _stages(model)]),
        "stage_rule": _table("stage_rule", [row for model in models for row in _rules(model, numbers)]),
        "stage_condition": _table("stage_condition", _conditions(numbers, signals)),
        "stage_signal": _table("stage_signal", [{"type": name, "signal": one} for name, one in signals.items()]),
    }


def condition_numbers(models: Sequence[StageModel]) -> dict[Condition, int]:
    """Return every condition of the models with its number, from 1."""
    listed = (condition for model in models for rule in model.rules for condition in rule.conditions)
    return {condition: number for number, condition in enumerate(dict.fromkeys(listed), start=1)}


def _stages(model: StageModel) -> list[dict[str, Any]]:
    return [
        {
            "model": model.name,
            "stage": stage.code,
            "stage_no": stage.number,
            "model_zh": model.zh,
            "model_en": model.en,
            "name_zh": stage.zh,
            "name_en": stage.en,
            "for_items": model.for_items,
            "param_version": model.version,
        }
        for stage in model.stages
    ]


def _rules(model: StageModel, numbers: Mapping[Condition, int]) -> list[dict[str, Any]]:
    return [
        {
            "model": model.name,
            "stage": rule.stage,
            "stage_no": rule.stage_no,
            "rule_code": rule.code,
            "rule_no": number,
            "conditions": len(rule.conditions),
            "condition_no": numbers[condition],
            "for_items": model.for_items,
            "param_version": model.version,
        }
        for number, rule in enumerate(model.rules, start=1)
        for condition in rule.conditions
    ]


def _conditions(numbers: Mapping[Condition, int], signals: Mapping[str, str]) -> list[dict[str, Any]]:
    rows = []
    for condition, number in numbers.items():
        for signal in dict.fromkeys((*condition.signals, *(signals[name] for name in condition.types))):
            rows.append(
                {
                    "condition_no": number,
                    "signal": signal,
                    "shape": condition.shape,
                    "days": condition.days,
                    "window_days": condition.window_days,
                    "window_months": condition.window_months,
                }
            )
    return rows


def _table(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    schema = arrow_schema(CONTRACTS[name])
    return pa.table({field.name: pa.array([row[field.name] for row in rows], field.type) for field in schema})
