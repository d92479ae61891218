"""What a segment rule may say in YAML: a tree of all, any, not over facts of a person; and where each attribute stands.

all:
  - attribute: {name: lifecycle, is: [dormant]}
  - not: {order: {days: 90}}
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from quanyu.definitions.catalogue import Definition
from quanyu.definitions.document import Key
from quanyu.definitions.segment_acts import (
    Activity,
    Day,
    Days,
    DidShape,
    EdgeShape,
    SequenceShape,
    check_act,
    check_sequence,
)
from quanyu.definitions.segment_list import LISTABLE, ListShape
from quanyu.definitions.shape import Names, Shape, Text, require_one
from quanyu.errors import Problem, did_you_mean
from quanyu.tables.models import LIFECYCLE_STAGES, RFM_CODES, VALUE_TIERS
from quanyu.tables.people import CONSENT_PURPOSES
from quanyu.tables.relations import RELATION_TYPES

Means = Literal["wecom", "sms", "push", "subscription", "ads", "store"]
"""A means of addressing somebody."""

MOST_VALUES: Final = 10_000
MOST_NODES: Final = 300
DEEPEST: Final = 12
NODES: Final = (
    "all",
    "any",
    "not",
    "attribute",
    "event",
    "order",
    "relation",
    "consent",
    "reach",
    "tag",
    "did",
    "first",
    "last",
    "sequence",
    "stage",
    "changed",
    "segment",
    "sample",
    "persons",
    "list",
)
"""Every key that a node of a rule may be."""

PURPOSES: Final[Mapping[str, str | None]] = {
    "wecom": "marketing_wecom",
    "sms": "marketing_sms",
    "push": "marketing_push",
    # As for reach (M-08): the consent to WeCom covers whatever runs on WeChat.
    "subscription": "marketing_wecom",
    "ads": "ads_matching",
    # Who serves somebody standing before them needs no consent to marketing.
    "store": None,
}
"""The purpose that a person must have consented to before being addressed by a means; None: none is needed."""

VENUES: Final[Mapping[str, tuple[str, ...]]] = {
    "wecom": ("dedicated_service", "group"),
    "subscription": ("subscription", "mini_program"),
}
"""Venues whose channels serve a means, beside the channels whose platform has its name."""

RELATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "wecom": ("dedicated_service", "group_member"),
    "subscription": ("subscription", "mini_program_user"),
}
"""Types of relation that serve a means where the relation names no channel."""


class AttributeShape(Shape):
    """One attribute of the person as of the build: among `is`, between `at_least` and `at_most`, or known at all."""

    name: Text
    is_: Names = Field(default=(), alias="is")
    at_least: int | None = None
    at_most: int | None = None
    known: bool | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        bounded = self.at_least is not None or self.at_most is not None
        _one(bool(self.is_) + bounded + (self.known is not None), "is, at_least or at_most, known")
        return self


class EventShape(Shape):
    """How often the person did something of a type or an activity in the last days; at least once unless said."""

    type: Text | None = None
    activity: Activity | None = None
    days: Days
    at_least: Annotated[int, Field(ge=1)] | None = None
    at_most: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        require_one(self, "type", "activity")
        return self


class OrderShape(Shape):
    """How many valid orders the person has in the last days, of one line of channels when said."""

    days: Days
    line: Literal["online", "offline"] | None = None
    at_least: Annotated[int, Field(ge=1)] | None = None
    at_most: Annotated[int, Field(ge=0)] | None = None


class RelationShape(Shape):
    """A relation with the brand: of a type or any, live as of the build unless `live: false` (ever)."""

    type: Text | None = None
    live: bool = True


class TagShape(Shape):
    """A tag of the person on the build's date: held at all, among `is`, or a number between the bounds."""

    code: Text
    is_: Names = Field(default=(), alias="is")
    at_least: int | None = None
    at_most: int | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.is_ and (self.at_least is not None or self.at_most is not None):
            message = {"message": "is and bounds exclude each other.", "remedy": "Keep one."}
            raise PydanticCustomError("config.exclusive", "{message}", message)
        return self


class StageShape(Shape):
    """A stage of a model on a day, the build's when none is said."""

    model: Literal["5r", "aipl", "fp_layer", "identity_state"]
    is_: Names = Field(alias="is")
    on: Day | None = None


