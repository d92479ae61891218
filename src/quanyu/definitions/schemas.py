"""JSON Schemas of everything people write in YAML, for completion and checks in editors."""

from typing import Any

from quanyu.definitions.check import json_schema_of
from quanyu.definitions.shape import Shape
from quanyu.definitions.source import Source
from quanyu.definitions.workspace import WorkspaceShape

KINDS: dict[str, type[Shape]] = {"workspace": WorkspaceShape, "source": Source}
"""Kinds of files with a schema: `workspace` is quanyu.yaml, `source` a file in sources/."""


def json_schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a kind of file; `kind` is a key of `KINDS`."""
    return json_schema_of(KINDS[kind])
