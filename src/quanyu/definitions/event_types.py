"""Event types: `library/event_types/*.yaml`, what each thing a person did or received counts as (M-05, M-11)."""

from typing import Annotated, Literal

from pydantic import Field

from quanyu.config import Workspace
from quanyu.definitions.catalogue import Catalogue, load_catalogue
from quanyu.definitions.parameters import LabelShape
from quanyu.definitions.shape import Shape
from quanyu.errors import Problem

Activity = Literal["passive", "shallow", "deep", "transaction", "negative"]
Venue = Literal["shop", "group", "live", "dedicated_service", "mini_program", "subscription", "member_centre"]
FiveR = Literal["r1", "r2", "r3", "r4", "r5"]

_FIVE_R = {"passive": "r1", "shallow": "r2", "deep": "r3", "transaction": "r4"}


class EventTypeShape(Shape):
    """One type of event; `active` and `five_r` follow from the activity when they are not given."""

    label: LabelShape
    activity: Activity
    active: bool | None = None
    five_r: FiveR | None = None
    venues: Annotated[tuple[Venue, ...], Field(strict=False)] = ()

    @property
    def counts_as_active(self) -> bool:
        """Return whether an event of this type makes its person active."""
        return self.activity not in ("passive", "negative") if self.active is None else self.active

    @property
    def five_r_min_stage(self) -> str | None:
        """Return the lowest 5R stage that one event of this type gives; None when it gives none."""
        return self.five_r or _FIVE_R.get(self.activity)


def load_event_types(workspace: Workspace) -> tuple[Catalogue[EventTypeShape], list[Problem]]:
    """Return every valid event type of the library and the workspace, and every problem."""
    return load_catalogue("event_types", EventTypeShape, workspace)
