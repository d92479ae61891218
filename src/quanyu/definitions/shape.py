"""Building blocks of the shapes that YAML is checked against: a strict frozen base, names, constants, mappings.

Shapes are pydantic models.  They never coerce (`strict`), refuse keys they do not know, and cannot be changed after
loading.  `check.py` turns what pydantic finds into problems with file and line.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Self, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator
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

Frozen: TypeAlias = Annotated[Mapping[str, T], AfterValidator(_freeze), PlainSerializer(dict, return_type=dict)]
"""A mapping of text keys that cannot be changed after loading."""


def require_one(shape: Shape, *keys: str) -> None:
    """Refuse the shape unless exactly one of the keys (as written in YAML) says something."""
    by_key = {field.alias or name: name for name, field in type(shape).model_fields.items()}
    given = [key for key in keys if getattr(shape, by_key[key]) not in (None, ())]
    if len(given) == 1:
        return
    message = f"{' and '.join(given)} exclude each other." if given else f"One of {', '.join(keys)} is required."
    raise PydanticCustomError(
        "config.exclusive" if given else "config.required", "{message}", {"message": message, "remedy": "Keep one."}
    )


class _SecretRef(Shape):
    """Where a secret stands, never the secret itself: the name of an environment variable, or a file."""

    env: Text | None = None
    file: Text | None = None

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        require_one(self, "env", "file")
        return self


def _refuse_inline(given: Any) -> Any:
    if isinstance(given, str | int | float):
        remedy = "Use {env: NAME} with the name of an environment variable, or {file: path}."
        raise PydanticCustomError("config.secret_inline", "A secret stands here in clear.", {"remedy": remedy})
    return given


SecretRef: TypeAlias = Annotated[_SecretRef, BeforeValidator(_refuse_inline)]
"""A secret, named by environment variable or file; one written in clear is refused without repeating it."""
