"""What the steps of growth read in place of rules in code: funnels, weights of preference, the core action."""

from typing import Any, Final

import pyarrow as pa

from quanyu.analytics.decay import decay_weights
from quanyu.config import Workspace
from quanyu.definitions import Parameters
from quanyu.definitions.catalogue import Catalogue, Definition
from quanyu.definitions.event_types import EventTypeShape, load_event_types
from quanyu.definitions.funnel import FunnelShape, StepShape, WayShape, load_funnels
from quanyu.engine.column_types import arrow_schema
from quanyu.errors import Problem, raise_if_errors
from quanyu.tables import CONTRACTS

GROWTH_RULE_TABLES: Final = ("funnel_def", "funnel_step", "decay_weight")
_CORE_ACTION: Final = "P.aarrr.core_action"


def growth_rule_rows(workspace: Workspace, parameters: Parameters) -> dict[str, pa.Table]:
    """Return the rows of `funnel_def`, `funnel_step` and `decay_weight` of a workspace.

    Raises UserError with every problem: faults of funnels, and a core action that is no event type.
    """
    event_types, problems = load_event_types(workspace)
    funnels, found = load_funnels(workspace, event_types)
    raise_if_errors([*problems, *found, *_check_core_action(parameters, event_types)])
    return {
        "funnel_def": _table("funnel_def", [_def(funnel) for funnel in funnels]),
        "funnel_step": _table("funnel_step", [row for funnel in funnels for row in _steps(funnel)]),
        "decay_weight": decay_weights(parameters.integer("P.preference.half_life")),
    }


def _check_core_action(parameters: Parameters, event_types: Catalogue[EventTypeShape]) -> list[Problem]:
    parameter = parameters[_CORE_ACTION]
    found = event_types.find(parameters.text(_CORE_ACTION), parameter.where)
    return [found] if isinstance(found, Problem) else []


def _def(funnel: Definition[FunnelShape]) -> dict[str, Any]:
    return {
        "funnel": funnel.name,
        "name_zh": funnel.value.label.zh,
        "name_en": funnel.value.label.en,
        "steps": len(funnel.value.steps),
        "window_days": funnel.value.window_days,
        "goal": funnel.value.goal,
    }


def _steps(funnel: Definition[FunnelShape]) -> list[dict[str, Any]]:
    steps = funnel.value.steps
    return [
        {
            "funnel": funnel.name,
            "step_no": number,
            "way_no": place,
            "name_zh": step.label.zh,
            "name_en": step.label.en,
            **_conditions(way),
            "valid_orders": funnel.value.valid_orders,
            "is_strict": _is_strict(steps, number),
            "window_days": funnel.value.window_days,
        }
        for number, step in enumerate(steps, start=1)
        for place, way in enumerate(step.ways, start=1)
    ]


def _is_strict(steps: tuple[StepShape, ...], number: int) -> bool:
    return any(steps[number - 1].may_be(earlier) for earlier in steps[: number - 1])


def _conditions(way: WayShape) -> dict[str, str | None]:
    domain, _, role = (way.quadrant or "").partition("_")
    return {
        "type": way.type,
        "line": way.line,
        "domain": domain or None,
        "role": role or None,
        "touchpoint_id": way.touchpoint,
    }


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=arrow_schema(CONTRACTS[name]))
