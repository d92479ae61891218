"""What is known of a person, field by field: each in exactly one block (TAG-01), with its label and privacy class."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from quanyu.engine import DuckDBEngine
from quanyu.engine import tree as t
from quanyu.errors import Problem, UserError, did_you_mean
from quanyu.tables.contract import Column, Privacy, Type
from quanyu.tables.features import FEATURE_JUDGED, FEATURE_TRAIT, PERSON_FEATURE

TAG_PREFIX: Final = "tag."
"""Begins the name of a tag as a field: a tag and a feature may share a code."""

OPEN: Final = frozenset({Privacy.NONE, Privacy.PSEUDONYM})
"""Classes that everybody may see."""

_KEYS: Final = ("person_id", "as_of")
_SENSITIVITY: Final = {"none": Privacy.NONE, "personal": Privacy.PERSONAL, "sensitive": Privacy.SENSITIVE}


class Block(StrEnum):
    """Where a field stands on the page of a person: told, computed, labelled, placed by a model, or how to reach."""

    ATTRIBUTES = "attributes"
    FEATURES = "features"
    TAGS = "tags"
    STAGES = "stages"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `name` as people write it, `column` of person_feature, code of a tag, or type of identifier.

    `labels` gives the values of a tag their names, {value: {zh, en}}.
    """

    name: str
    block: Block
    column: str
    zh: str
    en: str
    type: Type
    privacy: Privacy
    unit: str = ""
    labels: Mapping[str, Mapping[str, str]] | None = None


CONTACTS: Final = (
    Field("mobile", Block.CONTACT, "mobile", "手机号", "Mobile", Type.TEXT, Privacy.DIRECT),
    Field("email", Block.CONTACT, "email", "邮箱", "E-mail", Type.TEXT, Privacy.DIRECT),
)


def fields_of(engine: DuckDBEngine) -> dict[str, Field]:
    """Return every field of a person that the build holds, by name; without features or tags those are not there."""
    found: list[Field] = []
    if PERSON_FEATURE.name in engine.tables:
        found += [_feature(column) for column in PERSON_FEATURE.columns if column.name not in _KEYS]
    if {"tag_def", "person_tag"} <= engine.tables:
        found += _tags(engine)
    return {field.name: field for field in (*found, *CONTACTS)}


def choose(fields: Mapping[str, Field], names: Sequence[str]) -> list[Field]:
    """Return the fields of these names; raises UserError `export.column` for all that do not exist or come twice."""
    problems = []
    for number, name in enumerate(names):
        if name not in fields:
            remedy = did_you_mean(name, tuple(fields)) or "`quanyu export columns` lists them."
            problems.append(Problem("export.column", f'No column "{name[:60]}".', remedy))
        elif name in names[:number]:
            problems.append(Problem("export.column", f'Column "{name}" stands twice.', "Name it once."))
    if problems:
        raise UserError(problems)
    return [fields[name] for name in names]


def is_open(field: Field, may_see: Iterable[Privacy]) -> bool:
    """Return whether whoever may see these classes may see the field."""
    return field.privacy in OPEN.union(may_see)


def _feature(column: Column) -> Field:
    block = Block.FEATURES
    if column.name in FEATURE_TRAIT.column_names:
        block = Block.ATTRIBUTES
    elif column.name in FEATURE_JUDGED.column_names:
        block = Block.STAGES
    return Field(column.name, block, column.name, column.zh, column.en, column.type, column.privacy, column.unit)


def _tags(engine: DuckDBEngine) -> list[Field]:
    names = ("tag_code", "name_zh", "name_en", "sensitivity", "unit", "labels")
    query = t.select(
        {name: t.col(name) for name in names},
        "tag_def",
        where=t.not_null(t.col("value_type")),
        order=[t.col("tag_code")],
    )
    return [_tag(row) for row in engine.query(query).to_pylist()]


def _tag(row: Mapping[str, Any]) -> Field:
    return Field(
        name=TAG_PREFIX + row["tag_code"],
        block=Block.TAGS,
        column=row["tag_code"],
        zh=row["name_zh"],
        en=row["name_en"],
        type=Type.TEXT,
        # What has no class is taken for the strictest.
        privacy=_SENSITIVITY.get(row["sensitivity"] or "", Privacy.SENSITIVE),
        unit=row["unit"] or "",
        labels=json.loads(row["labels"]) if row["labels"] else None,
    )
