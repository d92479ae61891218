"""Building blocks of the shapes that YAML is checked against: a strict frozen base, names, literals and frozen mappings.

Shapes are pydantic models.  They never coerce (`strict`), refuse keys they do not know, and cannot be changed after
loading.  `check.py` turns what pydantic finds into problems with file and line.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic_core import PydanticCustomError

T = TypeVar("T")


class Shape(BaseModel):
    """Base of everything a YAML file may say: no unknown keys, no coercion, no change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _as_names(given: Any) -> Any:
    return (given,) if isinstance(given, str) else given


def _freeze(given: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(given))


def _check_literal(given: Any) -> Any:
    # Floats are refused: a constant of 0.1 has no exact value, a text "0.1" has.
    if isinstance(given, str | bool | int):
        return given
    raise PydanticCustomError("config.type", "expected text, a whole number or true/false")


Text = Annotated[str, Field(min_length=1)]
"""Text that is not empty."""

Names = Annotated[tuple[Text, ...], BeforeValidator(_as_names, json_schema_input_type=str | tuple[str, ...])]
"""One name or a list of names; always a tuple after loading."""

Literal_ = Annotated[str | bool | int, BeforeValidator(_check_literal)]
"""A constant written in YAML: text, whole number or true/false."""

Frozen: TypeAlias = Annotated[
    Mapping[str, T], AfterValidator(_freeze), PlainSerializer(dict, return_type=dict)
]
"""A mapping of text keys that cannot be changed after loading."""
