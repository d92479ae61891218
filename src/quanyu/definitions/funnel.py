"""Funnels: `library/funnels/*.yaml`, ordered steps of behaviour and link templates across quadrants (M-14, M-37)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from quanyu.config import Workspace
from quanyu.definitions.catalogue import Catalogue, Definition, load_catalogue
from quanyu.definitions.event_types import EventTypeShape
from quanyu.definitions.parameters import LabelShape
from quanyu.definitions.shape import Shape, Text
from quanyu.errors import Problem

MOST_STEPS = 5
"""The steps that `analytics/funnel_reach.sql` writes out."""


class WayShape(Shape):
    """One way of taking a step: an act for which everything said here holds."""

    type: Text | None = None
    line: Literal["online", "offline"] | None = None
    quadrant: Literal["public_traffic", "public_store", "private_pool", "private_store"] | None = None
    touchpoint: Text | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not any((self.type, self.line, self.quadrant, self.touchpoint)):
            message = "Any act at all would take this step."
            remedy = "Name a type, line, quadrant or touchpoint."
            raise PydanticCustomError("config.required", "{message}", {"message": message, "remedy": remedy})
        return self

    def may_be(self, other: "WayShape") -> bool:
        """Return whether one act could be both."""
        pairs = (
            (self.type, other.type),
            (self.line, other.line),
            (self.quadrant, other.quadrant),
            (self.touchpoint, other.touchpoint),
        )
        return all(mine is None or its is None or mine == its for mine, its in pairs)


class StepShape(Shape):
    """One step: taken in any of its ways."""

    label: LabelShape
    ways: Annotated[tuple[WayShape, ...], Field(min_length=1, strict=False)]

    def may_be(self, other: "StepShape") -> bool:
        """Return whether one act could be this step and the other."""
        return any(mine.may_be(its) for mine in self.ways for its in other.ways)


class FunnelShape(Shape):
    """One funnel; `goal` makes it a link template.  `valid_orders: false` counts payments refunded since, too."""

    label: LabelShape
    window_days: Annotated[int, Field(ge=1, le=365)]
    steps: Annotated[tuple[StepShape, ...], Field(min_length=2, max_length=MOST_STEPS, strict=False)]
    valid_orders: bool = True
    goal: Literal["direct_sale", "private_relation", "store_traffic"] | None = None


def load_funnels(
    workspace: Workspace, event_types: Catalogue[EventTypeShape]
) -> tuple[Catalogue[FunnelShape], list[Problem]]:
    """Return every valid funnel of the library and the workspace, and every problem, unknown event types among them."""
    funnels, problems = load_catalogue("funnels", FunnelShape, workspace)
    return funnels, problems + [problem for funnel in funnels for problem in _unknown_types(funnel, event_types)]


def _unknown_types(funnel: Definition[FunnelShape], event_types: Catalogue[EventTypeShape]) -> list[Problem]:
    found = (
        event_types.find(way.type, funnel.place("steps", number, "ways", place, "type"))
        for number, step in enumerate(funnel.value.steps)
        for place, way in enumerate(step.ways)
        if way.type is not None
    )
    return [one for one in found if isinstance(one, Problem)]
