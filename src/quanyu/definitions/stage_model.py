"""Stage models: `library/stages/*.yaml`, the rules that give a person one stage of a model on each day (M-05 – M-09).

A rule is one condition, or several that must hold together (`all`).  A stage holds while one of its rules does, and the
highest stage that holds is the person's.  `load_stage_models` gives the rules with every parameter and event type
resolved, so that equal versions mean equal rules.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from quanyu.definitions.event_types import Activity
from quanyu.definitions.parameters import LabelShape
from quanyu.definitions.shape import Frozen, Names, Shape, Text, require_one

Number: TypeAlias = int | Text
"""A whole number, or the id of a parameter that holds one."""

ItemScope = Literal["category", "spu"]
Scope = Literal["brand", "category", "spu"]
SpreadKind = Literal["review", "share"]
Shaped = Literal["days", "lifetime", "period", "span"]


def _as_list(given: object) -> object:
    return (given,) if isinstance(given, str) else given


class WindowShape(Shape):
    """A window in calendar months, or in days by industry profile."""

    months: Number | None = None
    by_industry: Frozen[Number] | None = None

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        require_one(self, "months", "by_industry")
        return self


Window: TypeAlias = int | Text | WindowShape
"""Days, a parameter's id, `lifetime`, or a mapping: the window of w days as of D is the dates D−w+1 … D (§2.0)."""


class EventsShape(Shape):
    """Events of some activities and types (those of `without` left out) on at least `days` different dates."""

    activity: Annotated[tuple[Activity, ...], BeforeValidator(_as_list, json_schema_input_type=str | list[str])] = ()
    types: Names = ()
    without: Names = ()
    days: Number = 1
    window: Window

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if not self.activity and not self.types:
            require_one(self, "activity", "types")
        return self


class PurchaseDaysShape(Shape):
    """At least so many purchase days (天次) in the window."""

    at_least: Number
    window: Window


class SpreadShape(Shape):
    """A successful spread of one of the kinds (M-09) in the window."""

    kinds: Annotated[tuple[SpreadKind, ...], BeforeValidator(_as_list, json_schema_input_type=str | list[str])]
    window: Window


class PeriodPurchaseShape(Shape):
    """At least so many purchase days as a member in the running FAST+ period (M-09)."""

    at_least: Number


class ConditionShape(Shape):
    """One condition; exactly one key.

    `capital` and `member` hold while the person is in Capital (M-08), a member; `relation` while any other relation
    lasts; `identifier` from the first day an identifier of one of the types is known (`any`: of any type).
    """

    events: EventsShape | None = None
    purchase_days: PurchaseDaysShape | None = None
    spread: SpreadShape | None = None
    period_purchase_days: PeriodPurchaseShape | None = None
    capital: Literal[True] | None = None
    member: Literal[True] | None = None
    relation: Literal[True] | None = None
    identifier: Names | None = None

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        require_one(self, *CONDITIONS)
        return self


CONDITIONS = tuple(ConditionShape.model_fields)


class GroupShape(ConditionShape):
    """One rule: a condition, or under `all` several that must hold together."""

    all: tuple[ConditionShape, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        require_one(self, *CONDITIONS, "all")
        return self


class StageShape(Shape):
    """One stage: its code, its label, and its rules, any one of which gives it."""

    code: Annotated[Text, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    label: LabelShape
    any: tuple[GroupShape, ...] = Field(min_length=1)


class StageModelShape(Shape):
    """One model, stages from lowest to highest."""

    label: LabelShape
    source: Text
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)] = ("brand",)
    stages: Annotated[tuple[StageShape, ...], Field(min_length=1, max_length=6)]


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition, resolved: on how many different `days` (shape `span`: while) which `signals` were given.

    `types` are event types, whose signals are named when all models are known; a window is days or calendar months.
    """

    kind: str
    shape: Shaped
    signals: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    days: int = 1
    window_days: int | None = None
    window_months: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a stage; `code` is `<stage>.<number>`, all `conditions` must hold together."""

    code: str
    stage: str
    stage_no: int
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a model; number 1 is the lowest."""

    code: str
    number: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class StageModel:
    """One model with everything resolved; `version` is a hash of what it means: stages, rules, windows, event types."""

    name: str
    zh: str
    en: str
    source: str
    for_items: bool
    stages: tuple[Stage, ...]
    rules: tuple[Rule, ...]
    version: str

    def stage(self, code: str) -> Stage:
        """Return the stage of that code; raises KeyError."""
        return {stage.code: stage for stage in self.stages}[code]
