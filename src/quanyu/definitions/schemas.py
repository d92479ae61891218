"""JSON Schemas of everything people write in YAML, for completion and checks in editors."""

from typing import Any

from quanyu.definitions.check import json_schema_of
from quanyu.definitions.metric import DimensionShape, MetricShape
from quanyu.definitions.shape import Shape
from quanyu.definitions.source import Source
from quanyu.definitions.workspace import WorkspaceShape

KINDS: dict[str, type[Shape]] = {
    "workspace": WorkspaceShape,
    "source": Source,
    "metric": MetricShape,
    "dimension": DimensionShape,
}
"""Kinds of files with a schema: quanyu.yaml, a file in sources/, in library/metrics/ and in library/dimensions/."""
_BY_NAME = frozenset({"metric", "dimension"})


def json_schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a kind of file; `kind` is a key of `KINDS`.

    A file of metrics or dimensions maps names to definitions of the shape.
    """
    schema = json_schema_of(KINDS[kind])
    if kind not in _BY_NAME:
        return schema
    head: dict[str, Any] = {name: schema.pop(name) for name in ("$schema", "$defs") if name in schema}
    return {**head, "type": "object", "additionalProperties": schema}