class ChangedShape(Shape):
    """A turn of a person's stage in the last days: from one of the stages to one of the others; `none` is outside."""

    model: Literal["5r", "aipl", "fp_layer", "identity_state"]
    from_: Names = Field(default=(), alias="from")
    to: Names = ()
    days: Days

    @model_validator(mode="after")
    def _says_a_side(self) -> Self:
        if not self.from_ and not self.to:
            message = {"message": "A turn from what, to what?", "remedy": "Say from, to, or both."}
            raise PydanticCustomError("config.required", "{message}", message)
        return self


class SampleShape(Shape):
    """A share of all persons by chance: the same ones at every build, others under another seed."""

    percent: Annotated[int, Field(ge=1, le=99)]
    seed: Text


class RuleShape(Shape):
    """One node of a rule: a group (`all`, `any`, `not`) or one fact of a person."""

    all: tuple["RuleShape", ...] = ()
    any: tuple["RuleShape", ...] = ()
    not_: "RuleShape | None" = Field(default=None, alias="not")
    attribute: AttributeShape | None = None
    event: EventShape | None = None
    order: OrderShape | None = None
    relation: RelationShape | None = None
    consent: Text | None = None
    reach: Means | None = None
    tag: TagShape | None = None
    did: DidShape | None = None
    first: EdgeShape | None = None
    last: EdgeShape | None = None
    sequence: SequenceShape | None = None
    stage: StageShape | None = None
    changed: ChangedShape | None = None
    segment: Text | None = None
    sample: SampleShape | None = None
    persons: Annotated[tuple[int, ...], Field(max_length=MOST_VALUES, strict=False)] = ()
    list: ListShape | None = None

    @model_validator(mode="after")
    def _is_one_node(self) -> Self:
        require_one(self, *NODES)
        return self

    @property
    def parts(self) -> tuple["RuleShape", ...]:
        """Return the nodes right below this one."""
        return (*self.all, *self.any, *([self.not_] if self.not_ is not None else []))


@dataclass(frozen=True, slots=True)
class Attribute:
    """Where an attribute stands: column of a table with one row per person, of those dated by `date` the build's.

    `fixed` columns hold the given texts; `values` lists the only texts, none of a number or of free text.
    """

    table: str
    column: str
    date: str | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)
    values: tuple[str, ...] = ()
    is_number: bool = False


def _stage(model: str, values: tuple[str, ...]) -> Attribute:
    return Attribute("stage_snapshot", "stage", "date", {"model": model, "scope": "brand"}, values)


def _number(column: str) -> Attribute:
    return Attribute("person_fact", column, "as_of", is_number=True)


ATTRIBUTES: Final[Mapping[str, Attribute]] = {
    "stage_5r": _stage("5r", ("r1", "r2", "r3", "r4", "r5")),
    "stage_aipl": _stage("aipl", ("awareness", "interest", "purchase", "loyalty")),
    "fp_layer": _stage("fp_layer", ("l1", "l2", "l3", "l4", "l5")),
    "identity_state": _stage("identity_state", ("anonymous", "fan", "registered", "member")),
    "lifecycle": _stage("lifecycle", LIFECYCLE_STAGES),
    "rfm": _stage("rfm", RFM_CODES),
    "value_tier": _stage("value_tier", VALUE_TIERS),
    "days_since_last": _number("recency_days"),
    "purchase_days": _number("purchase_days"),
    "purchase_days_365": _number("purchase_days_365"),
    "orders_365": _number("orders_365"),
    "net_fen": _number("net_fen"),
    "net_365_fen": _number("net_365_fen"),
    "first_channel": Attribute("person_fact", "first_channel_id", "as_of"),
}
"""Every attribute a rule may name, by name."""

_STAGES: Final = {
    attribute.fixed["model"]: attribute.values for attribute in ATTRIBUTES.values() if "model" in attribute.fixed
}


@dataclass(frozen=True, slots=True)
class Known:
    """What rules may name beside attributes; None of tags or segments: not known here, so not checked."""

    event_types: tuple[str, ...]
    tags: Collection[str] | None = None
    segments: Collection[str] | None = None


def check_rule(
    definition: Definition[Any],
    rule: RuleShape,
    path: tuple[Key, ...],
    event_types: tuple[str, ...],
    tags: Collection[str] | None = None,
    segments: Collection[str] | None = None,
) -> Iterator[Problem]:
    """Yield what a rule names that does not exist, at its place in the file, each with the nearest name.

    Without `tags` or `segments` their names are not checked.  A rule that is too deep or too large is one problem.
    """
    depth, nodes = _extent(rule)
    if depth > DEEPEST or nodes > MOST_NODES:
        message = f"The rule has {nodes} parts, {depth} levels deep; {MOST_NODES} and {DEEPEST} are the most."
        yield Problem("seg.size", message, "Split it into segments and name them.", definition.place(*path))
        return
    yield from _check_node(definition, rule, path, Known(event_types, tags, segments))


