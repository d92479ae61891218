"""What a segment rule may say of things done: events, orders and order lines, counted, summed, first, last, in order.

did: {what: order_line, where: {category: [skincare]}, days: 180, at_least: 2}
sequence: {steps: [{what: event, type: product_view}, {what: order}], days: 90, gap_days: 7}
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Literal, NoReturn, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from quanyu.definitions.catalogue import Definition
from quanyu.definitions.document import Key
from quanyu.definitions.shape import Frozen, Names, Shape, Text
from quanyu.errors import Problem, did_you_mean

Days = Annotated[int, Field(ge=1, le=3660)]


def _as_day(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    try:
        return date.fromisoformat(given)
    except ValueError:
        _refuse("config.date", f"{given[:20]} is not a day.", "Write it as 2026-06-18.")


Day = Annotated[date, BeforeValidator(_as_day)]
"""A calendar day, written 2026-06-18: YAML gives it as text."""

Unit = Literal["week", "month", "quarter", "year"]
Periods = Annotated[int, Field(ge=1, le=120)]
What = Literal["event", "order", "order_line"]
Activity = Literal["passive", "shallow", "deep", "transaction", "negative"]
Measure = Literal["count", "sum", "avg", "min", "max", "distinct"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where things of a kind stand: a table, its fields and numbers by the names of rules, its unique order in time."""

    table: str
    fields: Mapping[str, str]
    numbers: Mapping[str, str]
    order: tuple[str, ...]
    has_validity: bool = True

    @property
    def distinct(self) -> Mapping[str, str]:
        """Return what different values can be counted of: fields, days and the things themselves."""
        things = {"order": "order_id"} if self.has_validity else {}
        return {**self.fields, "day": "local_date", **things}


SOURCES: Final[Mapping[str, Source]] = {
    "event": Source(
        "event_fact",
        {
            "channel": "channel_id",
            "touchpoint": "touchpoint_id",
            "store": "store_id",
            "associate": "associate_id",
            "group": "group_id",
            "content": "content_id",
            "product": "product_id",
            "category": "category_id",
            "campaign": "campaign_id",
        },
        {"duration_s": "duration_s"},
        ("occurred_at", "event_id"),
        has_validity=False,
    ),
    "order": Source(
        "order_fact",
        {
            "channel": "ordered_channel_id",
            "fulfil_channel": "fulfil_channel_id",
            "store": "store_id",
            "associate": "associate_id",
            "campaign": "campaign_id",
        },
        {"net_fen": "net_fen", "gross_fen": "gross_fen", "discount_fen": "discount_fen", "coupon_fen": "coupon_fen"},
        ("local_date", "order_id"),
    ),
    "order_line": Source(
        "order_line_fact",
        {
            "product": "product_id",
            "category": "category_id",
            "parent_category": "parent_category_id",
            "brand": "brand_id",
            "store": "store_id",
            "channel": "ordered_channel_id",
        },
        {"net_fen": "net_fen", "gross_fen": "gross_fen", "qty": "qty"},
        ("local_date", "order_id", "line_no"),
    ),
}
"""Every kind of thing a rule may ask for.  Orders and lines are the valid ones (domain §2.0)."""


class ActShape(Shape):
    """Things of one kind: events of a type or activity, orders or lines; of fields with one of the given values.

    `at_least` and `at_most` of a number bound each single thing: `least: {net_fen: 10000}`.
    """

    what: What
    type: Text | None = None
    activity: Activity | None = None
    where: Frozen[Names] = Field(default_factory=dict)
    least: Frozen[int] = Field(default_factory=dict)
    most: Frozen[int] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _types_are_of_events(self) -> Self:
        if self.what != "event" and (self.type or self.activity):
            _refuse("config.exclusive", f"An {self.what} has no type or activity.", "Leave it out, or say what: event.")
        if self.type and self.activity:
            _refuse("config.exclusive", "type and activity exclude each other.", "Keep one.")
        return self


class WholeShape(Shape):
    """The last `count` whole weeks, months … ended by the build's date; `ago` leaves out the newest."""

    unit: Unit
    count: Periods
    ago: Annotated[int, Field(ge=0, le=120)] = 0


class WindowedShape(ActShape):
    """Things inside a window: the last `days` up to the build's date, ending `ago` days before it; or of fixed days.

    `whole` are weeks, months … of the calendar, `this` is the one of the build's date, so far.  `until` is the first
    day outside; `during` names a campaign, whose first and last day are inside.  Without a window: ever.
    """

    days: Days | None = None
    ago: Annotated[int, Field(ge=0, le=3660)] = 0
    from_: Day | None = Field(default=None, alias="from")
    until: Day | None = None
    during: Text | None = None
    whole: WholeShape | None = None
    this: Unit | None = None

    @model_validator(mode="after")
    def _has_one_window(self) -> Self:
        windows = {
            "days": self.days,
            "from/until": self.from_ or self.until,
            "during": self.during,
            "whole": self.whole,
            "this": self.this,
        }
        said = [name for name, value in windows.items() if value is not None]
        if len(said) > 1:
            _refuse("config.exclusive", f"{' and '.join(said)} exclude each other.", "Keep one window.")
        if self.ago and self.days is None:
            _refuse("config.required", "ago moves the end of a window of days.", "Say days too.")
        if self.from_ and self.until and self.from_ >= self.until:
            _refuse("config.range", "The window ends before it begins.", "until is the first day after the window.")
        return self


