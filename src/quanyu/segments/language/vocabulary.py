"""The names a rule may use, with their sorts, values and labels in both languages; the text form knows no others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from quanyu.config import Currency, Workspace
from quanyu.definitions.catalogue import load_catalogue
from quanyu.definitions.event_types import load_event_types
from quanyu.definitions.segment_rule import ATTRIBUTES, Attribute
from quanyu.definitions.stage_model import StageModelShape
from quanyu.definitions.tag import TagShape
from quanyu.errors import InternalError, Problem
from quanyu.segments.language.words import MODEL_LABELS, PURPOSE_LABELS, RELATION_LABELS, VALUE_LABELS, Label
from quanyu.tables import CONTRACTS, Type


class Sort(StrEnum):
    """What values a name has: free text, one of a list, a whole number, money, a day, a day of the year."""

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    MONEY = "money"
    DAY = "day"
    MONTH_DAY = "month_day"


@dataclass(frozen=True, slots=True)
class Noun:
    """An attribute, a tag or a field: its name in a rule, its sort, its label, and its values if those are listed."""

    code: str
    sort: Sort
    label: Label
    values: Mapping[str, Label] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything the text form and the sentences of one workspace know by name.

    `attributes` are by their name in the text, which is that of the rule but for money: `net` stands for `net_fen`.
    `models` are the stage models.  `segments` says which others each refers to; `own` is the one being written.
    """

    currency: Currency
    attributes: Mapping[str, Noun]
    events: Mapping[str, Label]
    relations: Mapping[str, Label] = field(default_factory=lambda: RELATION_LABELS)
    purposes: Mapping[str, Label] = field(default_factory=lambda: PURPOSE_LABELS)
    tags: Mapping[str, Noun] = field(default_factory=dict)
    models: Mapping[str, Noun] = field(default_factory=dict)
    segments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: str | None = None


def vocabulary_of(
    workspace: Workspace, segments: Mapping[str, tuple[str, ...]] | None = None, own: str | None = None
) -> tuple[Vocabulary, list[Problem]]:
    """Return the vocabulary of a workspace, and what is wrong with the definitions it is made of.

    `segments` are those that a rule may name, each with the ones its own rule names.
    """
    events, problems = load_event_types(workspace)
    models, found = load_catalogue("stages", StageModelShape, workspace)
    stages = {
        one.name: {stage.code: Label(stage.label.zh, stage.label.en) for stage in one.value.stages} for one in models
    }
    names = {one.name: Label(one.value.label.zh, one.value.label.en) for one in models}
    attributes = {
        _text_name(name, attribute): _noun(name, attribute, stages, names) for name, attribute in ATTRIBUTES.items()
    }
    labels = {one.name: Label(one.value.label.zh, one.value.label.en) for one in events}
    # The rules of tags are not needed here, and reading two hundred of them takes seconds.
    tags, wrong = load_catalogue("tags", TagShape, workspace)
    nouns = {tag.name: _tag_noun(tag.name, tag.value) for tag in tags if tag.value.type is not None}
    turning = {name: Noun(name, Sort.CHOICE, names[name], values) for name, values in stages.items()}
    found_all = [*problems, *found, *wrong]
    found_here = Vocabulary(
        workspace.currency, attributes, labels, tags=nouns, models=turning, segments=segments or {}, own=own
    )
    return found_here, found_all


def _tag_noun(code: str, tag: TagShape) -> Noun:
    sorts = {"number": Sort.NUMBER, "date": Sort.DAY}
    values = {value: Label(one.zh, one.en) for value, one in tag.values.items()}
    sort = sorts.get(tag.type or "", Sort.CHOICE if values else Sort.TEXT)
    return Noun(code, sort, Label(tag.label.zh, tag.label.en), values)


def _text_name(name: str, attribute: Attribute) -> str:
    """Return what the text form calls an attribute: money is written in whole units of the currency, not in fen."""
    return name.removesuffix("_fen") if _is_money(attribute) else name


def _is_money(attribute: Attribute) -> bool:
    column = CONTRACTS[attribute.table].column(attribute.column)
    return column is not None and column.type is Type.FEN


def _noun(
    name: str, attribute: Attribute, stages: Mapping[str, Mapping[str, Label]], names: Mapping[str, Label]
) -> Noun:
    model = attribute.fixed.get("model")
    if model is not None:
        values = stages.get(model) or VALUE_LABELS.get(model, {})
        return Noun(name, Sort.CHOICE, names.get(model) or MODEL_LABELS[model], values)
    column = CONTRACTS[attribute.table].column(attribute.column)
    if column is None:
        raise InternalError(f"attribute {attribute.column} stands in no contract")
    sorts = {Type.FEN: Sort.MONEY, Type.INT: Sort.NUMBER, Type.DATE: Sort.DAY}
    return Noun(name, sorts.get(column.type, Sort.TEXT), Label(column.zh, column.en))