def _extent(rule: RuleShape) -> tuple[int, int]:
    """Levels and nodes of a rule, counted without recursion: it may be deeper than Python's stack."""
    depth, nodes, level = 0, 0, [rule]
    while level:
        depth, nodes = depth + 1, nodes + len(level)
        level = [part for one in level for part in one.parts]
    return depth, nodes


def _check_node(definition: Definition[Any], rule: RuleShape, path: tuple[Key, ...], names: Known) -> Iterator[Problem]:
    for key, parts in (("all", rule.all), ("any", rule.any)):
        for number, part in enumerate(parts):
            yield from _check_node(definition, part, (*path, key, number), names)
    if rule.not_ is not None:
        yield from _check_node(definition, rule.not_, (*path, "not"), names)
    if rule.attribute is not None:
        yield from _check_attribute(definition, rule.attribute, (*path, "attribute"))
    for key, act in (("did", rule.did), ("first", rule.first), ("last", rule.last)):
        if act is not None:
            yield from check_act(definition, act, (*path, key), names.event_types)
    if rule.sequence is not None:
        yield from check_sequence(definition, rule.sequence, (*path, "sequence"), names.event_types)
    yield from _check_stages(definition, rule, path)
    named = [
        (rule.event.type if rule.event else None, "Event type", names.event_types, (*path, "event", "type")),
        (rule.relation.type if rule.relation else None, "Relation type", RELATION_TYPES, (*path, "relation", "type")),
        (rule.consent, "Purpose", CONSENT_PURPOSES, (*path, "consent")),
        (rule.tag.code if rule.tag else None, "Tag", names.tags, (*path, "tag", "code")),
        (rule.segment, "Segment", names.segments, (*path, "segment")),
        (rule.list.identifier if rule.list else None, "Identifier type", LISTABLE, (*path, "list", "identifier")),
    ]
    for name, what, known, place in named:
        if name is not None and known is not None and name not in known:
            yield _unknown(definition, what, name, tuple(known), place)


def _check_stages(definition: Definition[Any], rule: RuleShape, path: tuple[Key, ...]) -> Iterator[Problem]:
    said: list[tuple[str, tuple[str, ...], tuple[Key, ...], tuple[str, ...]]] = []
    if rule.stage is not None:
        said.append((rule.stage.model, rule.stage.is_, (*path, "stage", "is"), ()))
    if rule.changed is not None:
        said.append((rule.changed.model, rule.changed.from_, (*path, "changed", "from"), ("none",)))
        said.append((rule.changed.model, rule.changed.to, (*path, "changed", "to"), ("none",)))
    for model, stages, place, more in said:
        known = (*_STAGES[model], *more)
        for stage in stages:
            if stage not in known:
                yield _unknown(definition, f"Stage of {model}", stage, known, place)


def _check_attribute(definition: Definition[Any], said: AttributeShape, path: tuple[Key, ...]) -> Iterator[Problem]:
    attribute = ATTRIBUTES.get(said.name)
    if attribute is None:
        yield _unknown(definition, "Attribute", said.name, tuple(ATTRIBUTES), (*path, "name"))
        return
    if attribute.is_number and said.is_:
        message = f'"{said.name}" is a number.'
        yield Problem("config.type", message, "Say at_least or at_most.", definition.place(*path, "is"))
    if not attribute.is_number and (said.at_least is not None or said.at_most is not None):
        key = "at_least" if said.at_least is not None else "at_most"
        yield Problem("config.type", f'"{said.name}" is no number.', "Say is.", definition.place(*path, key))
    for number, value in enumerate(said.is_):
        if attribute.values and value not in attribute.values:
            yield _unknown(definition, f"Value of {said.name}", value, attribute.values, (*path, "is", number))


def _unknown(
    definition: Definition[Any], what: str, name: str, known: tuple[str, ...], path: tuple[Key, ...]
) -> Problem:
    message = f'{what} "{name[:60]}" does not exist.'
    remedy = did_you_mean(name, known) or f"There are {', '.join(known[:12])}."
    return Problem("config.reference", message, remedy, definition.place(*path))


def _one(given: int, keys: str) -> None:
    if given != 1:
        raise PydanticCustomError("config.required", "{message}", {"message": f"Say one of {keys}.", "remedy": ""})