class DidShape(WindowedShape):
    """How often, or how much, somebody did a thing: `at_least` … `at_most` of a measure; once when nothing is said.

    `sum`, `avg`, `min` and `max` are `of` a number, `distinct` is of a field, `day` or `order`.  Whoever never did it
    has a count, sum and number of different values of 0, and no average, least or greatest value.
    """

    measure: Measure = "count"
    of: Text | None = None
    at_least: int | None = None
    at_most: int | None = None

    @model_validator(mode="after")
    def _is_measurable(self) -> Self:
        if (self.of is None) != (self.measure == "count"):
            message = "count is of the things themselves." if self.of else f"{self.measure} of what?"
            _refuse("config.required", message, "Leave out `of`." if self.of else "Say of: net_fen, or another number.")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            _refuse("config.range", "at_least is above at_most.", "Turn them round.")
        if self.measure != "count" and self.at_least is None and self.at_most is None:
            _refuse("config.required", f"How much is the {self.measure} to be?", "Say at_least or at_most.")
        return self


class EdgeShape(WindowedShape):
    """The first (or last) thing of a kind that somebody ever did, if it has these fields and lies in the window."""


class StepShape(ActShape):
    """One step of a sequence; `without` must not have happened between the step before and this one."""

    without: ActShape | None = None


class SequenceShape(Shape):
    """Steps one after the other, each later than the one before, by `gap_days` at most when said.

    All lie in the last `days`.  What a step is `without` happened neither after the step before nor before it; at the
    moment of either it is not between.  `then_not` must not follow within `then_days` after the last step, and those
    days must have passed.  Lines of an order have no time of day: on one day none is later than another.
    """

    steps: Annotated[tuple[StepShape, ...], Field(min_length=2, max_length=10, strict=False)]
    days: Days
    gap_days: Annotated[int, Field(ge=0, le=3660)] | None = None
    then_not: ActShape | None = None
    then_days: Days | None = None

    @model_validator(mode="after")
    def _says_until_when(self) -> Self:
        if (self.then_not is None) != (self.then_days is None):
            _refuse("config.required", "then_not and then_days belong together.", "Say both.")
        if self.steps[0].without is not None:
            remedy = "Say it of a later step; a `not` beside the sequence says what never happened."
            _refuse("config.exclusive", "Before the first step there is no step.", remedy)
        return self


def check_act(
    definition: Definition[Any], act: ActShape, path: tuple[Key, ...], event_types: tuple[str, ...]
) -> Iterator[Problem]:
    """Yield every name of a thing done that does not exist, at its place, with the nearest name."""
    source = SOURCES[act.what]
    if act.type is not None and act.type not in event_types:
        yield _unknown(definition, "Event type", act.type, event_types, (*path, "type"))
    for name in act.where:
        if name not in source.fields:
            yield _unknown(definition, f"Field of {act.what}", name, tuple(source.fields), (*path, "where"))
    for key, bounds in (("least", act.least), ("most", act.most)):
        for name in bounds:
            if name not in source.numbers:
                yield _unknown(definition, f"Number of {act.what}", name, tuple(source.numbers), (*path, key))
    if isinstance(act, DidShape) and act.of is not None:
        known = source.distinct if act.measure == "distinct" else source.numbers
        if act.of not in known:
            yield _unknown(definition, f"{act.measure} of {act.what}:", act.of, tuple(known), (*path, "of"))


def check_sequence(
    definition: Definition[Any], said: SequenceShape, path: tuple[Key, ...], event_types: tuple[str, ...]
) -> Iterator[Problem]:
    """Yield what the steps of a sequence name that does not exist."""
    for number, step in enumerate(said.steps):
        yield from check_act(definition, step, (*path, "steps", number), event_types)
        if step.without is not None:
            yield from check_act(definition, step.without, (*path, "steps", number, "without"), event_types)
    if said.then_not is not None:
        yield from check_act(definition, said.then_not, (*path, "then_not"), event_types)


def _unknown(
    definition: Definition[Any], what: str, name: str, known: tuple[str, ...], path: tuple[Key, ...]
) -> Problem:
    remedy = did_you_mean(name, known) or f"There are {', '.join(known[:12])}."
    return Problem("config.reference", f'{what} "{name[:60]}" does not exist.', remedy, definition.place(*path))


def _refuse(code: str, message: str, remedy: str) -> NoReturn:
    raise PydanticCustomError(code, "{message}", {"message": message, "remedy": remedy})
